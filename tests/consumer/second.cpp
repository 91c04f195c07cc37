// tests/consumer/second.cpp - the other one; what is defined in a header and not inline would clash
// here.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/synod.hpp>

int second() { return 0; }
