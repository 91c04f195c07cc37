// tests/unit/paxos/world.hpp - the nodes, ballots, storages and observer that the tests of the
// roles share.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/fingerprint.hpp>
#include <synod/paxos.hpp>
#include <synod/storage/memory.hpp>

#include "support/catch.hpp"
#include "support/recorder.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace world {

using namespace synod;

using text = std::string;
using message = paxos_message<text>;
using wire = support::basket<text>;

inline constexpr node_id a{0};
inline constexpr node_id b{1};
inline constexpr node_id c{2};
inline constexpr node_id p{3};
inline constexpr node_id q{4};
inline constexpr node_id l{5};
inline constexpr node_id stranger{6};  // no member, though it could be one

inline const ballot p1{1, p};
inline const ballot q1{1, q};
inline const ballot p2{2, p};
inline const ballot q2{2, q};
inline const ballot p3{3, p};

inline constexpr instant start{1'000'000'000};

/// a, b and c vote; p and q propose; l learns. Everybody is in the first life of its disk.
inline std::vector<member> members() {
    std::vector<member> all;
    for (const node_id node : node_set::first(6)) all.push_back({node, incarnation(1)});
    return all;
}
inline group seen_by(node_id self) { return *group::make(cluster_id(7), self, members()); }
inline message_header header() { return {cluster_id(7), incarnation(1)}; }
inline majority quorums() { return *majority::make({a, b, c}); }

/// What an observer was told.
struct events {
    std::vector<refusal> refused;
    std::vector<ballot> promised;
    std::vector<std::pair<slot, ballot>> accepted;
    std::vector<slot> chosen;
    std::vector<ballot> elected;
    std::vector<ballot> stepped_down;
    std::vector<std::pair<slot, slot>> fell_behind;
    std::vector<std::error_code> failed;
};

/// An observer is a part of the policy; the events lie elsewhere, so that a test can look at them.
struct spy : silent_observer {
    spy() = default;
    explicit spy(events& seen) : to(&seen) {}

    void refused(node_id, refusal why) const { to->refused.push_back(why); }
    void promised(ballot which) const { to->promised.push_back(which); }
    void accepted(slot at, ballot which) const { to->accepted.emplace_back(at, which); }
    void chosen(slot below) const { to->chosen.push_back(below); }
    void elected(ballot which) const { to->elected.push_back(which); }
    void stepped_down(ballot which) const { to->stepped_down.push_back(which); }
    void fell_behind(slot needed, slot kept) const { to->fell_behind.emplace_back(needed, kept); }
    void failed(const std::error_code& error) const { to->failed.push_back(error); }

    events* to = nullptr;
};

using watched = policy<majority, spy>;

inline watched watched_by(events& seen, limits limits = {}) {
    return {.quorums = quorums(), .observer = spy(seen), .limits = limits};
}

/// A memory storage that counts its syncs and fails when told to.
struct disk : memory_storage<records<text>> {
    std::error_code sync() noexcept {
        ++syncs;
        return error ? error : memory_storage::sync();
    }

    friend bool operator==(const disk&, const disk&) = default;

    std::size_t syncs = 0;
    std::error_code error;
};

/// One that syncs while the role goes on; the test says when it is done.
struct slow_disk : disk {
    void start_sync(const sync_token& token) noexcept { started.push_back(token); }

    friend bool operator==(const slow_disk&, const slow_disk&) = default;

    std::vector<sync_token> started;
};

inline std::error_code broken_disk() { return std::make_error_code(std::errc::io_error); }

// Messages as they come from another node of this cluster.
inline prepare prepare_of(ballot which, std::uint64_t from = 0) {
    return {header(), which, slot(from)};
}
inline accept<text> accept_of(ballot which, std::uint64_t at, text value) {
    return {header(), which, slot(at), slot(), std::move(value)};
}
inline accepted accepted_of(ballot which, std::uint64_t at) { return {header(), which, slot(at)}; }
inline vote<text> vote_of(std::uint64_t at, ballot which, text value) {
    return {slot(at), which, std::move(value)};
}
inline voted<text> voted_of(std::uint64_t at, ballot which, text value) {
    return {header(), vote_of(at, which, std::move(value))};
}

/// A whole promise, for the slots from 0 on.
inline promise<text> promise_of(ballot which, std::vector<vote<text>> votes = {}) {
    const slot next = votes.empty() ? slot() : votes.back().at.next();
    return {header(), which, slot(), next, slot(), true, std::move(votes)};
}

/// The messages of one type among those sent, in order.
template <class Message>
std::vector<Message> only(const std::vector<support::letter<message>>& letters) {
    std::vector<Message> found;
    for (const auto& one : letters) {
        if (const auto* const held = one.message.template get_if<Message>()) found.push_back(*held);
    }
    return found;
}

/// To whom messages of one type were sent.
template <class Message>
node_set receivers(const std::vector<support::letter<message>>& letters) {
    node_set found;
    for (const auto& one : letters) {
        if (one.message.template get_if<Message>() != nullptr) found.insert(one.to);
    }
    return found;
}

}  // namespace world
