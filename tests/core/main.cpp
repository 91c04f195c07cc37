// tests/core/main.cpp - a program made of the core, without exceptions and run-time types.
//
// SPDX-License-Identifier: BSL-1.0

#include "core_headers.hpp"

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "this program is to be built with -fno-exceptions -fno-rtti"
#endif

int main() { return 0; }
