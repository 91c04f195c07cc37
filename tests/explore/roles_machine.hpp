// tests/explore/roles_machine.hpp - a whole role that runs on a modelled disk, or that disk alone
// while it is down.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/paxos/invariant.hpp>
#include <synod/testing/policy_memory.hpp>

#include "explore/roles_history.hpp"
#include "explore/roles_network.hpp"
#include "explore/roles_sizes.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace explore {

/// What happens to a role beside the arrival of a message.
enum class roles_event : std::uint8_t {
    propose,
    retry,
    flush,
    crash,
    restart,
    end_sync,
    end_earlier_sync,
    replace_disk,
    forget,
};
inline constexpr std::uint32_t roles_events = 9;

/// How the role got through what happened to it.
struct ending {
    enum class kind : std::uint8_t {
        whole,
        torn,     // it crashed with records pending
        crashed,  // in its flush
        sync_failed,
    };

    kind how = kind::whole;
    std::uint8_t kept = 0;  // of so many records
    std::uint8_t records = 0;
    std::uint8_t sent = 0;  // of so many messages
    std::uint8_t messages = 0;

    friend bool operator==(const ending&, const ending&) = default;

    friend std::string to_string(const ending& one) {
        if (one.how == kind::whole) return {};
        if (one.how == kind::sync_failed) return ", whose sync fails";
        const auto of = [](std::uint8_t some, std::uint8_t all) {
            return std::to_string(some) + " of " + std::to_string(all);
        };
        if (one.how == kind::torn) return " with " + of(one.kept, one.records) + " records kept";
        return ", which crashes with " + of(one.kept, one.records) + " records kept and " +
               of(one.sent, one.messages) + " messages sent";
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(how);
        sink.add(kept);
        sink.add(records);
        sink.add(sent);
        sink.add(messages);
    }
};

using vote_event_number = synod::testing::interned<vote_event>;

/// One of the things that can come of what happens to a role.
struct outcome {
    price_set costs = 0;
    ending end{};
    std::uint32_t next = 0;  // the number of what the machine becomes
    std::vector<letter_number> sent{};
    std::vector<vote_event_number> told{};
    std::string_view broken{};

    friend bool operator==(const outcome&, const outcome&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(costs);
        sink.add(end);
        sink.add(next);
        sink.add(sent);
        sink.add(told);
        sink.add(broken);
    }
};

/// All of them; none when it does not come to pass, or changes nothing.
struct outcomes {
    std::vector<outcome> all{};

    friend bool operator==(const outcomes&, const outcomes&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(all);
    }
};

/// A role and what is known of it that it does not know itself.
template <class Role, class Disk>
class machine {
public:
    using role_type = Role;

    explicit machine(Role role) : body_(std::move(role)) {}

    [[nodiscard]] bool is_up() const { return body_.index() == 1; }
    /// Whether it is up, and its disk has not failed.
    [[nodiscard]] bool works() const { return is_up() && !role().error(); }
    [[nodiscard]] Role& role() { return std::get<Role>(body_); }
    [[nodiscard]] const Role& role() const { return std::get<Role>(body_); }
    [[nodiscard]] Disk& disk() { return is_up() ? role().storage() : std::get<Disk>(body_); }

    /// Loses all but the disk, and of its pending records all but the first `survivors`.
    void crash(std::size_t survivors) {
        Disk disk = std::move(this->disk());
        disk.crash(survivors);
        body_ = std::move(disk);
        unflushed = 0;
        has_proposed = false;
    }
    void start(Role next) { body_ = std::move(next); }

    std::uint8_t unflushed = 0;  // inputs since the last flush
    std::uint8_t life = 0;
    bool has_proposed = false;  // in this life
    synod::ballot used;  // the highest ballot of a prepare or an accept that left, in any life
    synod::incarnation incarnation{1};  // of the disk

    friend bool operator==(const machine& a, const machine& b) {
        return a.body_ == b.body_ && a.unflushed == b.unflushed && a.life == b.life &&
               a.has_proposed == b.has_proposed && a.used == b.used &&
               a.incarnation == b.incarnation &&
               (!a.is_up() || synod::testing::remembers_the_same(a.role(), b.role()));
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(body_.index());
        std::visit([&sink](const auto& one) { sink.add(one); }, body_);
        if (is_up()) synod::testing::add_memory(role(), sink);
        sink.add(unflushed);
        sink.add(life);
        sink.add(has_proposed);
        sink.add(used);
        sink.add(incarnation);
    }

private:
    std::variant<Disk, Role> body_;
};

/// Whether a message of a role with these durable records reveals something that a crash could
/// still undo. [PTP 2.2]
struct revealed_early {
    const durable_records<int>& kept;
    const synod::votes<int>* votes;  // of the running acceptor

    [[nodiscard]] bool operator()(const synod::prepare& one) const {
        return kept.reserved() < one.ballot;
    }
    [[nodiscard]] bool operator()(const synod::accept<int>& one) const {
        return kept.reserved() < one.ballot;
    }
    [[nodiscard]] bool operator()(const synod::promise<int>& one) const {
        if (kept.promised() < one.ballot) return true;
        for (const auto& vote : one.votes) {
            const bool is_real = votes->ballot_of(vote.at) >= vote.ballot;
            if (is_real && !kept.has_voted(vote.at, vote.ballot)) return true;
        }
        return false;
    }
    [[nodiscard]] bool operator()(const synod::refused& one) const {
        return kept.promised() < one.promised;
    }
    [[nodiscard]] bool operator()(const synod::accepted& one) const {
        return !kept.has_voted(one.at, one.ballot);
    }
    [[nodiscard]] bool operator()(const synod::voted<int>& one) const {
        return !kept.has_voted(one.vote.at, one.vote.ballot);
    }
    [[nodiscard]] bool operator()(const synod::forgotten& one) const {
        return kept.votes().first() < one.first;
    }
    [[nodiscard]] bool operator()(const synod::fetch& /*one*/) const { return false; }
};

}  // namespace explore
