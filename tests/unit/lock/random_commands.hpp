// tests/unit/lock/random_commands.hpp - a stream of inputs for a lock table: few names, few sessions, many collisions.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/prng.hpp>
#include <synod/lock.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace synod::lock_test {

/// One entry of a log.
struct step {
    apply_context context;
    lock::command asked;
    ballot leader;  // if it exists, this is that leader's first entry, and no command
};

/// Makes a log, looking at each reply to know sessions and tokens. The same seed makes the same log.
class random_commands {
public:
    explicit random_commands(std::uint64_t seed) : random_(seed) {}

    step next() {
        step made;
        if (random_.below(3) == 0) now_ = now_ + random_.below(random_.below(10) == 0 ? 60 : 8);
        at_ = random_.below(4) == 0 ? position{at_.slot, at_.index + 1}
                                    : position{at_.slot.next(), 0};
        made.context = {at_, now_};
        if (random_.below(60) == 0) {
            made.leader = ballot(1 + random_.below(40), node_id(0));
        } else {
            made.asked = command();
            sent_.push_back(made.asked);
        }
        return made;
    }

    void heard(const lock::reply& answer) {
        if (const auto* open = std::get_if<lock::opened>(&answer)) {
            sessions_.push_back({open->session, 0, 0});
        }
        if (const auto* hold = std::get_if<lock::granted>(&answer))
            last_token_ = hold->token.value();
    }
    void heard(const lock::event& happened) {
        if (const auto* hold = std::get_if<lock::wait_granted>(&happened)) {
            last_token_ = hold->token.value();
        }
    }

private:
    struct known {
        session_id id;
        std::uint64_t sequence;
        std::uint64_t acknowledged;
    };

    lock::command command() {
        if (!sent_.empty() && random_.below(12) == 0) return again();
        if (sessions_.empty() || random_.below(25) == 0) return open();
        const std::size_t recent = sessions_.size() < 5 ? sessions_.size() : 5;
        known& self = sessions_[sessions_.size() - 1 - random_.below(recent)];
        const request_stamp stamp = stamp_of(self);
        switch (random_.below(16)) {
            case 0: return lock::close_session{stamp};
            case 1: return lock::keep_alive{stamp};
            case 2: return lock::query{stamp, request_of(self)};
            case 3: return lock::acknowledge{stamp, request_of(self)};
            case 4:
            case 5:
                return lock::cancel{stamp, request_of(self),
                                    static_cast<lock::on_granted>(random_.below(2))};
            case 6:
            case 7:
            case 8:
            case 9: return lock::release{stamp, random_.below(2), token()};
            default: return acquire(stamp);
        }
    }

    lock::command again() {
        const std::size_t recent = sent_.size() < 20 ? sent_.size() : 20;
        return sent_[sent_.size() - 1 - random_.below(recent)];
    }

    lock::command open() {
        const std::uint64_t ttl_ms = random_.below(10) == 0 ? 0 : 20 + random_.below(200);
        return lock::open_session{{0, random_.below(4)}, random_.below(6), ttl_ms};
    }

    lock::command acquire(const request_stamp& stamp) {
        static constexpr std::uint64_t waits[] = {0, 0, 1, 5, 20, 60, lock::wait_forever};
        lock::acquire asked{stamp, random_.below(2),
                            std::string(1, static_cast<char>('a' + random_.below(4)))};
        asked.wait_ms = waits[random_.below(7)];
        if (random_.below(50) == 0) asked.mode = lock::mode::shared;
        if (random_.below(50) == 0) asked.flags = static_cast<std::uint8_t>(random_.below(5));
        if (random_.below(60) == 0) asked.name = std::string(random_.below(2) * 600, 'n');
        return asked;
    }

    request_stamp stamp_of(known& self) {
        self.sequence += 1 + (random_.below(20) == 0 ? random_.below(3) : 0);
        if (random_.below(3) == 0) {
            self.acknowledged += random_.below(self.sequence - self.acknowledged);
        }
        const std::uint64_t back = random_.below(20) == 0 ? random_.below(4) : 0;
        return {self.id, self.sequence > back ? self.sequence - back : 0, self.acknowledged};
    }

    std::uint64_t request_of(const known& self) {
        const std::uint64_t back = random_.below(8);
        return self.sequence > back ? self.sequence - back : 0;
    }

    fencing_token token() {
        const std::uint64_t back = random_.below(4);
        return fencing_token(last_token_ > back ? last_token_ - back : 0);
    }

    prng random_;
    log_time now_;
    position at_;
    std::uint64_t last_token_ = 0;
    std::vector<known> sessions_;
    std::vector<lock::command> sent_;
};

/// Limits that a random history runs into.
inline lock::config tight_limits() {
    lock::config config;
    config.sessions = {.min_ttl_ms = 30,
                       .max_ttl_ms = 150,
                       .grace_ms = 40,
                       .max_extensions = 2,
                       .max_sessions = 6,
                       .max_outstanding = 8,
                       .reserved_outstanding = 6};
    config.max_locks = 3;
    config.max_requests_per_session = 5;
    config.max_waiting_per_session = 4;
    config.max_waiting_per_lock = 4;
    config.max_name_bytes = 100;
    return config;
}

}  // namespace synod::lock_test
