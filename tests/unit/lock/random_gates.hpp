// tests/unit/lock/random_gates.hpp - random commands about few latches and barriers.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/prng.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/reply.hpp>

#include <cstdint>
#include <string>

namespace synod::lock_test {

class random_gates {
public:
    lock::command next(prng& random, const request_stamp& stamp) {
        const std::uint64_t owner = random.below(2);
        switch (random.below(10)) {
            case 0: return lock::set_latch{stamp, name(random, 'l'), below(random, 4)};
            case 1:
            case 2:
                return lock::count_down{stamp, name(random, 'l'), below(random, 3),
                                        generation(random)};
            case 3:
                return lock::await_latch{stamp, owner, name(random, 'l'), wait(random),
                                         generation(random)};
            case 4:
            case 5:
                return lock::arrive_at_barrier{stamp, owner, name(random, 'b'), parties(random),
                                               wait(random)};
            case 6:
            case 7:
                return lock::enter_double_barrier{stamp, owner, name(random, 'd'), parties(random),
                                                  wait(random)};
            default:
                return lock::leave_double_barrier{stamp, owner, name(random, 'd'), wait(random)};
        }
    }

    void heard(const lock::reply& answer) {
        if (const auto* latch = get_if<lock::latched>(&answer)) last_ = latch->generation;
    }

private:
    static std::uint32_t below(prng& random, std::uint64_t end) {
        return static_cast<std::uint32_t>(random.below(end));
    }
    static std::string name(prng& random, char usual) {
        if (random.below(80) == 0) return std::string(random.below(2) * 600, 'n');
        if (random.below(30) == 0) return random.below(2) == 0 ? "l" : "b";
        return std::string(random.below(4) == 0 ? 2 : 1, usual);
    }
    static std::uint32_t parties(prng& random) {
        return random.below(30) == 0 ? below(random, 6) : 2 + below(random, 3) / 2;
    }
    static std::uint64_t wait(prng& random) {
        static constexpr std::uint64_t waits[] = {
            0, 5, 20, 60, lock::wait_forever, lock::wait_forever};
        return waits[random.below(6)];
    }
    std::uint64_t generation(prng& random) const { return random.below(3) == 0 ? last_ : 0; }

    std::uint64_t last_ = 0;  // of a latch
};

}  // namespace synod::lock_test
