#pragma once
#include <synod/base/slot.hpp>

#include <thread>
