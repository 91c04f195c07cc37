// examples/bank_transfer.cpp - money moves while replicas crash: none is lost, and none is made.
// Accounts are locked together, and written in a transaction that depends on both tokens.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/synod.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

using namespace synod;
using disk = memory_storage<records<entry>>;

namespace {

constexpr int accounts = 5;
constexpr int clerks = 4;
constexpr int transfers = 60;

std::string account(int which) { return "account" + std::to_string(which); }

long balance(session& bank, const std::string& name) {
    const auto read = bank.read_value(name);
    if (!read) throw std::system_error(read.error());
    return std::stol(read->value);
}

/// Moves `amount`. False if nothing was written.
bool move_money(session& bank, const std::string& from, const std::string& to, long amount) {
    const auto first = bank.acquire_all({{from}, {to}});
    if (!first) return false;
    const fencing_token second(first->epoch(), first->counter() + 1);
    lock::guarded_txn change;  // tokens are in the order of the names
    change.conditions = {lock::token_valid(std::min(from, to), *first),
                         lock::token_valid(std::max(from, to), second)};
    change.puts = {{from, std::to_string(balance(bank, from) - amount)},
                   {to, std::to_string(balance(bank, to) + amount)}};
    const auto done = bank.transact(change);
    static_cast<void>(bank.release_all({*first, second}));
    return done && *done;
}

}  // namespace

int main() try {
    const std::vector<node_id> ids{node_id(0), node_id(1), node_id(2)};
    std::vector<member> members;
    for (const node_id id : ids) members.push_back({id, incarnation(1)});
    host::lock_network network;
    std::array<disk, 3> disks;
    std::array<std::optional<host::lock_node<disk>>, 3> nodes;
    const auto start = [&](node_id id) {
        const auto group = group::make(cluster_id(1), id, members);
        log_policy<> policy{.quorums = *majority::make(group->nodes())};
        policy.limits.seed = id.value() + 1;
        auto node = host::start_lock_node(network, *group, disks[id.value()], policy);
        if (!node) throw std::system_error(node.error());
        nodes[id.value()].emplace(std::move(*node));
    };
    for (const node_id id : ids) start(id);
    auto opened = session::connect(network, node_id(max_nodes), {cluster_id(1), ids});
    if (!opened) throw std::system_error(opened.error());
    session& bank = *opened;
    for (int i = 0; i < accounts; ++i)
        if (!bank.compare_and_set(account(i), 0, "1000")) return 1;
    std::atomic<int> done{0};
    std::vector<std::jthread> crew;
    for (int clerk = 0; clerk < clerks; ++clerk) {
        crew.emplace_back([&, clerk] {
            for (int i = 0; i < transfers; ++i) {
                const int from = (clerk + i) % accounts;
                const int to = (from + 1 + i % 4) % accounts;
                if (move_money(bank, account(from), account(to), 1 + i)) ++done;
                done.notify_one();
            }
        });
    }
    for (const node_id id : ids) {  // each loses what it has not synced, and comes back
        const int before = done;
        nodes[id.value()].reset();
        for (int now = done; now < before + 10 && now < clerks * transfers / 2; now = done)
            done.wait(now);
        start(id);
    }
    crew.clear();
    long total = 0;
    for (int i = 0; i < accounts; ++i) total += balance(bank, account(i));
    std::printf("%d transfers through three crashes, %ld are there\n", +done, total);
    return total == accounts * 1000 && done > clerks * transfers / 2 ? 0 : 1;
} catch (const std::exception& error) {
    return std::printf("%s\n", error.what());
}
