// tests/core/instantiate.cpp - every template of the core, instantiated without exceptions and run-time types.
//
// SPDX-License-Identifier: BSL-1.0

#include "core_headers.hpp"
