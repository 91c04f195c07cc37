// tests/unit/base/buffer_threads.cpp - buffers owned by several threads at once, also when their
// pool is gone.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/buffer.hpp>

#include "support/catch.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace {

using namespace synod;

constexpr int readers = 3;

/// Each number is a buffer of its own size, full of one byte.
buffer numbered(buffer_pool& pool, std::uint32_t number) {
    const std::size_t size = 1 + number % 200;
    return pool.make(size,
                     [&](std::byte* to) { std::memset(to, static_cast<int>(number % 251), size); });
}

bool is_numbered(const buffer& bytes, std::uint32_t number) {
    if (bytes.view().size() != 1 + number % 200) return false;
    for (const std::byte one : bytes.view()) {
        if (std::to_integer<std::uint32_t>(one) != number % 251) return false;
    }
    return true;
}

class mailbox {
public:
    void put(buffer bytes, std::uint32_t number) {
        const std::scoped_lock lock(mutex_);
        waiting_.push_back({std::move(bytes), number});
    }

    struct letter {
        buffer bytes;
        std::uint32_t number;
    };
    [[nodiscard]] std::vector<letter> take() {
        const std::scoped_lock lock(mutex_);
        return std::exchange(waiting_, {});
    }

private:
    std::mutex mutex_;
    std::vector<letter> waiting_;
};

/// Reads until it is told to end and nothing is left; copies each buffer before it lets go of it.
/// Counts what is wrong.
void read_all(mailbox& in, const std::atomic<bool>& is_over, std::atomic<int>& wrong) {
    for (bool last = false; !last;) {
        last = is_over.load();
        for (auto& [bytes, number] : in.take()) {
            const buffer copy = bytes;
            bytes = buffer();
            if (!is_numbered(copy, number)) ++wrong;
        }
    }
}

void pass_around(std::uint32_t count, bool pool_goes_first) {
    std::vector<mailbox> boxes(readers);
    std::atomic<bool> is_over = false;
    std::atomic<int> wrong = 0;
    auto pool = std::make_unique<buffer_pool>(sharing::between_threads);
    std::vector<std::jthread> threads;
    for (mailbox& box : boxes) {
        threads.emplace_back([&] { read_all(box, is_over, wrong); });
    }
    for (std::uint32_t number = 0; number < count; ++number) {
        const buffer bytes = numbered(*pool, number);
        for (mailbox& box : boxes) box.put(bytes, number);
    }
    if (pool_goes_first) pool.reset();
    is_over = true;
    threads.clear();
    CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("a buffer may be read, copied and let go on any thread") { pass_around(20'000, false); }

TEST_CASE("buffers outlive a pool that goes while others still read them") {
    for (int i = 0; i < 200; ++i) pass_around(50, true);
}

TEST_CASE("handles of a pool may be dropped on any thread") {
    for (int i = 0; i < 200; ++i) {
        auto pool = std::make_unique<buffer_pool>(sharing::between_threads);
        const buffer kept = numbered(*pool, 7);
        std::atomic<int> wrong{0};
        std::vector<std::jthread> threads;
        for (int reader = 0; reader < readers; ++reader) {
            threads.emplace_back(
                [handle = *pool, bytes = kept, &wrong] { wrong += is_numbered(bytes, 7) ? 0 : 1; });
        }
        pool.reset();
        threads.clear();
        CHECK(wrong == 0);
        CHECK(is_numbered(kept, 7));
    }
}
