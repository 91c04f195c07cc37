// tests/unit/client/courier.cpp - a command finds the replica that leads, whatever the others take
// for it.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/client/courier.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

using namespace synod;

namespace {

struct letter {
    node_id to;
    std::uint64_t number = 0;
};

/// Keeps what is sent.
class wire {
public:
    explicit wire(std::vector<letter>& sent) : sent_(&sent) {}
    template <class Message>
    void send(node_id to, Message&& message) noexcept {
        sent_->push_back({to, message.number});
    }

private:
    std::vector<letter>* sent_;
};

/// A client that opens a session, and replicas none of which leads. Each names somebody who does,
/// or nobody.
struct searching {
    explicit searching(std::vector<std::optional<node_id>> hints)
        : named(std::move(hints)), carrier(identity(), {}, wire(sent)) {
        carrier.open({});
    }

    [[nodiscard]] client_identity identity() const {
        client_identity made;
        made.cluster = cluster_id(7);
        for (std::uint32_t i = 0; i < named.size(); ++i) made.replicas.emplace_back(i);
        return made;
    }

    /// Everybody who is asked within `turns` back-offs.
    [[nodiscard]] std::set<node_id> asked(int turns) {
        std::set<node_id> all;
        for (int i = 0; i < turns; ++i) {
            for (const letter& one : take_turn()) all.insert(one.to);
        }
        return all;
    }

    /// How many messages go out before `end`.
    [[nodiscard]] std::size_t sent_before(instant end) {
        std::size_t count = 0;
        while (now < end) count += take_turn().size();
        return count;
    }

    /// Sends what is due, answers it, and waits for the next deadline. Returns what was sent.
    std::vector<letter> take_turn() {
        carrier.tick(now);
        carrier.flush(now, [](node_id) {});
        const std::vector<letter> all = std::exchange(sent, {});
        for (const letter& one : all) answer(one);
        now = carrier.next_deadline();
        return all;
    }

    void answer(const letter& one) {
        const auto& hint = named[one.to.value()];
        const lock::client_reply said{cluster_id(7),
                                      one.number,
                                      lock::outcome::not_leader,
                                      hint.has_value(),
                                      hint.value_or(node_id()),
                                      {}};
        CHECK_FALSE(carrier.receive(one.to, said, now, [](client::refusal) {}));
    }

    std::vector<std::optional<node_id>> named;  // by replica
    std::vector<letter> sent;
    client::courier<wire> carrier;
    instant now;
};

}  // namespace

TEST_CASE("replicas that name one another, or nobody, keep no client from asking the rest") {
    const std::set<node_id> everybody{node_id(0), node_id(1), node_id(2), node_id(3), node_id(4)};
    const auto nobody = std::optional<node_id>();
    const auto is_asked = [](std::vector<std::optional<node_id>> named) {
        return searching(std::move(named)).asked(60);
    };
    CHECK(is_asked({nobody, nobody, nobody, nobody, nobody}) == everybody);
    CHECK(is_asked({node_id(1), node_id(0), nobody, nobody, nobody}) == everybody);
    CHECK(is_asked({nobody, node_id(0), nobody, nobody, nobody}) == everybody);
    CHECK(is_asked({nobody, nobody, node_id(1), nobody, nobody}) == everybody);
    CHECK(is_asked({node_id(0), node_id(0), node_id(0), node_id(0), node_id(0)}) == everybody);
}

TEST_CASE("a command that replicas send round between them is sent ever less often") {
    const auto sent = [](std::vector<std::optional<node_id>> named) {
        return searching(std::move(named)).sent_before(instant(60'000'000'000));
    };
    const client_config config;
    const auto at_longest = static_cast<std::size_t>(seconds(60) / config.longest_retry);
    CHECK(sent({node_id(1), node_id(0)}) < 3 * at_longest + 20);
    CHECK(sent({std::nullopt, std::nullopt}) > 10 * at_longest);  // one may lead any moment
}

TEST_CASE("a hint is followed at once") {
    searching one({node_id(2), std::nullopt, std::nullopt});
    CHECK(one.asked(2) == std::set<node_id>{node_id(0), node_id(2)});
}
