// examples/leader_election.cpp - of three workers one leads, everybody sees who, and when it stops another one follows.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/synod.hpp>

#include <atomic>
#include <cstdio>
#include <exception>
#include <string>
#include <thread>
#include <vector>

using namespace synod;
using disk = memory_storage<records<entry>>;

namespace {

constexpr int workers = 3;

/// Follows all changes of the election, in order; what it would have missed it reads anew.
class witness {
public:
    explicit witness(session& through) : session_(through) {}

    /// Looks at what has changed since. Returns how many leaders were elected so far.
    int look() {
        auto seen = session_.watch("chief", next_);
        if (seen.error() == errc::fallen_behind) {
            const auto now = session_.read_prefix("chief");
            if (now) next_ = now->index + 1;
            return elected_;
        }
        if (!seen) throw std::system_error(seen.error());
        for (const lock::change& one : seen->changes) tell(one);
        next_ = seen->next_index;
        return elected_;
    }
    [[nodiscard]] bool is_orderly() const { return is_orderly_; }

private:
    void tell(const lock::change& one) {
        const bool is_gone = one.effect == lock::change_effect::gone;
        std::printf("%s %s\n", is_gone ? "nobody leads" : one.value.c_str(),
                    is_gone ? "" : "leads");
        if (is_gone) return;
        is_orderly_ = is_orderly_ && one.token > last_;  // tokens rise from leader to leader
        last_ = one.token;
        ++elected_;
    }

    session& session_;
    std::uint64_t next_ = 1;
    fencing_token last_;
    int elected_ = 0;
    bool is_orderly_ = true;
};

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
                auto own = session::connect(network, node_id(max_nodes + i), {cluster_id(1), ids});
                const auto token = own->campaign("chief", "worker " + std::to_string(i));
                const auto leads =
                    token ? own->observe("chief") : result<lock::observed>(errc::stopped);
                if (!leads || leads->token != *token) ++failed;
                // One resigns; of the others the session ends, and with it what it holds.
                if (i == 1 && token && own->resign(*token)) ++failed;
            });
        }
    }
    witness sees(*looks);
    const int elected = sees.look();
    const auto now = looks->observe("chief");
    const bool is_over = now && now->token == fencing_token();
    std::printf("%d leaders, one after another: %s\n", elected, sees.is_orderly() ? "yes" : "NO");
    return failed == 0 && elected == workers && sees.is_orderly() && is_over ? 0 : 1;
} catch (const std::exception& error) {
    return std::printf("%s\n", error.what());
}
