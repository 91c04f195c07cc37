// examples/deadlock.cpp - two tasks take two locks in opposite order: one gives way and returns.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/synod.hpp>

#include <barrier>
#include <cstdio>
#include <exception>
#include <string>
#include <thread>
#include <vector>

using namespace synod;
using disk = memory_storage<records<entry>>;

namespace {

/// Takes one lock after the other, and gives both back; the first time it waits in between for the
/// other task. Who would wait for who waits for it gives back what it has, and begins anew.
class task {
public:
    task(session& through, std::uint64_t owner, std::string first, std::string second)
        : session_(through), owner_(owner), first_(std::move(first)), second_(std::move(second)) {}

    void run(std::barrier<>& both) {
        while (!is_done_ && !has_failed_) {
            const fencing_token first = take(first_);
            if (turns_++ == 0) both.arrive_and_wait();
            const fencing_token second = has_failed_ ? fencing_token() : take(second_);
            is_done_ = second != fencing_token();
            if (is_done_) give_back(second);
            give_back(first);
        }
    }

    [[nodiscard]] bool is_done() const { return is_done_; }
    [[nodiscard]] int times_given_way() const { return given_way_; }

private:
    /// The token, or zero for a task that is to give way.
    fencing_token take(const std::string& name) {
        const auto said = session_.run(lock::acquire{{}, owner_, name});
        if (said) {
            if (const auto* const held = get_if<lock::granted>(&*said)) return held->token;
            if (const auto* const circle = get_if<lock::would_deadlock>(&*said)) {
                tell(name, circle->cycle);
                return {};
            }
        }
        has_failed_ = true;
        return {};
    }
    void give_back(fencing_token token) {
        if (token != fencing_token())
            static_cast<void>(session_.run(lock::release{{}, owner_, token}));
    }
    void tell(const std::string& name, const std::vector<lock::waiter>& cycle) {
        ++given_way_;
        std::string text = "task " + std::to_string(owner_) + " would wait for " + name + ":";
        for (const lock::waiter& one : cycle) text += " task " + std::to_string(one.owner) + " ->";
        std::printf("%s task %d\n", text.c_str(), static_cast<int>(cycle.front().owner));
    }

    session& session_;
    std::uint64_t owner_;
    std::string first_;
    std::string second_;
    int turns_ = 0;
    int given_way_ = 0;
    bool is_done_ = false;
    bool has_failed_ = false;
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
    auto client = session::connect(network, node_id(max_nodes), {cluster_id(1), ids});
    if (!node || !client) return 1;

    task one(*client, 1, "accounts", "journal");
    task two(*client, 2, "journal", "accounts");
    std::barrier both(2);
    std::thread first([&] { one.run(both); });
    two.run(both);
    first.join();
    const bool is_right =
        one.is_done() && two.is_done() && one.times_given_way() + two.times_given_way() == 1;
    std::printf("both are done: %s\n", is_right ? "yes" : "NO");
    return is_right ? 0 : 1;
} catch (const std::exception& error) {
    return std::printf("%s\n", error.what());
}
