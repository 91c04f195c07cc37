// tests/consumer/first.cpp - one of two translation units that include the whole library.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/synod.hpp>

int second();

int main() { return second(); }
