// tests/support/main.cpp - the main function of the test programs, where Catch2 2.13 comes without
// a compiled one.
//
// SPDX-License-Identifier: BSL-1.0

// Catch2 2.13 emits its implementation into the one translation unit that defines this.
#define CATCH_CONFIG_RUNNER
#include "support/catch.hpp"

int main(int argc, char* argv[]) { return Catch::Session().run(argc, argv); }
