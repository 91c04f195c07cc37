// tests/unit/lock/random_values.hpp - random commands about few values and counters.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/prng.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/reply.hpp>

#include <cstdint>
#include <string>

namespace synod::lock_test {

class random_values {
public:
    /// `token` may be held.
    lock::command next(prng& random, const request_stamp& stamp, fencing_token token) {
        switch (random.below(6)) {
            case 0: return lock::read_value{stamp, name(random)};
            case 1: return lock::read_counter{stamp, name(random)};
            case 2: return add(random, stamp);
            case 3:
                return lock::compare_and_set{stamp, name(random), version(random), text(random)};
            default: return transaction(random, stamp, token);
        }
    }

    void heard(const lock::reply& answer) {
        if (const auto* done = get_if<lock::committed>(&answer)) last_ = done->revision;
        if (const auto* done = get_if<lock::counted>(&answer)) last_ = done->version;
        if (const auto* done = get_if<lock::value_read>(&answer)) read_ = done->version;
    }

private:
    static std::string name(prng& random) {
        if (random.below(80) == 0) return std::string(random.below(3) * 300, 'n');
        return std::string(1, static_cast<char>('p' + random.below(5)));
    }
    static std::string text(prng& random) {
        return std::string(random.below(random.below(20) == 0 ? 40 : 8), 't');
    }
    std::uint64_t version(prng& random) const {
        if (random.below(3) == 0) return 0;
        return random.below(2) == 0 ? read_ : last_ - random.below(last_ < 2 ? 1 : 2);
    }
    static lock::command add(prng& random, const request_stamp& stamp) {
        lock::add_to_counter asked{stamp, name(random), 0};
        asked.delta = static_cast<std::int64_t>(random.below(9)) - 4;
        if (random.below(6) == 0) asked.delta = INT64_MAX - asked.delta * asked.delta;
        if (random.below(8) == 0) asked.delta = -asked.delta;
        return asked;
    }
    lock::command transaction(prng& random, const request_stamp& stamp, fencing_token token) const {
        lock::guarded_txn asked{stamp, {}, {}, {}};
        const std::uint64_t guards = random.below(3);
        for (std::uint64_t i = 0; i < guards; ++i) {
            if (random.below(2) == 0) {
                asked.conditions.push_back(lock::version_is(name(random), version(random)));
            } else {
                const std::string held(1, static_cast<char>('a' + random.below(2)));
                const auto claimed = static_cast<lock::mode>(random.below(3));
                asked.conditions.push_back(lock::token_valid(held, token, claimed));
            }
        }
        for (std::uint64_t left = random.below(3); left > 0; --left)
            asked.puts.push_back({name(random), text(random)});
        for (std::uint64_t left = random.below(3); left > 0; --left)
            asked.deletes.push_back(name(random));
        return asked;
    }

    std::uint64_t last_ = 0;  // a version that was told
    std::uint64_t read_ = 0;  // another one
};

}  // namespace synod::lock_test
