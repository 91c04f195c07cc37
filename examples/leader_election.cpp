// examples/leader_election.cpp - one of three workers leads, all see who, and then another follows.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/synod.hpp>

#include <atomic>
#include <cstdio>
#include <exception>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

using namespace synod;
using disk = memory_storage<records<entry>>;

namespace {

constexpr int workers = 3;

/// Follows all changes of the election, in order.
class witness {
public:
    explicit witness(session& through) : session_(through) {}

    /// Looks at what has changed since.
    void look() {
        auto seen = session_.watch("chief", next_);
        if (!seen) throw std::system_error(seen.error());  // fallen_behind: read_prefix begins anew
        for (const lock::change& one : seen->changes) tell(one);
        next_ = seen->next_index;
    }
    /// Whether so many have led, one after another, and each has proclaimed something then.
    [[nodiscard]] bool has_seen(int leaders) const {
        return is_orderly_ && elected_ == leaders && proclaimed_ == leaders;
    }

private:
    void tell(const lock::change& one) {
        const bool is_gone = one.effect == lock::change_effect::gone;
        std::printf("%s\n", is_gone ? "nobody leads" : (one.value + " leads").c_str());
        if (is_gone) return;
        is_orderly_ = is_orderly_ && one.token >= last_;  // tokens rise from leader to leader
        ++(one.token > last_ ? elected_ : proclaimed_);
        last_ = one.token;
    }

    session& session_;
    std::uint64_t next_ = 1;
    fencing_token last_;
    int elected_ = 0, proclaimed_ = 0;
    bool is_orderly_ = true;
};

/// Leads once, and says so when it is ready. False if that is not what everybody sees.
bool lead(host::lock_network& network, const std::vector<node_id>& ids, std::uint32_t i) {
    auto own = session::connect(network, node_id(max_nodes + i), {cluster_id(1), ids});
    if (!own) return false;
    const std::string self = "worker " + std::to_string(i);
    const auto token = own->campaign("chief", self + " gets ready and");
    if (!token || !own->proclaim(*token, self)) return false;
    const auto leads = own->observe("chief");
    if (!leads || leads->token != *token || leads->value != self) return false;
    // One resigns; of the others the session ends, and with it what it holds.
    return i != 1 || !own->resign(*token);
}

}  // namespace

int main() try {
    const std::vector<node_id> ids{node_id(0)};
    host::lock_network network;
    disk kept;
    const auto group = group::make(cluster_id(1), ids[0], {{ids[0], incarnation(1)}});
    if (!group) return 1;
    auto node = host::start_lock_node(network, *group, kept,
                                      log_policy<>{.quorums = *majority::make(group->nodes())});
    auto looks = session::connect(network, node_id(max_nodes), {cluster_id(1), ids});
    if (!node || !looks) return 1;

    std::atomic<int> failed{0};
    {
        std::vector<std::jthread> crew;
        for (std::uint32_t i = 1; i <= workers; ++i) {
            crew.emplace_back([&, i] {
                if (!lead(network, ids, i)) ++failed;
            });
        }
    }
    witness sees(*looks);
    sees.look();
    const auto now = looks->observe("chief");
    const bool is_over = now && now->token == fencing_token() && sees.has_seen(workers);
    const bool is_right = is_over && failed == 0;
    std::printf("%d leaders, one after another: %s\n", workers, is_right ? "yes" : "NO");
    return is_right ? 0 : 1;
} catch (const std::exception& error) {
    return std::printf("%s\n", error.what());
}
