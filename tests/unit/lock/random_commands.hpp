// tests/unit/lock/random_commands.hpp - a stream of inputs for a lock table: few names, few
// sessions, many collisions.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/prng.hpp>
#include <synod/lock.hpp>

#include "random_elections.hpp"
#include "random_gates.hpp"
#include "random_limits.hpp"
#include "random_values.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace synod::lock_test {

/// One entry of a log.
struct step {
    apply_context context;
    lock::command asked;
    ballot leader;  // if it exists, this is that leader's first entry, and no command
};

/// Makes a log, looking at each reply to know sessions and tokens. The same seed makes the same
/// log.
class random_commands {
public:
    explicit random_commands(std::uint64_t seed)
        : random_(seed),
          has_rules_(seed % 4 == 3),
          has_limits_(seed % 5 == 1),
          usual_(seed / 2 % 4) {}

    step next() {
        step made;
        if (random_.below(12) == 0) now_ = now_ + random_.below(random_.below(10) == 0 ? 60 : 8);
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
        if (const auto* open = get_if<lock::opened>(&answer)) {
            sessions_.push_back({open->session, 0, 0});
        }
        if (const auto* hold = get_if<lock::granted>(&answer)) {
            visit([&](const auto& asked) { note(asked, hold->token); }, sent_.back());
        }
        values_.heard(answer);
        elections_.heard(answer);
        gates_.heard(answer);
        const auto* refused = get_if<lock::refused>(&answer);
        if (refused == nullptr || refused->reason != lock::refusal::session_expired) return;
        visit([this](const auto& asked) { forget(asked); }, sent_.back());
    }
    void heard(const lock::event& happened) {
        const auto* hold = get_if<lock::wait_granted>(&happened);
        if (hold == nullptr) return;
        last_token_ = hold->token.value();
        const auto asked = tags_.find({hold->session, hold->request});
        if (asked != tags_.end()) holds_.push_back({hold->session, asked->second, hold->token});
    }

private:
    struct known {
        session_id id;
        std::uint64_t sequence;
        std::uint64_t acknowledged;
    };

    struct known_hold {
        session_id session;
        std::uint64_t tag;
        fencing_token token;
    };

    template <class Command>
    void note(const Command& asked, fencing_token token) {
        last_token_ = token.value();
        if constexpr (requires { asked.owner; })
            holds_.push_back({asked.stamp.session, asked.owner, token});
    }

    /// A session that is over is asked for a few times more, and then no longer.
    template <class Command>
    void forget(const Command& asked) {
        if (random_.below(3) != 0) return;
        if constexpr (requires { asked.stamp; })
            std::erase_if(sessions_,
                          [&](const known& one) { return one.id == asked.stamp.session; });
    }

    lock::command command() {
        if (!sent_.empty() && random_.below(12) == 0) return again();
        if (sessions_.empty() || random_.below(25) == 0) return open();
        const std::size_t recent = sessions_.size() < 3 ? sessions_.size() : 3;
        known& self = sessions_[sessions_.size() - 1 - random_.below(recent)];
        const request_stamp stamp = stamp_of(self);
        if (has_rules_ && random_.below(25) == 0) return set_acl(stamp);
        if (random_.below(10) == 0) return election(self.id, stamp);
        if (random_.below(8) == 0) return gates_.next(random_, stamp);
        if (random_.below(8) == 0) return values_.next(random_, stamp, hold_of(self.id).token);
        if (has_limits_ && random_.below(25) == 0) return set_limits(stamp);
        if (random_.below(30) == 0) return list_locks(stamp);
        if (has_limits_ && random_.below(100) == 0)
            return lock::bump_epoch{stamp, static_cast<std::uint16_t>(random_.below(6))};
        switch (random_.below(30)) {
            case 27: return request_revoke(stamp);
            case 28: return lock::force_release{stamp, hold_of(any_session()).token};
            case 29: {
                const known_hold some = hold_of(any_session());
                const std::string name(1, static_cast<char>('a' + random_.below(2)));
                return lock::check_token{stamp, random_.below(4) == 0 ? semaphore() : name,
                                         some.token, static_cast<lock::mode>(random_.below(3))};
            }
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
            case 9: {
                const known_hold some = hold_of(self.id);
                return lock::release{stamp, some.tag, some.token};
            }
            case 10:
            case 11:
            case 12: return convert(stamp);
            case 13:
            case 14: return acquire_all(stamp);
            case 15:
            case 16: return acquire_permits(stamp);
            case 17: return release_all(stamp);
            case 19:
            case 20: return renew_hold(stamp);
            case 18: {
                const auto capacity = random_.below(8) == 0 ? 0 : 2 + random_.below(3);
                return lock::set_capacity{stamp, semaphore(), static_cast<std::uint32_t>(capacity)};
            }
            default: return acquire(stamp);
        }
    }

    lock::command election(session_id session, const request_stamp& stamp) {
        const known_hold some = hold_of(session);
        const lock::command made = elections_.next(random_, stamp, some.tag, some.token);
        if (const auto* runs = get_if<lock::campaign>(&made))
            tags_[{stamp.session, stamp.sequence}] = runs->owner;
        return made;
    }

    lock::command again() {
        const std::size_t recent = sent_.size() < 20 ? sent_.size() : 20;
        return sent_[sent_.size() - 1 - random_.below(recent)];
    }

    lock::command open() {
        const std::uint64_t ttl_ms = random_.below(10) == 0 ? 0 : 20 + random_.below(200);
        const std::uint64_t delay_ms = random_.below(2) == 0 ? 0 : random_.below(100);
        lock::open_session asked{{0, random_.below(4)}, random_.below(6), ttl_ms, delay_ms};
        asked.principal = principals[asked.client.low % 3];
        if (random_.below(20) == 0) asked.principal = principals[random_.below(3)];
        if (random_.below(80) == 0) asked.principal = std::string(129, 'p');
        asked.meta = std::string(random_.below(20) == 0 ? 21 : random_.below(3), 'm');
        return asked;
    }

    lock::command set_limits(const request_stamp& stamp) {
        return lock::set_limits{stamp, random_limits(random_).next()};
    }

    lock::command list_locks(const request_stamp& stamp) {
        static constexpr std::string_view names[] = {"", "", "", "a", "b", "s"};
        lock::list_locks asked{stamp, std::string(names[random_.below(6)]),
                               std::string(names[random_.below(6)])};
        asked.limit = static_cast<std::uint32_t>(random_.below(4));
        asked.with = static_cast<std::uint8_t>(random_.below(random_.below(20) == 0 ? 6 : 4));
        if (random_.below(40) == 0) asked.after = std::string(513, 'n');
        return asked;
    }

    lock::command set_acl(const request_stamp& stamp) {
        static constexpr std::string_view prefixes[] = {"", "", "a", "b", "s", "aa"};
        lock::set_acl asked{
            stamp,
            {std::string(prefixes[random_.below(6)]), std::string(principals[random_.below(3)])}};
        const auto all_but_one = lock::all_rights & ~(1U << random_.below(5));
        asked.rule.rights = static_cast<std::uint8_t>(all_but_one);
        if (random_.below(8) == 0) asked.rule.rights = lock::no_rights;
        if (random_.below(30) == 0) asked.rule.rights = 16;
        if (random_.below(40) == 0) asked.rule.prefix = std::string(513, 'p');
        if (random_.below(40) == 0) asked.rule.principal = std::string(129, 'p');
        if (random_.below(4) == 0) asked.change = lock::access_change::remove;
        return asked;
    }

    lock::command acquire(const request_stamp& stamp) {
        static constexpr std::uint64_t waits[] = {0, 0, 1, 5, 20, 60, lock::wait_forever};
        lock::acquire asked{
            stamp, random_.below(2),
            std::string(1, static_cast<char>('a' + random_.below(random_.below(4) == 0 ? 4 : 2)))};
        tags_[{stamp.session, stamp.sequence}] = asked.owner;
        asked.wait_ms = waits[random_.below(7)];
        if (random_.below(4) != 0) asked.mode = lock::mode::shared;
        if (random_.below(8) == 0) asked.mode = lock::mode::update;
        if (random_.below(2) == 0) asked.flags = lock::reentrant;
        asked.hold_ttl_ms = lease();
        asked.terms = terms();
        asked.policy = policy();
        if (random_.below(3) == 0) asked.flags |= lock::reclaim;
        if (random_.below(5) == 0) asked.flags |= lock::barge;
        if (random_.below(50) == 0) asked.flags = static_cast<std::uint8_t>(random_.below(10));
        if (random_.below(60) == 0) asked.name = std::string(random_.below(2) * 600, 'n');
        return asked;
    }

    /// Mostly the same in one history, so that some agree.
    lock::policy policy() {
        if (random_.below(3) == 0) return lock::policy::any;
        return static_cast<lock::policy>(random_.below(8) == 0 ? random_.below(4) : usual_);
    }

    /// Mostly by priority, for the strictest decides.
    lock::terms terms() {
        lock::terms made;
        if (random_.below(8) == 0) return made;
        made.on_deadlock = lock::on_deadlock::lowest_priority;
        if (random_.below(12) == 0) made.on_deadlock = lock::on_deadlock::youngest;
        made.priority = static_cast<std::uint8_t>(random_.below(3));
        return made;
    }

    /// Mostly none.
    std::uint64_t lease() {
        if (random_.below(4) != 0) return 0;
        return random_.below(60) == 0 ? ~std::uint64_t{0} : 20 + random_.below(60);
    }

    lock::command renew_hold(const request_stamp& stamp) {
        const known_hold some = hold_of(stamp.session);
        const std::uint64_t ttl = random_.below(20) == 0 ? 0 : 10 + random_.below(100);
        return lock::renew_hold{stamp, some.tag, some.token, ttl};
    }

    session_id any_session() { return sessions_[random_.below(sessions_.size())].id; }

    lock::command request_revoke(const request_stamp& stamp) {
        lock::request_revoke asked{stamp, hold_of(any_session()).token, {}, "because"};
        if (random_.below(3) == 0) {
            asked.token = {};
            asked.name = random_.below(3) == 0 ? semaphore() : random_.below(2) == 0 ? "a" : "b";
        }
        if (random_.below(30) == 0) asked.name = random_.below(2) == 0 ? "" : "a";
        if (random_.below(40) == 0) asked.reason = std::string(300, 'r');
        asked.grace_ms = random_.below(5) == 0 ? 0 : 5 + random_.below(40);
        if (random_.below(40) == 0) asked.grace_ms = ~std::uint64_t{0};
        if (random_.below(3) != 0) asked.how = lock::revocation::forced;
        return asked;
    }

    lock::command acquire_all(const request_stamp& stamp) {
        lock::acquire_all asked{stamp, random_.below(2), {}, random_.below(3) * 20};
        tags_[{stamp.session, stamp.sequence}] = asked.owner;
        if (random_.below(3) != 0) asked.wait_ms = lock::wait_forever;
        asked.hold_ttl_ms = lease();
        asked.terms = terms();
        asked.policy = policy();
        const std::uint64_t several = random_.below(40) == 0 ? 8 : 1 + random_.below(4);
        for (std::uint64_t i = random_.below(60) == 0 ? several : 0; i < several; ++i) {
            const auto letter = static_cast<char>('a' + random_.below(several > 4 ? 20 : 4));
            const std::size_t length = random_.below(100) == 0 ? random_.below(2) * 600 : 1;
            asked.locks.push_back({std::string(length, letter), lock::mode::shared});
            if (random_.below(3) != 0) asked.locks.back().mode = lock::mode::exclusive;
        }
        return asked;
    }

    lock::command acquire_permits(const request_stamp& stamp) {
        lock::acquire_permits asked{stamp, random_.below(2), semaphore()};
        tags_[{stamp.session, stamp.sequence}] = asked.owner;
        asked.permits = static_cast<std::uint32_t>(random_.below(20) == 0 ? random_.below(9)
                                                                          : 1 + random_.below(3));
        asked.hold_ttl_ms = lease();
        asked.terms = terms();
        asked.policy = policy();
        if (random_.below(2) == 0) asked.flags |= lock::allow_small_pass;
        if (random_.below(5) == 0) asked.flags |= lock::barge;
        if (random_.below(60) == 0) asked.flags |= lock::reentrant;
        asked.capacity = random_.below(4) == 0 ? 0 : 3 + (random_.below(20) == 0 ? 1 : 0);
        asked.wait_ms = random_.below(3) == 0 ? random_.below(3) * 20 : lock::wait_forever;
        if (random_.below(100) == 0) asked.name = std::string(random_.below(2) * 600, 'n');
        return asked;
    }
    /// Mostly one of two; else what may be a lock.
    std::string semaphore() {
        return random_.below(12) == 0 ? "a" : random_.below(2) == 0 ? "s" : "t";
    }

    lock::command release_all(const request_stamp& stamp) {
        const known_hold first = hold_of(stamp.session);
        lock::release_all asked{stamp, first.tag, {first.token}};
        while (random_.below(2) == 0) {
            const known_hold another = hold_of(stamp.session);
            const bool is_alike = another.tag == first.tag || random_.below(8) == 0;
            if (is_alike) asked.tokens.push_back(another.token);
        }
        if (random_.below(40) == 0) asked.tokens.clear();
        return asked;
    }

    lock::command convert(const request_stamp& stamp) {
        const known_hold some = hold_of(stamp.session);
        tags_[{stamp.session, stamp.sequence}] = some.tag;
        lock::convert asked{stamp, some.tag, some.token};
        asked.to = random_.below(2) == 0 ? lock::mode::exclusive
                                         : static_cast<lock::mode>(random_.below(3));
        asked.wait_ms = random_.below(2) == 0 ? lock::wait_forever : random_.below(3) * 20;
        asked.terms = terms();
        return asked;
    }

    request_stamp stamp_of(known& self) {
        self.sequence += 1 + (random_.below(20) == 0 ? random_.below(3) : 0);
        if (random_.below(2) == 0) {
            self.acknowledged += random_.below(self.sequence - self.acknowledged);
        }
        const std::uint64_t back = random_.below(20) == 0 ? random_.below(4) : 0;
        return {self.id, self.sequence > back ? self.sequence - back : 0, self.acknowledged};
    }

    std::uint64_t request_of(const known& self) {
        const std::uint64_t back = random_.below(8);
        return self.sequence > back ? self.sequence - back : 0;
    }

    /// Mostly one of the newest of a session, which may still be held; else whatever token, under
    /// whatever tag.
    known_hold hold_of(session_id session) {
        for (std::size_t i = holds_.size(); i > 0 && random_.below(8) != 0; --i) {
            const known_hold& one = holds_[i - 1];
            if (one.session == session && random_.below(3) != 0) return one;
        }
        const std::uint64_t back = random_.below(4);
        const std::uint64_t value = last_token_ > back ? last_token_ - back : 0;
        return {session, random_.below(2), fencing_token(value)};
    }

    static constexpr std::string_view principals[] = {"", "p", "q"};

    prng random_;
    bool has_rules_;       // some histories have access rules
    bool has_limits_;      // some have limits that change
    std::uint64_t usual_;  // lock::policy
    log_time now_;
    position at_;
    std::uint64_t last_token_ = 0;
    std::vector<known> sessions_;
    std::vector<known_hold> holds_;                                       // as they were granted
    std::map<std::pair<session_id, std::uint64_t>, std::uint64_t> tags_;  // of requests
    std::vector<lock::command> sent_;
    random_values values_;
    random_elections elections_;
    random_gates gates_;
};

}  // namespace synod::lock_test
