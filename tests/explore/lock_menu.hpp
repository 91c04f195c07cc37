// tests/explore/lock_menu.hpp - what clients may ask of a lock table in a small world, and how
// large that world is.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/fingerprint.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/state.hpp>
#include <synod/testing/lock_ledger.hpp>

#include "explore/lock_suites.hpp"
#include "explore/lock_words.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace explore {

/// Each number bounds how often something happens, or how many there are of something.
struct lock_world_sizes {
    std::uint32_t clients = 2;
    std::uint32_t locks = 1;
    std::uint32_t commands = 2;  // of each client, besides the opening of its session
    std::uint32_t owners = 1;    // of each client
    std::uint32_t ticks = 2;     // of log time
    std::uint32_t ttl = 2;       // of sessions, in ticks
    std::uint32_t leaders = 1;   // the first has taken over in the beginning
    std::uint32_t repeats = 0;   // commands that arrive once more, of all clients together
    std::uint32_t late = 0;      // commands that arrive later than they were sent, likewise
    std::uint32_t batch = 1;     // commands in one entry
    std::uint32_t replicas = 1;
    std::uint32_t tokens_after = 0;
    bool restores = false;     // a replica may go on from its snapshot
    bool in_turn = false;      // clients, who are alike, open their sessions one after another
    bool has_all = true;       // else clients acquire and release, and ask for nothing else
    bool takes_others = true;  // clients try to release what others hold, too
    /// Clients acquire as readers too, and again, and convert what they hold.
    bool has_modes = false;
    /// Clients acquire as readers too, and convert what they hold to exclusive use.
    bool has_upgrades = false;
    bool takes_all = false;  // clients acquire all locks at once, too
    /// Clients take the first lock for a semaphore of two, too, and change that number.
    bool has_permits = false;
    bool has_leases = false;  // clients acquire for one tick only, too, and renew what they hold
    /// Clients ask for what others hold, take it, and check its tokens, too.
    bool has_revokes = false;
    bool has_barges = false;      // clients go ahead of others as readers, too
    bool has_priorities = false;  // clients take the first lock by priority, one of two
    std::uint32_t bypass = synod::lock::config().max_bypass;  // so often somebody is overtaken
    std::uint32_t delay = 0;  // ticks for which what is lost stays closed; clients reclaim it, too
    mutant mistake = mutant::none;

    static constexpr std::uint32_t most_clients = 3;
    static constexpr std::uint32_t tick_ms = 1000;
};

/// The table's configuration in a world of this size. A timed wait lasts one tick, grace two.
[[nodiscard]] inline synod::lock::config config_of(const lock_world_sizes& sizes) {
    synod::lock::config config;
    config.sessions.min_ttl_ms = lock_world_sizes::tick_ms;
    config.sessions.grace_ms = std::uint64_t{2} * lock_world_sizes::tick_ms;
    config.max_bypass = sizes.bypass;
    config.tokens_after = synod::fencing_token(0, sizes.tokens_after);
    return config;
}

/// A command as a client sent it.
struct asked {
    std::uint32_t client = 0;
    synod::bytes command{};
    std::string text{};         // who asks for what
    std::uint64_t acquire = 0;  // its sequence, if it makes a request

    asked() = default;
    asked(std::uint32_t by, const synod::lock::command& what)
        : client(by), text(name_of_client(by) + ": " + in_words(what)) {
        synod::byte_writer out(command);
        encode(what, out);
        visit(
            [this]<class Command>(const Command& one) {
                if constexpr (synod::lock::makes_request<Command>) acquire = one.stamp.sequence;
            },
            what);
    }

    friend bool operator==(const asked& a, const asked& b) {
        return a.client == b.client && a.command == b.command;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(client);
        sink.add(command);
    }
};

/// A client that thinks of its next command.
struct asker {
    synod::request_stamp stamp{};           // of that command
    bool is_live = false;                   // its session
    std::vector<std::uint64_t> acquires{};  // the sequences of those that it has sent
};

/// Calls `take(command)` for each command that this client may send next. Who has no session any
/// more only asks for what must be refused.
template <class Take>
class lock_menu {
public:
    lock_menu(const lock_world_sizes& sizes, const asker& whose,
              const synod::testing::lock_ledger& ledger, Take take)
        : sizes_(sizes), asker_(whose), ledger_(ledger), take_(std::move(take)) {}

    void offer() {
        if (asker_.is_live) offer_acquires();
        if (asker_.is_live && sizes_.takes_all) offer_all_at_once();
        if (asker_.is_live && sizes_.has_permits) offer_permits();
        if (asker_.is_live && sizes_.has_leases) offer_leases();
        offer_releases();
        if (asker_.is_live && sizes_.has_revokes) offer_revokes();
        if (asker_.is_live && sizes_.delay != 0) offer_reclaim();
        using synod::lock::mode;
        if (asker_.is_live && sizes_.has_modes)
            offer_conversions({mode::shared, mode::update, mode::exclusive});
        if (asker_.is_live && sizes_.has_upgrades) offer_conversions({mode::exclusive});
        if (sizes_.has_all) give(synod::lock::keep_alive{asker_.stamp});
        if (!asker_.is_live) return;
        if (sizes_.has_all) give(synod::lock::close_session{asker_.stamp});
        if (sizes_.has_all || sizes_.takes_all) offer_cancels();
    }

private:
    void offer_acquires() {
        for (std::uint32_t i = 0; i < sizes_.locks; ++i) {
            const std::string name(1, static_cast<char>('a' + i));
            for (std::uint64_t owner = 1; owner <= sizes_.owners; ++owner) {
                if (sizes_.has_priorities) acquire_by_priority(owner, name);
                if (sizes_.has_barges) barge(owner, name);
                if (!sizes_.has_priorities) acquire(owner, name, synod::lock::wait_forever);
                if (sizes_.has_modes) acquire_in_modes(owner, name);
                if (sizes_.has_upgrades) acquire_to_read(owner, name);
                if (!sizes_.has_all) continue;
                acquire(owner, name, synod::lock::no_wait);
                acquire(owner, name, lock_world_sizes::tick_ms);
            }
        }
    }

    [[nodiscard]] synod::lock::acquire wish_for(std::uint64_t owner,
                                                const std::string& name) const {
        synod::lock::acquire made;
        made.stamp = asker_.stamp;
        made.owner = owner;
        made.name = name;
        return made;
    }

    void acquire(std::uint64_t owner, const std::string& name, std::uint64_t wait_ms) {
        synod::lock::acquire made = wish_for(owner, name);
        made.wait_ms = wait_ms;
        give(std::move(made));
    }

    void acquire_by_priority(std::uint64_t owner, const std::string& name) {
        synod::lock::acquire made = wish_for(owner, name);
        made.policy = synod::lock::policy::priority;
        give(made);
        made.terms.priority = 1;
        give(made);
    }

    void barge(std::uint64_t owner, const std::string& name) {
        synod::lock::acquire made = wish_for(owner, name);
        made.mode = synod::lock::mode::shared;
        made.flags = synod::lock::barge;
        give(made);
    }

    synod::lock::acquire acquire_to_read(std::uint64_t owner, const std::string& name) {
        synod::lock::acquire made = wish_for(owner, name);
        made.mode = synod::lock::mode::shared;
        give(made);
        return made;
    }

    void acquire_in_modes(std::uint64_t owner, const std::string& name) {
        synod::lock::acquire made = acquire_to_read(owner, name);
        made.flags = synod::lock::reentrant;
        give(made);
        made.mode = synod::lock::mode::update;
        give(made);
    }

    void offer_reclaim() {
        synod::lock::acquire made;
        made.stamp = asker_.stamp;
        made.owner = 1;
        made.name = "a";
        made.flags = synod::lock::reclaim;
        give(made);
    }

    void offer_all_at_once() {
        synod::lock::acquire_all made;
        made.stamp = asker_.stamp;
        made.owner = 1;
        for (std::uint32_t i = 0; i < sizes_.locks; ++i) {
            const std::string name(1, static_cast<char>('a' + i));
            made.locks.push_back({name, synod::lock::mode::exclusive});
        }
        give(made);
    }

    void offer_permits() {
        for (const std::uint32_t permits : {1U, 2U}) {
            synod::lock::acquire_permits made;
            made.stamp = asker_.stamp;
            made.owner = 1;
            made.name = "a";
            made.permits = permits;
            made.capacity = 2;
            give(made);
        }
        for (const std::uint32_t capacity : {1U, 3U})
            give(synod::lock::set_capacity{asker_.stamp, "a", capacity});
    }

    void offer_leases() {
        synod::lock::acquire made;
        made.stamp = asker_.stamp;
        made.owner = 1;
        made.name = "a";
        made.hold_ttl_ms = lock_world_sizes::tick_ms;
        give(made);
        for (const auto& grant : ledger_.grants())
            give(synod::lock::renew_hold{asker_.stamp, 1, grant.token, lock_world_sizes::tick_ms});
    }

    /// Of what anybody holds, or held: one tick is left to give it back, or none.
    void offer_revokes() {
        for (const auto& grant : ledger_.grants()) {
            synod::lock::request_revoke made;
            made.stamp = asker_.stamp;
            made.token = grant.token;
            made.grace_ms = lock_world_sizes::tick_ms;
            made.how = synod::lock::revocation::forced;
            give(made);
            give(synod::lock::force_release{asker_.stamp, grant.token});
            give(synod::lock::check_token{asker_.stamp, grant.lock, grant.token});
        }
    }

    /// Of what is this client's, or was: to each of these modes.
    void offer_conversions(std::initializer_list<synod::lock::mode> modes) {
        for (const auto& grant : ledger_.grants()) {
            if (grant.session != asker_.stamp.session) continue;
            for (const synod::lock::mode to : modes) {
                synod::lock::convert made;
                made.stamp = asker_.stamp;
                made.owner = 1;
                made.token = grant.token;
                made.to = to;
                give(made);
            }
        }
    }

    /// Of what is held, and of what was held once.
    void offer_releases() {
        for (const auto& grant : ledger_.grants()) {
            if (!sizes_.takes_others && grant.session != asker_.stamp.session) continue;
            for (std::uint64_t owner = 1; owner <= sizes_.owners; ++owner)
                give(synod::lock::release{asker_.stamp, owner, grant.token});
        }
    }

    void offer_cancels() {
        for (const std::uint64_t request : asker_.acquires)
            give(synod::lock::cancel{asker_.stamp, request, synod::lock::on_granted::release});
    }

    void give(synod::lock::command made) { take_(made); }

    const lock_world_sizes& sizes_;
    const asker& asker_;
    const synod::testing::lock_ledger& ledger_;
    Take take_;
};

}  // namespace explore
