#pragma once
#include <synod/base/gone.hpp>
