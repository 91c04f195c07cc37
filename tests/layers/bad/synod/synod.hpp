#pragma once
#include <synod/testing/explorer.hpp>
