#pragma once
#include <synod/synod.hpp>
