// allocations.hpp - how often this process has asked for memory.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <cstdint>

/// Calls of operator new so far. For programs of one thread.
std::uint64_t allocations();

/// Bytes that are allocated and not freed, as the allocator rounds them.
std::uint64_t allocated_bytes();
