// tests/support/stack.cpp - what support/stack.hpp promises.
//
// SPDX-License-Identifier: BSL-1.0

#define SYNOD_STACK
#include "support/stack.hpp"
