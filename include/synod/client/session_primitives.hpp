// synod/client/session_primitives.hpp - values, counters, latches, barriers and elections, one
// function for each command.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/result.hpp>
#include <synod/client/session_commands.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/reply.hpp>

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// The part of a session that is not about locks: the same rules, and the same errors.
template <class Session>
class session_primitives : public session_commands<Session> {
    using base = session_commands<Session>;

    template <class T>
    using deferred = synod::detail::deferred<T, Session>;
    using revision = std::optional<deferred<std::uint64_t>>;

public:
    using base::run;

    /// Writes and deletes values if all conditions hold. Returns the revision, or nothing if a
    /// condition does not hold; `run` tells which.
    [[nodiscard]] result<revision> transact(deferred<lock::guarded_txn> asked) {
        return revision_of(run(std::move(asked)));
    }

    /// Writes a value that has that version; zero for none. Returns its new version, or nothing if
    /// it has another one.
    [[nodiscard]] result<revision> compare_and_set(std::string name, std::uint64_t version,
                                                   std::string value) {
        return revision_of(
            run(lock::compare_and_set{{}, std::move(name), version, std::move(value)}));
    }

    /// A value and its version; zero for one that there is not.
    [[nodiscard]] result<deferred<lock::value_read>> read_value(std::string name) {
        return hoped<lock::value_read>(run(lock::read_value{{}, std::move(name)}));
    }

    /// Returns the sum, and its version.
    result<deferred<lock::counted>> add_to_counter(std::string name, std::int64_t delta = 1) {
        return hoped<lock::counted>(run(lock::add_to_counter{{}, std::move(name), delta}));
    }
    /// The sum, and its version; zero for both of a counter that there is not.
    [[nodiscard]] result<deferred<lock::counted>> read_counter(std::string name) {
        return hoped<lock::counted>(run(lock::read_counter{{}, std::move(name)}));
    }

    /// Sets a latch, or sets it again; at zero takes it away. Returns its generation.
    result<deferred<lock::latched>> set_latch(std::string name, std::uint32_t count) {
        return hoped<lock::latched>(run(lock::set_latch{{}, std::move(name), count}));
    }
    /// Counts a latch down. Returns what is left.
    result<deferred<lock::latched>> count_down(std::string name, std::uint32_t count = 1,
                                               std::uint64_t generation = 0) {
        return hoped<lock::latched>(run(lock::count_down{{}, std::move(name), count, generation}));
    }
    /// Waits until a latch is at zero. Errors besides: barrier_broken where it is set again
    /// meanwhile.
    [[nodiscard]] std::error_code await_latch(std::string name,
                                              std::uint64_t wait_ms = lock::wait_forever,
                                              std::uint64_t generation = 0,
                                              const std::stop_token& stop = {}) {
        return end_of(
            run(lock::await_latch{{}, base::tag(), std::move(name), wait_ms, generation}, stop));
    }

    /// Waits until as many have come. Errors besides: barrier_broken, the same for all of a
    /// generation, where one of them was lost, or would not wait any longer.
    [[nodiscard]] std::error_code arrive_at_barrier(std::string name, std::uint32_t parties,
                                                    std::uint64_t wait_ms = lock::wait_forever,
                                                    const std::stop_token& stop = {}) {
        return end_of(
            run(lock::arrive_at_barrier{{}, base::tag(), std::move(name), parties, wait_ms}, stop));
    }
    /// Goes in together with that many, and is inside until it leaves. Errors besides:
    /// barrier_broken, as above.
    [[nodiscard]] std::error_code enter_double_barrier(std::string name, std::uint32_t parties,
                                                       std::uint64_t wait_ms = lock::wait_forever,
                                                       const std::stop_token& stop = {}) {
        return end_of(run(
            lock::enter_double_barrier{{}, base::tag(), std::move(name), parties, wait_ms}, stop));
    }
    /// Goes out together with all who went in with it. Errors besides: barrier_broken, where one of
    /// them was lost.
    [[nodiscard]] std::error_code leave_double_barrier(std::string name,
                                                       std::uint64_t wait_ms = lock::wait_forever,
                                                       const std::stop_token& stop = {}) {
        return end_of(
            run(lock::leave_double_barrier{{}, base::tag(), std::move(name), wait_ms}, stop));
    }

    /// Waits to lead, with a value that everybody sees from then on. Returns the token to lead
    /// under.
    [[nodiscard]] result<fencing_token> campaign(std::string election, std::string value,
                                                 std::uint64_t wait_ms = lock::wait_forever,
                                                 const std::stop_token& stop = {}) {
        return base::token_of(run(
            lock::campaign{{}, base::tag(), std::move(election), std::move(value), wait_ms}, stop));
    }
    /// Changes the value of who leads under that token. Returns the index of the change.
    result<std::uint64_t> proclaim(fencing_token token, std::string value) {
        const auto said =
            hoped<lock::proclaimed>(run(lock::proclaim{{}, base::tag(), token, std::move(value)}));
        if (!said) return unexpected(said.error());
        return said->index;
    }
    /// Leads no more.
    [[nodiscard]] std::error_code resign(fencing_token token) {
        return base::release(token).error();
    }
    /// Who leads: its token and its value; a token of zero for nobody.
    [[nodiscard]] result<deferred<lock::observed>> observe(std::string election) {
        return hoped<lock::observed>(run(lock::observe{{}, std::move(election)}));
    }

    /// What has changed under a prefix, from that index on. Errors besides: fallen_behind where
    /// some of it is forgotten; then `read_prefix` tells what there is, and from where to watch on.
    [[nodiscard]] result<deferred<lock::watched>>
    watch(std::string prefix, std::uint64_t from_index, std::uint32_t limit = 0) {
        return hoped<lock::watched>(run(lock::watch{{}, std::move(prefix), from_index, limit}));
    }
    /// What there is under a prefix, by name: a page of at most `limit` names, or of as many as may
    /// be for zero. `next_name` of one page is `from_name` for the next.
    [[nodiscard]] result<deferred<lock::prefix_read>>
    read_prefix(std::string prefix, std::string from_name = {}, std::uint32_t limit = 0) {
        return hoped<lock::prefix_read>(
            run(lock::read_prefix{{}, std::move(prefix), std::move(from_name), limit}));
    }

private:
    template <class Hoped, class Reply>
    [[nodiscard]] static result<Hoped> hoped(const result<Reply>& said) {
        return client::detail::as_hoped<Hoped>(said);
    }

    template <class Reply>
    [[nodiscard]] static result<revision> revision_of(const result<Reply>& said) {
        if (said && holds_alternative<lock::condition_failed>(*said)) return revision();
        const auto done = hoped<lock::committed>(said);
        if (!done) return unexpected(done.error());
        return revision(done->revision);
    }

    /// How a wait at a gate has ended: at once, or later.
    template <class Reply>
    [[nodiscard]] static std::error_code end_of(const result<Reply>& said) {
        if (said) {
            const auto* const later = get_if<lock::request_status>(&*said);
            if (later != nullptr && later->state == lock::request_state::passed) return {};
        }
        return hoped<lock::passed>(said).error();
    }
};

}  // namespace synod::inline SYNOD_ABI
