// tests/unit/lock/driver.hpp - a lock table with a log in front of it: positions, time and sequence
// numbers are counted here.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock.hpp>

#include "chosen_rules.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace synod::lock_test {

inline constexpr lock::mode all_modes[] = {lock::mode::shared, lock::mode::update,
                                           lock::mode::exclusive};

/// Short leases, so that the tests read in round numbers.
inline lock::config short_leases() {
    lock::config config;
    config.sessions.min_ttl_ms = 10;
    config.sessions.max_ttl_ms = 100'000;
    config.sessions.grace_ms = 50;
    return config;
}

/// `Rules` are those that the table is compiled with. What instantiates it is compiled in
/// driver.cpp, once for all tests.
template <class Rules>
class compiled_driver {
public:
    explicit compiled_driver(const lock::config& config);
    compiled_driver(const compiled_driver&);
    ~compiled_driver();

    /// Holds the table to its invariants.
    lock::reply run(const lock::command& asked);
    /// Leaves that to the caller, who watches a mutant breaking them.
    lock::reply execute(const lock::command& asked);
    /// At a place in the log, and a time, of the caller's own.
    lock::reply execute(const apply_context& at, const lock::command& asked);
    /// Moves the table's time alone.
    void advance(log_time to);
    void pass(std::uint64_t milliseconds);

    session_id open(std::uint64_t client, std::uint64_t ttl_ms = 1'000, std::uint64_t nonce = 1) {
        return get<lock::opened>(run(lock::open_session{{0, client}, nonce, ttl_ms})).session;
    }

    /// A stamp that acknowledges all before it.
    request_stamp stamp(session_id session) {
        const std::uint64_t sequence = ++sequences_[session];
        return {session, sequence, sequence - 1};
    }
    /// A stamp that acknowledges nothing.
    request_stamp late_stamp(session_id session) { return {session, ++sequences_[session], 0}; }

    lock::reply acquire(session_id session, const std::string& name,
                        std::uint64_t wait_ms = lock::wait_forever, std::uint64_t tag = 0) {
        return run(lock::acquire{stamp(session), tag, name, lock::mode::exclusive, wait_ms, 0});
    }
    fencing_token hold(session_id session, const std::string& name, std::uint64_t tag = 0) {
        return get<lock::granted>(acquire(session, name, lock::no_wait, tag)).token;
    }
    /// The same in a mode of choice, and with flags.
    lock::reply acquire_in(lock::mode wanted, session_id session, const std::string& name,
                           std::uint64_t wait_ms = lock::wait_forever, std::uint8_t flags = 0,
                           std::uint64_t tag = 0) {
        return run(lock::acquire{stamp(session), tag, name, wanted, wait_ms, flags});
    }
    fencing_token hold_in(lock::mode wanted, session_id session, const std::string& name,
                          std::uint64_t tag = 0) {
        return get<lock::granted>(
                   acquire_in(wanted, session, name, lock::no_wait, lock::no_flags, tag))
            .token;
    }
    std::uint64_t wait_in(lock::mode wanted, session_id session, const std::string& name,
                          std::uint64_t wait_ms = lock::wait_forever) {
        CHECK(acquire_in(wanted, session, name, wait_ms) == lock::reply(lock::queued{}));
        return sequences_[session];
    }
    lock::reply acquire_all(session_id session, const std::vector<std::string>& names,
                            std::uint64_t wait_ms = lock::wait_forever,
                            lock::mode wanted = lock::mode::exclusive) {
        lock::acquire_all asked{stamp(session), 0, {}, wait_ms};
        for (const std::string& name : names) asked.locks.push_back({name, wanted});
        return run(asked);
    }
    lock::reply convert(session_id session, fencing_token token, lock::mode to,
                        std::uint64_t wait_ms = lock::wait_forever) {
        return run(lock::convert{stamp(session), 0, token, to, wait_ms});
    }

    /// Queues behind whoever holds; returns the sequence that names the request.
    std::uint64_t wait(session_id session, const std::string& name,
                       std::uint64_t wait_ms = lock::wait_forever, std::uint64_t tag = 0) {
        CHECK(acquire(session, name, wait_ms, tag) == lock::reply(lock::queued{}));
        return sequences_[session];
    }
    lock::reply release(session_id session, fencing_token token, std::uint64_t tag = 0) {
        return run(lock::release{stamp(session), tag, token});
    }
    lock::reply keep(session_id session) { return run(lock::keep_alive{stamp(session)}); }
    lock::reply close(session_id session) { return run(lock::close_session{stamp(session)}); }
    lock::reply query(session_id session, std::uint64_t request) {
        return run(lock::query{stamp(session), request});
    }
    lock::reply cancel(session_id session, std::uint64_t request, lock::on_granted then) {
        return run(lock::cancel{stamp(session), request, then});
    }
    lock::reply acknowledge(session_id session, std::uint64_t request) {
        return run(lock::acknowledge{stamp(session), request});
    }

    std::vector<lock::event> events();

    std::uint64_t last_sequence(session_id session) { return sequences_[session]; }

    lock::basic_table<Rules> table;
    log_time now;

private:
    slot next_;
    std::map<session_id, std::uint64_t> sequences_;
};

extern template class compiled_driver<lock::rules>;
extern template class compiled_driver<chosen_rules>;

/// A table that follows `Rules`, the real ones or those of one mutant.
template <class Rules = lock::rules>
class driver : public compiled_driver<compiled_rules<Rules>> {
public:
    explicit driver(const lock::config& config = short_leases())
        : compiled_driver<compiled_rules<Rules>>((choose<Rules>(), config)) {}
};

/// Three sessions that have nothing yet.
struct trio : driver<> {
    session_id a = open(1, 100'000);
    session_id b = open(2, 100'000);
    session_id c = open(3, 100'000);
};

/// The sessions that events say have been granted something, in order.
inline std::vector<session_id> granted_to(const std::vector<lock::event>& events) {
    std::vector<session_id> told;
    for (const lock::event& one : events) {
        if (holds_alternative<lock::wait_granted>(one)) told.push_back(session_of(one));
    }
    return told;
}

inline fencing_token token_of(const lock::reply& answer) {
    return get<lock::granted>(answer).token;
}

inline lock::reply no(lock::refusal reason) { return lock::refused{reason}; }

// Of the table that ships; these are compiled in driver.cpp.
[[nodiscard]] lock::reply execute(lock::table& machine, const apply_context& at,
                                  const lock::command& asked);
void advance(lock::table& machine, log_time to);
[[nodiscard]] bytes snapshot_of(const lock::table& machine);
[[nodiscard]] bool restore(lock::table& machine, bytes_view from);
[[nodiscard]] std::vector<lock::event> events_of(lock::table& machine);
[[nodiscard]] lock::state state_of(const lock::table& machine);
/// The name of the invariant that a state breaks, or nullptr.
[[nodiscard]] const char* first_broken(const lock::state& one);

inline bytes snapshot_of(const auto& machine) {
    bytes all;
    byte_writer out(all);
    machine.snapshot(out);
    return all;
}

[[nodiscard]] inline bool restore(auto& machine, bytes_view from) {
    byte_reader in(from);
    return !machine.restore(in) && in.finished();
}

}  // namespace synod::lock_test
