// synod/testing/lock_errands.hpp - commands of every kind, drawn at random, as a client might give
// its session to carry.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/base/prng.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/reply.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// Draws any command but those that open, renew and close sessions. Names are few, so that clients
/// meet, and begin with "e"; what is ended by force was acquired here, and what is withdrawn is
/// kept where it was granted. So nobody loses a hold of another name by this. A value.
class lock_errands {
public:
    /// `usual` are the limits of the table, which it is told again with small changes.
    explicit lock_errands(const lock::config& usual) : usual_(usual) {}

    /// A command for an owner, or for one that owns what it is about; its stamp is left to the
    /// session.
    [[nodiscard]] lock::command draw(prng& random, std::uint64_t owner) {
        owner_ = owner;
        switch (random.below(8)) {
            case 0:
            case 1: return take(random);
            case 2:
            case 3: return use(random);
            case 4: return pass_a_gate(random);
            case 5: return write(random);
            case 6: return follow(random);
            default: return administer(random);
        }
    }

    /// Whose the last one is.
    [[nodiscard]] std::uint64_t owner() const { return owner_; }

    /// What the last one is known by at the service.
    void sent(std::uint64_t sequence) { last_ = sequence; }

    /// How the last one has ended.
    void heard(const lock::reply& said) {
        const auto* const granted = get_if<lock::granted>(&said);
        if (granted != nullptr) holds_.push_back({granted->token, owner_});
        if (holds_.size() > remembered) holds_.erase(holds_.begin());
        if (const auto* const watched = get_if<lock::watched>(&said)) seen_ = watched->next_index;
        if (const auto* const read = get_if<lock::prefix_read>(&said)) seen_ = read->index + 1;
        if (const auto* const value = get_if<lock::value_read>(&said)) version_ = value->version;
        if (const auto* const gate = get_if<lock::latched>(&said)) generation_ = gate->generation;
    }

private:
    struct hold {
        fencing_token token;
        std::uint64_t owner = 0;
    };

    static constexpr std::size_t remembered = 4;

    [[nodiscard]] static std::string name(prng& random, const char* kind) {
        return std::string("e") + kind + std::to_string(random.below(2));
    }
    [[nodiscard]] static std::uint64_t wait(prng& random) {
        static constexpr std::uint64_t lengths[] = {lock::no_wait, 50, 400, 2'000};
        return lengths[random.below(4)];
    }
    [[nodiscard]] static std::uint64_t lease(prng& random) {
        return random.below(3) == 0 ? 1'000 + random.below(2'000) : 0;
    }
    [[nodiscard]] static lock::terms terms(prng& random) {
        return {static_cast<lock::on_deadlock>(random.below(3)),
                static_cast<std::uint8_t>(random.below(3))};
    }
    [[nodiscard]] static lock::mode mode(prng& random) {
        return static_cast<lock::mode>(random.below(3));
    }
    /// Mostly one that was granted here; else none, which is refused.
    [[nodiscard]] hold some_hold(prng& random) const {
        if (holds_.empty() || random.below(10) == 0) return {{}, owner_};
        return holds_[random.below(holds_.size())];
    }

    [[nodiscard]] lock::command take(prng& random) const {
        switch (random.below(5)) {
            case 0: return take_several(random);
            case 1: return take_permits(random);
            case 2:
                return lock::campaign{{}, owner_, name(random, "l"), text(random), wait(random)};
            default: break;
        }
        lock::acquire asked;
        asked.owner = owner_;
        asked.name = name(random, "k");
        asked.mode = mode(random);
        asked.wait_ms = wait(random);
        asked.flags = static_cast<std::uint8_t>(random.below(lock::known_acquire_flags + 1U));
        asked.hold_ttl_ms = lease(random);
        asked.terms = terms(random);
        if (random.below(3) == 0) asked.policy = static_cast<lock::policy>(random.below(4));
        return asked;
    }
    [[nodiscard]] lock::command take_several(prng& random) const {
        lock::acquire_all asked;
        asked.owner = owner_;
        asked.locks = {{"ek0", mode(random)}, {"ek1", mode(random)}};
        asked.wait_ms = wait(random);
        asked.hold_ttl_ms = lease(random);
        asked.terms = terms(random);
        return asked;
    }
    [[nodiscard]] lock::command take_permits(prng& random) const {
        lock::acquire_permits asked;
        asked.owner = owner_;
        asked.name = "es";
        asked.permits = 1 + static_cast<std::uint32_t>(random.below(3));
        asked.capacity = random.below(4) == 0 ? 0 : 3;
        asked.wait_ms = wait(random);
        asked.hold_ttl_ms = lease(random);
        asked.terms = terms(random);
        if (random.below(2) == 0) asked.flags = lock::allow_small_pass;
        if (random.below(3) == 0) asked.flags |= lock::barge;
        return asked;
    }

    [[nodiscard]] lock::command use(prng& random) {
        const hold its = some_hold(random);
        owner_ = its.owner;
        switch (random.below(12)) {
            case 0: return lock::convert{{}, its.owner, its.token, mode(random), wait(random)};
            case 1: return lock::release_all{{}, its.owner, {its.token}};
            case 2: return lock::renew_hold{{}, its.owner, its.token, 1'000 + random.below(2'000)};
            case 3: return revoke(random, its);
            case 4: return lock::force_release{{}, its.token};
            case 5: return lock::check_token{{}, name(random, "k"), its.token, mode(random)};
            case 6: return lock::proclaim{{}, its.owner, its.token, text(random)};
            case 7: return lock::query{{}, last_};
            case 8: return lock::acknowledge{{}, last_};
            case 9: return lock::cancel{{}, last_, lock::on_granted::keep};
            default: return lock::release{{}, its.owner, its.token};
        }
    }
    [[nodiscard]] static lock::command revoke(prng& random, const hold& its) {
        lock::request_revoke asked{{}, its.token, {}, "because", 100 + random.below(500)};
        if (random.below(2) == 0) asked.token = {};
        if (asked.token == fencing_token()) asked.name = name(random, "k");
        if (random.below(2) == 0) asked.how = lock::revocation::forced;
        return asked;
    }

    [[nodiscard]] lock::command pass_a_gate(prng& random) const {
        const auto parties = 1 + static_cast<std::uint32_t>(random.below(2));
        switch (random.below(6)) {
            case 0: return lock::set_latch{{}, name(random, "g"), parties};
            case 1: return lock::count_down{{}, name(random, "g"), parties, generation(random)};
            case 2: return lock::await_latch{{}, owner_, name(random, "g"), wait(random)};
            case 3: return lock::arrive_at_barrier{{}, owner_, "eb", parties, wait(random)};
            case 4: return lock::enter_double_barrier{{}, owner_, "ed", 2, wait(random)};
            default: return lock::leave_double_barrier{{}, owner_, "ed", wait(random)};
        }
    }
    [[nodiscard]] std::uint64_t generation(prng& random) const {
        return random.below(2) == 0 ? generation_ : 0;
    }

    [[nodiscard]] lock::command write(prng& random) const {
        switch (random.below(5)) {
            case 0: return transaction(random);
            case 1: return lock::compare_and_set{{}, name(random, "v"), version_, text(random)};
            case 2: return lock::read_value{{}, name(random, "v")};
            case 3: return lock::add_to_counter{{}, name(random, "c")};
            default: return lock::read_counter{{}, name(random, "c")};
        }
    }
    [[nodiscard]] lock::command transaction(prng& random) const {
        lock::guarded_txn asked;
        if (random.below(2) == 0) {
            const std::string held = name(random, "k");  // first, with every compiler
            asked.conditions = {lock::token_valid(held, some_hold(random).token)};
        }
        if (random.below(3) == 0)
            asked.conditions.push_back(lock::version_is(name(random, "v"), version_));
        if (random.below(4) == 0)
            asked.deletes = {"ev0"};
        else
            asked.puts = {{name(random, "v"), text(random)}};
        return asked;
    }
    [[nodiscard]] static std::string text(prng& random) {
        std::string made(random.below(20), 'x');
        return made;
    }

    [[nodiscard]] lock::command follow(prng& random) const {
        switch (random.below(3)) {
            case 0: return lock::watch{{}, "e", seen_};
            case 1:
                return lock::read_prefix{{}, "e", {}, static_cast<std::uint32_t>(random.below(4))};
            default: return lock::observe{{}, name(random, "l")};
        }
    }

    [[nodiscard]] lock::command administer(prng& random) const {
        switch (random.below(5)) {
            case 0: return set_rule(random);
            case 1: return set_limits(random);
            case 2: return lock::bump_epoch{{}, static_cast<std::uint16_t>(random.below(8))};
            case 3:
                return lock::set_capacity{
                    {}, "es", 2 + static_cast<std::uint32_t>(random.below(3))};
            default: break;
        }
        lock::list_locks asked;
        asked.prefix = random.below(2) == 0 ? "e" : "";
        asked.limit = static_cast<std::uint32_t>(random.below(4));
        asked.with = static_cast<std::uint8_t>(random.below(lock::known_list_flags + 1U));
        return asked;
    }
    /// Everybody may do everything, but for what is said of some names that errands use.
    [[nodiscard]] static lock::command set_rule(prng& random) {
        lock::set_acl asked;
        asked.rule.rights = lock::all_rights;
        if (random.below(2) == 0) {
            asked.rule.prefix = name(random, "k");
            asked.rule.rights = static_cast<std::uint8_t>(random.below(lock::all_rights + 1U));
        }
        if (random.below(3) == 0) asked.change = lock::access_change::remove;
        return asked;
    }
    [[nodiscard]] lock::command set_limits(prng& random) const {
        lock::set_limits asked{{}, usual_};
        asked.limits.max_bypass = static_cast<std::uint32_t>(random.below(4));
        asked.limits.aging_ms = random.below(500);
        asked.limits.gates.max_gates = 1 + static_cast<std::uint32_t>(random.below(4));
        asked.limits.watch.max_changes = 1 + static_cast<std::uint32_t>(random.below(32));
        return asked;
    }

    lock::config usual_;
    std::uint64_t owner_ = 0;       // of the last one
    std::uint64_t last_ = 0;        // its sequence
    std::vector<hold> holds_;       // what was granted last, the oldest first
    std::uint64_t seen_ = 1;        // from where to watch on
    std::uint64_t version_ = 0;     // of the value that was read last
    std::uint64_t generation_ = 0;  // of the latch that was touched last
};

}  // namespace synod::inline SYNOD_ABI::testing
