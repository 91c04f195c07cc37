#pragma once
#include "slot.hpp"
