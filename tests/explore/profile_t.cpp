// tests/explore/profile_t.cpp - the real acceptors and rules reach exactly the states that TLC reaches in its model of Paxos.
//
// Messages are a set that only grows: whatever was sent may be delivered at any time, any number of times, or never.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/paxos/acceptor.hpp>
#include <synod/paxos/invariant.hpp>
#include <synod/paxos/proposer_core.hpp>
#include <synod/storage/memory.hpp>

#include "explore/search.hpp"
#include "support/catch.hpp"
#include "support/recorder.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace {

using namespace synod;

using message = paxos_message<int>;
using promise_of_int = promise<int>;
using accept_of_int = accept<int>;

/// The nodes 0 to n-1 are acceptors; node n is every proposer, for the profile gives each ballot one of its own.
struct cast {
    explicit cast(std::uint32_t count) : acceptors(node_set::first(count)), proposer(count) {
        for (const node_id node : node_set::first(count + 1))
            members.push_back({node, incarnation(1)});
    }

    [[nodiscard]] group seen_by(node_id self) const {
        return *group::make(cluster_id(1), self, members);
    }

    node_set acceptors;
    node_id proposer;
    std::vector<member> members;
};

/// Ballot b of the profile, which counts from 0.
ballot ballot_number(std::size_t number, node_id proposer) { return {number + 1, proposer}; }

/// The pure core, its decisions written down.
template <class Policy>
class bare_acceptor {
public:
    bare_acceptor(const cast& cast, node_id self, Policy policy)
        : group_(cast.seen_by(self)), policy_(std::move(policy)) {}

    template <class Message>
    [[nodiscard]] message answer(node_id from, Message question) {
        support::recorder<int, Policy> out(group_, policy_);
        core_.receive(from, std::move(question), out);
        REQUIRE(out.sent.size() == 1);
        return std::move(out.sent.front().message);
    }

    [[nodiscard]] ballot promised() const { return core_.promised(); }
    [[nodiscard]] const synod::votes<int>& votes() const { return core_.votes(); }

    friend bool operator==(const bare_acceptor& a, const bare_acceptor& b) {
        return a.core_ == b.core_;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(core_);
    }

private:
    group group_;
    Policy policy_;
    acceptor_core<int> core_;
};

/// The whole role, with outbox, storage and transport.
template <class Policy>
class whole_acceptor {
public:
    whole_acceptor(const cast& cast, node_id self, Policy policy)
        : role_(*role::make(cast.seen_by(self), {}, {}, std::move(policy))) {}

    template <class Message>
    [[nodiscard]] message answer(node_id from, Message question) {
        role_.receive(from, std::move(question), instant());
        REQUIRE(role_.transport().letters.empty());
        role_.flush(instant());
        auto letters = role_.transport().take();
        REQUIRE(letters.size() == 1);
        return std::move(letters.front().message);
    }

    [[nodiscard]] ballot promised() const { return role_.promised(); }
    [[nodiscard]] const synod::votes<int>& votes() const { return role_.votes(); }

    friend bool operator==(const whole_acceptor&, const whole_acceptor&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(role_);
    }

private:
    using role = acceptor<int, support::basket<int>, memory_storage<records<int>>, Policy>;

    role role_;
};

template <class Message>
void add(fingerprinter& sink, const std::vector<std::optional<Message>>& messages) {
    for (const auto& one : messages) {
        sink.add(one.has_value());
        if (one) sink.add(*one);
    }
}

/// The acceptors, and every message ever sent. There is at most one of each kind for a ballot, or for a ballot and an acceptor.
template <class Acceptor>
struct soup {
    std::vector<Acceptor> acceptors;
    std::vector<std::optional<prepare>> asked;                         // 1a, by ballot
    std::vector<std::vector<std::optional<promise_of_int>>> promised;  // 1b, by ballot and acceptor
    std::vector<std::optional<accept_of_int>> proposed;                // 2a, by ballot
    std::vector<std::vector<std::optional<accepted>>> voted;           // 2b, by ballot and acceptor
    std::vector<invariant::cast_vote<int>> history{};  // what the 2b say, with values

    void fingerprint(fingerprinter& sink) const {
        sink.add(acceptors);
        add(sink, asked);
        for (const auto& of_ballot : promised) add(sink, of_ballot);
        add(sink, proposed);
        for (const auto& of_ballot : voted) add(sink, of_ballot);
    }
};

struct step {
    const char* kind;
    std::size_t ballot;
    std::uint32_t acceptor = 0;
    int value = 0;
};

[[maybe_unused]] std::string to_string(const step& step) {
    return std::string(step.kind) + " ballot " + std::to_string(step.ballot) + " acceptor " +
           std::to_string(step.acceptor) + " value " + std::to_string(step.value);
}

struct world {
    std::uint32_t acceptors;
    int values;
    std::size_t ballots;
    bool checks_only_agreement = false;  // not what agreement follows from
};

template <template <class> class Acceptor, class Policy>
class profile_t {
public:
    using state = soup<Acceptor<Policy>>;
    using step = ::step;

    profile_t(const world& world, Policy policy)
        : world_(world), cast_(world.acceptors), policy_(std::move(policy)) {
        for (std::uint64_t bits = 1; bits < std::uint64_t{1} << world.acceptors; ++bits) {
            const node_set set = node_set::from_bits(bits);
            if (set.size() == world.acceptors / 2 + 1) quorums_.push_back(set);
        }
    }

    [[nodiscard]] state initial() const {
        state first;
        for (const node_id self : cast_.acceptors)
            first.acceptors.emplace_back(cast_, self, policy_);
        first.asked.resize(world_.ballots);
        first.proposed.resize(world_.ballots);
        first.promised.assign(world_.ballots,
                              std::vector<std::optional<promise_of_int>>(world_.acceptors));
        first.voted.assign(world_.ballots, std::vector<std::optional<accepted>>(world_.acceptors));
        return first;
    }

    template <class Visit>
    void for_each_step(const state& here, Visit&& visit) {
        for (std::size_t number = 0; number < world_.ballots; ++number) {
            ask(here, number, visit);
            for (const node_id self : cast_.acceptors) promise_if_asked(here, number, self, visit);
            propose_if_promised(here, number, visit);
            for (const node_id self : cast_.acceptors) vote_if_proposed(here, number, self, visit);
        }
    }

    [[nodiscard]] std::string_view broken(const state& here) const {
        if (!invariant::one_value_chosen(here.history, policy_.quorums)) return "one_value_chosen";
        if (world_.checks_only_agreement) return {};
        for (const auto& acceptor : here.acceptors) {
            if (!invariant::accepted_within_promise(acceptor)) return "accepted_within_promise";
        }
        if (!invariant::one_value_per_ballot(here.history)) return "one_value_per_ballot";
        if (!invariant::chosen_is_carried(here.history, policy_.quorums))
            return "chosen_is_carried";
        return {};
    }

    /// How often an acceptor was asked to go back on its promise and answered otherwise than the profile says.
    [[nodiscard]] std::uint64_t surprises() const { return surprises_; }

private:
    [[nodiscard]] message_header header() const { return {cluster_id(1), incarnation(1)}; }
    [[nodiscard]] ballot ballot_of(std::size_t number) const {
        return ballot_number(number, cast_.proposer);
    }

    /// 1a: always enabled.
    template <class Visit>
    void ask(const state& here, std::size_t number, Visit& visit) {
        state next = here;
        next.asked[number] = prepare{header(), ballot_of(number), slot()};
        visit({"1a", number}, std::move(next));
    }

    /// 1b: for every 1a above the promise. Of the others the acceptor refuses those below and repeats its answer to the same.
    template <class Visit>
    void promise_if_asked(const state& here, std::size_t number, node_id self, Visit& visit) {
        if (!here.asked[number]) return;
        state next = here;
        auto& acceptor = next.acceptors[self.value()];
        const auto& before = here.acceptors[self.value()];
        const message answer = acceptor.answer(cast_.proposer, *here.asked[number]);
        expect((answer.get_if<refused>() != nullptr) == (ballot_of(number) < before.promised()));
        expect(invariant::promise_never_falls(before, acceptor));
        const auto* const promised = answer.get_if<promise_of_int>();
        if (promised == nullptr) return expect(acceptor == before);
        auto& said = next.promised[number][self.value()];
        if (before.promised() >= ballot_of(number)) {
            const bool has_voted_since = before.votes().ballot_of(slot()) == ballot_of(number);
            return expect(acceptor == before && (has_voted_since || said == *promised));
        }
        said = *promised;
        visit({"1b", number, self.value()}, std::move(next));
    }

    /// 2a: once a ballot, if a quorum has promised it, for a value that the real proposer may propose.
    template <class Visit>
    void propose_if_promised(const state& here, std::size_t number, Visit& visit) {
        if (here.proposed[number]) return;
        for (const node_set quorum : quorums_) {
            const auto bound = adopt(here, number, quorum);
            if (!bound) continue;
            for (int value = 0; value < world_.values; ++value) {
                if (*bound && (*bound)->value != value) continue;
                const auto witnesses = *bound ? count_witnesses(here, number, quorum, **bound) : 1;
                for (std::uint64_t i = 0; i < witnesses; ++i) {
                    state next = here;
                    next.proposed[number] =
                        accept_of_int{header(), ballot_of(number), slot(), slot(), value};
                    visit({"2a", number, 0, value}, std::move(next));
                }
            }
        }
    }

    /// Hands the promises of `quorum` to a real proposer. Returns nothing when one is missing, else the vote that binds, if any does.
    [[nodiscard]] std::optional<std::optional<vote<int>>>
    adopt(const state& here, std::size_t number, node_set quorum) const {
        support::recorder<int, Policy> out(cast_.seen_by(cast_.proposer), policy_);
        proposer_core<int> proposer;
        for (std::size_t i = 0; i <= number; ++i) proposer.start(slot(), out);
        REQUIRE(proposer.attempt() == ballot_of(number));
        for (const node_id from : quorum) {
            auto said = here.promised[number][from.value()];
            if (!said) return {};
            proposer.receive(from, std::move(*said), out);
        }
        REQUIRE(proposer.is_leading());
        const vote<int>* const bound = proposer.bound(slot(), out.rules());
        return bound == nullptr ? std::optional<vote<int>>() : std::optional(*bound);
    }

    /// TLC finds the same step once for each promise that justifies it.
    [[nodiscard]] std::uint64_t count_witnesses(const state& here, std::size_t number,
                                                node_set quorum, const vote<int>& bound) const {
        std::uint64_t count = 0;
        for (const node_id from : quorum) {
            const auto& votes = here.promised[number][from.value()]->votes;
            if (!votes.empty() && votes.front() == bound) ++count;
        }
        return count;
    }

    /// 2b: for every 2a that is not below the promise.
    template <class Visit>
    void vote_if_proposed(const state& here, std::size_t number, node_id self, Visit& visit) {
        if (!here.proposed[number]) return;
        state next = here;
        auto& acceptor = next.acceptors[self.value()];
        const auto& before = here.acceptors[self.value()];
        const message answer =
            acceptor.answer(cast_.proposer, accept_of_int(*here.proposed[number]));
        expect((answer.get_if<refused>() != nullptr) == (ballot_of(number) < before.promised()));
        const auto* const voted = answer.get_if<accepted>();
        if (voted == nullptr) return expect(acceptor == before);
        expect(invariant::vote_never_regresses(before, acceptor));
        auto& said = next.voted[number][self.value()];
        if (!said) next.history.push_back({self, acceptor.votes().report(slot())});
        said = *voted;
        visit({"2b", number, self.value(), here.proposed[number]->value}, std::move(next));
    }

    void expect(bool condition) {
        if (!condition) ++surprises_;
    }

    world world_;
    cast cast_;
    Policy policy_;
    std::vector<node_set> quorums_;
    std::uint64_t surprises_ = 0;
};

policy<> usual(const world& world) {
    return {.quorums = *majority::make(node_set::first(world.acceptors))};
}

template <template <class> class Acceptor, class Policy>
explore::findings search(const world& world, Policy policy, std::uint64_t& surprises) {
    profile_t<Acceptor, Policy> model(world, std::move(policy));
    auto found = explore::breadth_first(model).run();
    surprises = model.surprises();
    for (const std::string& line : found.schedule) UNSCOPED_INFO(line);
    return found;
}

template <template <class> class Acceptor>
void reach_exactly(const world& world, std::uint64_t distinct, std::uint64_t generated,
                   std::uint64_t depth) {
    std::uint64_t surprises = 0;
    const auto found = search<Acceptor>(world, usual(world), surprises);
    CHECK(found.broken.empty());
    CHECK(found.distinct == distinct);
    CHECK(found.generated == generated);
    CHECK(found.depth == depth);
    CHECK(surprises == 0);
}

constexpr world smallest{1, 1, 2};  // Paxos/MCPaxos.cfg
constexpr world tiny{3, 2, 2};      // PaxosHowToWinATuringAward/MCPaxosTiny.cfg

template <class Rules>
explore::findings search_with(bool checks_only_agreement) {
    std::uint64_t surprises = 0;
    world world = tiny;
    world.checks_only_agreement = checks_only_agreement;
    return search<bare_acceptor>(world, support::policy_with<Rules>(usual(world)), surprises);
}

struct accepts_old_ballots : rules {
    static bool may_accept(ballot, ballot) { return true; }
};

struct is_never_bound : rules {
    template <class Value>
    static bool is_bound(const vote<Value>&) {
        return false;
    }
};

}  // namespace

TEST_CASE("one acceptor and one value reach the states that TLC reaches") {
    reach_exactly<bare_acceptor>(smallest, 25, 82, 9);
}

TEST_CASE("three acceptors and two values reach the states that TLC reaches") {
    reach_exactly<bare_acceptor>(tiny, 3'921, 23'563, 17);
}

TEST_CASE("whole acceptors are values: they reach the same states as their cores") {
    reach_exactly<whole_acceptor>(smallest, 25, 82, 9);
    reach_exactly<whole_acceptor>(tiny, 3'921, 23'563, 17);
}

TEST_CASE("the search finds what breaks when acceptors take old ballots [PMS 2.2, phase 2(b)]") {
    const auto first = search_with<accepts_old_ballots>(false);
    CHECK(first.broken == "chosen_is_carried");
    const auto disagreement = search_with<accepts_old_ballots>(true);
    CHECK(disagreement.broken == "one_value_chosen");
    CHECK(disagreement.schedule.size() == 12);
}

TEST_CASE("the search finds what breaks when votes do not bind proposers [PMS 2.2, phase 2(a)]") {
    CHECK(search_with<is_never_bound>(false).broken == "chosen_is_carried");
    CHECK(search_with<is_never_bound>(true).broken == "one_value_chosen");
}
