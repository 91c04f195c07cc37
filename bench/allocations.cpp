// allocations.cpp - the global operators new and delete, counting. See allocations.hpp.
//
// SPDX-License-Identifier: BSL-1.0

#include "allocations.hpp"

#include <cstddef>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace {

std::uint64_t count = 0;
std::uint64_t in_use = 0;  // bytes

void* counted(void* memory) {
    if (memory == nullptr) std::abort();
    ++count;
    in_use += malloc_usable_size(memory);
    return memory;
}

void uncounted(void* memory) {
    in_use -= malloc_usable_size(memory);
    std::free(memory);
}

}  // namespace

std::uint64_t allocations() { return count; }
std::uint64_t allocated_bytes() { return in_use; }

void* operator new(std::size_t size) { return counted(std::malloc(size == 0 ? 1 : size)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    const auto boundary = static_cast<std::size_t>(alignment);
    return counted(std::aligned_alloc(boundary, (size + boundary - 1) / boundary * boundary));
}
void operator delete(void* memory) noexcept { uncounted(memory); }
void operator delete(void* memory, std::size_t) noexcept { uncounted(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { uncounted(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { uncounted(memory); }
