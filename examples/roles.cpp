// examples/roles.cpp - Paxos on one page: three acceptors, two proposers at odds, and a learner.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/paxos.hpp>
#include <synod/paxos/text_log.hpp>
#include <synod/storage/memory.hpp>

#include <cstdio>
#include <deque>
#include <string>
#include <vector>

using namespace synod;
using text = std::string;

struct letter {
    node_id from, to;
    paxos_message<text> content;
};
std::deque<letter> network;  // written by hand; yours may be sockets

struct pen {  // a transport: this one function is all that a role asks for
    node_id self;
    void send(node_id to, paxos_message<text> content) noexcept {
        network.emplace_back(self, to, std::move(content));
    }
};

struct voice {
    text name;  // of the role that says what happens to it
    void operator()(std::string_view line) { std::puts((name + ": " + text(line)).c_str()); }
};
using settings = policy<majority, text_log<voice>>;
using voter = acceptor<text, pen, memory_storage<records<text>>, settings>;
using suitor = proposer<text, pen, memory_storage<records<text>>, settings>;

int main() {
    const node_id anna(0), ben(1), clara(2), paul(3), quinn(4), lea(5);
    const char* const names[] = {"anna", "ben", "clara", "paul", "quinn", "lea"};
    std::vector<member> members;
    for (const node_id node : node_set::first(6)) members.push_back({node, incarnation(1)});
    const auto place = [&](node_id self) { return *group::make(cluster_id(1), self, members); };
    const auto say = [&](node_id self) {
        return settings{.quorums = *majority::make({anna, ben, clara}),
                        .observer = text_log(voice{names[self.value()]}),
                        .limits = {.seed = self.value()}};  // rivals wait for different times
    };
    const auto vote = [&](node_id n) { return *voter::make(place(n), {n}, {}, say(n), {lea}); };
    const auto woo = [&](node_id n) { return *suitor::make(place(n), {n}, {}, say(n), {lea}); };
    voter voters[] = {vote(anna), vote(ben), vote(clara)};
    suitor suitors[] = {woo(paul), woo(quinn)};
    auto learned = *learner<text, pen, settings>::make(place(lea), {lea}, say(lea), instant());
    static_cast<void>(suitors[0].propose(slot(), "tea", instant()));
    static_cast<void>(suitors[1].propose(slot(), "coffee", instant()));

    const auto with_all = [&](auto&& act) {
        for (voter& one : voters) act(one);
        for (suitor& one : suitors) act(one);
        act(learned);
    };
    for (instant now;
         !learned.chosen(slot()) || !suitors[0].chosen(slot()) || !suitors[1].chosen(slot());) {
        with_all([&](auto& role) { role.flush(now); });  // nothing leaves a role before
        if (network.empty()) {
            instant next = instant::never();
            with_all([&](auto& role) { next = earlier(next, role.next_deadline()); });
            with_all([&](auto& role) { role.tick(now = next); });  // time passes
            continue;
        }
        const auto [from, to, content] = std::move(network.front());
        network.pop_front();
        if (to < paul) voters[to.value()].receive(from, content, now);
        if (to == paul || to == quinn) suitors[to.value() - 3].receive(from, content, now);
        if (to == lea) learned.receive(from, content, now);
    }
    const text drink = *learned.chosen(slot());
    std::puts(("they drink " + drink).c_str());
    return drink == *suitors[0].chosen(slot()) && drink == *suitors[1].chosen(slot()) ? 0 : 1;
}
