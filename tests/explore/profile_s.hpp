// tests/explore/profile_s.hpp - the world that Stateright walks through in its example of Paxos:
// clients write and read one register.
//
// The network is a multiset, and delivery consumes. A delivery that nobody takes is no step, and
// the message stays.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/invariant.hpp>
#include <synod/testing/interning.hpp>

#include "explore/profile_s_server.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace explore {

struct profile_s_sizes {
    std::uint32_t clients = 2;
    std::uint32_t servers = 3;
    bool is_lossy = false;

    static constexpr std::uint32_t most_clients = 4;
    static constexpr std::uint32_t most_servers = 5;
};

/// Servers are the nodes from 0 on, clients those behind them. Each client puts a value at one
/// server and then gets it from the next.
template <class Policy>
class profile_s {
    using server_reactions = synod::testing::reactions<server<Policy>, envelope, taken>;
    using letter_number = synod::testing::interned<envelope>;

public:
    struct state {
        enum class client : std::uint8_t { absent, is_putting, is_getting, is_done };

        std::array<typename server_reactions::component, profile_s_sizes::most_servers> servers{};
        std::array<client, profile_s_sizes::most_clients> clients{};
        std::vector<letter_number> network{};  // sorted

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(servers);
            sink.add(clients);
            sink.add(network);
        }
    };

    struct step {
        bool is_loss;
        std::string letter;  // the message's text

        friend std::string to_string(const step& one) {
            return (one.is_loss ? "lose " : "deliver ") + one.letter;
        }
    };

    profile_s(const profile_s_sizes& sizes, Policy policy)
        : sizes_(sizes), policy_(std::move(policy)) {}

    [[nodiscard]] state initial() {
        state first;
        std::vector<synod::member> members;
        for (std::uint32_t i = 0; i < sizes_.servers; ++i)
            members.push_back({synod::node_id(i), synod::incarnation(1)});
        for (std::uint32_t i = 0; i < sizes_.servers; ++i) {
            const auto group =
                *synod::group::make(synod::cluster_id(1), synod::node_id(i), members);
            first.servers[i] = servers_.components().of(server<Policy>(group, policy_));
        }
        for (std::uint32_t i = 0; i < sizes_.clients; ++i) {
            const std::uint32_t self = sizes_.servers + i;
            first.clients[i] = state::client::is_putting;
            post(first, {synod::node_id(self), synod::node_id(self % sizes_.servers),
                         put{self, static_cast<char>('A' + i)}});
        }
        return first;
    }

    template <class Visit>
    void for_each_step(const state& here, Visit&& visit) {
        for (std::size_t i = 0; i < here.network.size(); ++i) {
            const envelope& letter = letters_[here.network[i]];
            state next = here;
            next.network.erase(next.network.begin() + static_cast<std::ptrdiff_t>(i));
            if (sizes_.is_lossy) visit(step{true, to_string(letter)}, next);
            if (deliver(next, here.network[i]))
                visit(step{false, to_string(letter)}, std::move(next));
        }
    }

    [[nodiscard]] std::string_view broken(const state& here) const {
        std::optional<proposal> written;
        for (std::uint32_t i = 0; i < sizes_.servers; ++i) {
            const server<Policy>& one = server_in(here, i);
            if (!synod::invariant::accepted_within_promise(one)) return "accepted_within_promise";
            const auto decided = one.decided();
            if (decided && written && *decided != *written) return "one_value_decided";
            if (decided) written = decided;
        }
        for (const letter_number number : here.network) {
            const auto* const said = letters_[number].message.template get_if<got>();
            if (said == nullptr) continue;
            if (!written || said->value != written->value) return "what_is_got_was_decided";
        }
        return {};
    }

    template <class Sink>
    void facts(const state& before, const step& /*step*/, const state& after, Sink&& sink) const {
        for (std::uint32_t i = 0; i < sizes_.servers; ++i) {
            const auto decided = server_in(after, i).decided();
            if (!decided || server_in(before, i).decided()) continue;
            sink("server " + std::to_string(i) + " decides " + decided->value);
        }
        std::vector<letter_number> sent;
        std::set_difference(after.network.begin(), after.network.end(), before.network.begin(),
                            before.network.end(), std::back_inserter(sent));
        for (const letter_number number : sent) sink("sent: " + to_string(letters_[number]));
    }

private:
    [[nodiscard]] const server<Policy>& server_in(const state& here, std::uint32_t self) const {
        return servers_.components()[here.servers[self]];
    }

    void post(state& here, const envelope& letter) {
        const letter_number number = letters_.of(letter);
        here.network.insert(std::upper_bound(here.network.begin(), here.network.end(), number),
                            number);
    }

    /// Returns whether the addressee took it.
    [[nodiscard]] bool deliver(state& here, letter_number number) {
        const synod::node_id to = letters_[number].to;
        if (to.value() >= sizes_.servers) return deliver_to_client(here, letters_[number]);
        auto& server_number = here.servers[to.value()];
        const auto reaction = servers_.of(server_number, number, [&](server<Policy>& one) {
            return one.receive(letters_[number]);
        });
        const taken& answer = servers_.answers()[reaction.answer];
        server_number = reaction.next;
        for (const envelope& one : answer.sent) post(here, one);
        return answer.is_step;
    }

    /// A client takes the answer that it waits for. Its put has its own number for a request, its
    /// get twice that.
    [[nodiscard]] bool deliver_to_client(state& here, const envelope& letter) {
        using client = typename state::client;
        const std::uint32_t self = letter.to.value();
        client& one = here.clients[self - sizes_.servers];
        const auto* const done = letter.message.template get_if<put_done>();
        if (one == client::is_putting && done != nullptr && done->request == self) {
            one = client::is_getting;
            post(here, {letter.to, synod::node_id((self + 1) % sizes_.servers), get{2 * self}});
            return true;
        }
        if (one != client::is_getting || letter.message.template get_if<got>() == nullptr)
            return false;
        one = client::is_done;
        return true;
    }

    profile_s_sizes sizes_;
    Policy policy_;
    synod::testing::interner<envelope> letters_;
    server_reactions servers_;
};

}  // namespace explore
