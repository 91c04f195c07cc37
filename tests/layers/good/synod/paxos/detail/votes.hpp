#pragma once
#include <synod/base/slot.hpp>
