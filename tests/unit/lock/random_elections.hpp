// tests/unit/lock/random_elections.hpp - random commands about few elections, and of those who
// watch.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/prng.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/reply.hpp>

#include <cstdint>
#include <string>

namespace synod::lock_test {

class random_elections {
public:
    /// `tag` and `token` may be those of a hold.
    lock::command next(prng& random, const request_stamp& stamp, std::uint64_t tag,
                       fencing_token token) {
        switch (random.below(8)) {
            case 0: return lock::observe{stamp, name(random)};
            case 1: return watch(random, stamp);
            case 2: return read(random, stamp);
            case 3:
            case 4: return lock::proclaim{stamp, tag, token, value(random)};
            default: return campaign(random, stamp);
        }
    }

    void heard(const lock::reply& answer) {
        if (const auto* one = get_if<lock::observed>(&answer)) last_ = one->index;
        if (const auto* one = get_if<lock::prefix_read>(&answer)) last_ = one->index;
        if (const auto* one = get_if<lock::watched>(&answer)) last_ = one->next_index;
    }

private:
    static std::string name(prng& random) {
        if (random.below(80) == 0) return std::string(random.below(2) * 600, 'n');
        return std::string(1, static_cast<char>('a' + random.below(3)));
    }
    static std::string value(prng& random) {
        return std::string(random.below(random.below(20) == 0 ? 40 : 6), 'v');
    }
    static std::string prefix(prng& random) {
        if (random.below(60) == 0) return std::string(600, 'n');
        if (random.below(2) == 0) return "";
        return std::string(1, static_cast<char>(random.below(2) == 0 ? 'a' : 'p'));
    }
    static std::uint32_t limit(prng& random) { return static_cast<std::uint32_t>(random.below(4)); }

    static lock::command campaign(prng& random, const request_stamp& stamp) {
        lock::campaign asked{stamp, random.below(2), name(random), value(random)};
        asked.wait_ms = random.below(3) == 0 ? random.below(3) * 20 : lock::wait_forever;
        if (random.below(4) == 0) asked.hold_ttl_ms = 20 + random.below(60);
        return asked;
    }
    lock::command watch(prng& random, const request_stamp& stamp) const {
        const std::uint64_t back = random.below(12);
        const std::uint64_t from = last_ + random.below(3);
        return lock::watch{stamp, prefix(random), from > back ? from - back : 0, limit(random)};
    }
    static lock::command read(prng& random, const request_stamp& stamp) {
        const std::string from = random.below(2) == 0 ? "" : name(random);
        return lock::read_prefix{stamp, prefix(random), from, limit(random)};
    }

    std::uint64_t last_ = 0;  // an index that was told
};

}  // namespace synod::lock_test
