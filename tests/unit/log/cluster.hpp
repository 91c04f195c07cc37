// tests/unit/log/cluster.hpp - real replicas on virtual time, on a network and disks that misbehave
// when told to.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/prng.hpp>
#include <synod/base/shared.hpp>
#include <synod/log/replica.hpp>
#include <synod/storage/memory.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace synod::log_test {

/// Writes down every command; its result is how many there were, this one included.
struct journal {
    struct line {
        position at;
        std::string text;
        log_time now;

        friend bool operator==(const line&, const line&) = default;
    };

    void apply(const apply_context& context, bytes_view command, result_writer& result) {
        lines.push_back({context.at, std::string(as_text(command)), context.now});
        result.number(std::uint64_t{lines.size()});
    }
    static void snapshot(byte_writer&) {}
    static std::error_code restore(byte_reader&) { return {}; }

    [[nodiscard]] std::vector<std::string> texts() const {
        std::vector<std::string> all;
        for (const line& one : lines) all.push_back(one.text);
        return all;
    }

    std::vector<line> lines;
};

/// The same on log time, which it wants to see moving for ever or not at all.
struct timed_journal : journal {
    void advance(log_time to) { now = to; }
    [[nodiscard]] log_time next_deadline() const { return deadline; }
    void new_leader(ballot leader) { leaders.push_back(leader); }

    log_time now;
    log_time deadline = log_time::never();
    std::vector<ballot> leaders;
};

/// What all replicas of a cluster were seen to do.
struct sightings {
    std::map<refusal, int> refused;
    std::vector<ballot> elected;
    std::vector<ballot> stepped_down;
    int fell_behind = 0;
    int failed = 0;
};

struct watcher : silent_observer {
    void refused(node_id /*from*/, refusal why) const { ++seen->refused[why]; }
    void elected(ballot leading) const { seen->elected.push_back(leading); }
    void stepped_down(ballot led) const { seen->stepped_down.push_back(led); }
    void fell_behind(slot /*needed*/, slot /*kept*/) const { ++seen->fell_behind; }
    void failed(const std::error_code& /*error*/) const { ++seen->failed; }

    sightings* seen = nullptr;
};

/// A storage that outlives its replica, and that can be made to fail.
struct disk {
    template <class Record>
    void append(const Record& record) noexcept {
        kept.append(record);
        ++records;
    }
    std::error_code sync() noexcept {
        ++syncs;
        if (fails) return std::make_error_code(std::errc::io_error);
        return kept.sync();
    }
    template <class Sink>
    std::error_code recover(Sink&& sink) {
        return kept.recover(sink);
    }
    void forget(slot below) noexcept { kept.forget(below); }

    memory_storage<synod::records<entry>> kept;
    bool fails = false;
    std::uint64_t syncs = 0;
    std::uint64_t records = 0;
};

/// The message of type `Wanted` in a variant of variants, or nullptr.
template <class Wanted, class Any>
[[nodiscard]] const Wanted* held(const Any& any) {
    if constexpr (std::is_same_v<Any, Wanted>) {
        return &any;
    } else if constexpr (requires { any.visit([](const auto&) {}); }) {
        const Wanted* found = nullptr;
        any.visit([&found](const auto& one) { found = held<Wanted>(one); });
        return found;
    } else if constexpr (requires { any.index(); }) {
        return std::visit([](const auto& one) { return held<Wanted>(one); }, any);
    } else {
        return nullptr;
    }
}

/// A network with delays. Delivers what is due in order of time; loses, repeats and cuts as it is
/// told.
class wire {
public:
    struct letter {
        /// Out of line: inlined, gcc 12 takes the variant for an uninitialised one.
        template <class One>
        [[gnu::noinline]] letter(node_id self, node_id receiver, One&& one)
            : from(self), to(receiver), message(std::forward<One>(one)) {}

        node_id from;
        node_id to;
        replica_message message;
    };

    class link {
    public:
        link(wire& network, node_id self) : network_(&network), self_(self) {}
        template <class One>
        void send(node_id to, One&& message) noexcept {
            network_->put(letter(self_, to, std::forward<One>(message)));
        }

    private:
        wire* network_;
        node_id self_;
    };

    void put(letter sent) {
        if (is_recording) recorded.push_back(sent);
        ++total;
        if (cut.contains({sent.from.value(), sent.to.value()})) return;
        if (random.below(100) < loss_percent) return;
        if (random.below(100) < repeat_percent) enqueue(sent);
        enqueue(std::move(sent));
    }

    [[nodiscard]] std::optional<letter> take_due() {
        if (waiting_.empty() || waiting_.begin()->first.first > now) return std::nullopt;
        letter next = std::move(waiting_.begin()->second);
        waiting_.erase(waiting_.begin());
        return next;
    }

    template <class Wanted>
    [[nodiscard]] std::vector<std::pair<letter, Wanted>> sent() const {
        std::vector<std::pair<letter, Wanted>> found;
        for (const letter& one : recorded) {
            if (const auto* wanted = held<Wanted>(one.message)) found.push_back({one, *wanted});
        }
        return found;
    }

    void record() {
        recorded.clear();
        is_recording = true;
    }

    instant now;
    std::uint64_t loss_percent = 0;
    std::uint64_t repeat_percent = 0;
    duration least_delay;
    duration longest_delay;  // on top of it
    std::set<std::pair<std::uint32_t, std::uint32_t>> cut;
    bool is_recording = false;
    std::vector<letter> recorded;
    std::uint64_t total = 0;
    prng random{1};

private:
    void enqueue(letter sent) {
        const auto most = static_cast<std::uint64_t>(longest_delay.nanoseconds()) + 1;
        const duration delay =
            least_delay + duration(static_cast<std::int64_t>(random.below(most)));
        waiting_.emplace(std::pair(now + delay, ++order_), std::move(sent));
    }

    std::map<std::pair<instant, std::uint64_t>, letter> waiting_;
    std::uint64_t order_ = 0;
};

/// A completion, kept.
struct ended {
    synod::ticket ticket;
    synod::outcome outcome = synod::outcome::unknown;
    position at;
    std::string result;
};

/// Limits with short retries, so that tests take little virtual time.
inline log_limits test_limits() {
    log_limits limits;
    limits.window = 64;
    limits.retained = 1024;
    return limits;
}

template <class Machine = journal>
class cluster {
public:
    using policy = log_policy<majority, watcher>;
    using replica = synod::replica<Machine, wire::link, shared<disk>, policy>;

    /// Of `count` nodes the last `outsiders` have no vote.
    explicit cluster(std::uint32_t count = 3, const log_limits& bounds = test_limits(),
                     std::uint64_t seed = 1, Machine fresh = {}, std::uint32_t outsiders = 0)
        : limits(bounds),
          fresh_(std::move(fresh)),
          count_(count),
          voters_(count - outsiders),
          sites_(count) {
        network.random = prng(seed);
        for (const node_id node : all()) start(node);
    }

    [[nodiscard]] node_set all() const { return node_set::first(count_); }
    [[nodiscard]] bool is_up(node_id node) const { return site(node).replica != nullptr; }
    [[nodiscard]] replica& at(node_id node) { return *site(node).replica; }
    [[nodiscard]] replica& at(std::uint32_t node) { return at(node_id(node)); }
    [[nodiscard]] disk& disk_of(node_id node) { return site(node).disk; }
    [[nodiscard]] Machine& machine(node_id node) { return at(node).machine(); }
    [[nodiscard]] std::vector<ended>& ends(node_id node) { return site(node).ends; }

    [[nodiscard]] synod::group group_of(node_id self) const {
        std::vector<member> members;
        for (const node_id node : all()) members.push_back({node, incarnation(1)});
        return *group::make(cluster_id(7), self, members);
    }
    [[nodiscard]] message_header header_of(node_id) const {
        return {cluster_id(7), incarnation(1)};
    }
    [[nodiscard]] policy policy_of(node_id node) {
        policy made{.quorums = *majority::make(node_set::first(voters_)), .limits = limits};
        made.observer.seen = &seen;
        made.limits.seed = node.value() + 1;
        return made;
    }

    /// Makes the node, or recovers it.
    void start(node_id node) {
        place& here = site(node);
        const wire::link link(network, node);
        auto made = here.is_new ? replica::make(group_of(node), fresh_, link, shared(here.disk),
                                                policy_of(node), now())
                                : replica::recover(group_of(node), fresh_, link, shared(here.disk),
                                                   policy_of(node), now());
        INFO(made.error().message());
        REQUIRE(made.has_value());
        here.is_new = false;
        here.replica = std::make_unique<replica>(std::move(*made));
    }

    /// The node is gone, and what it had not synced is, too.
    void crash(node_id node) {
        site(node).replica.reset();
        site(node).disk.kept.crash();
    }

    void cut(node_id from, node_id to) { network.cut.insert({from.value(), to.value()}); }
    void isolate(node_id node) {
        for (const node_id other : all()) {
            cut(node, other);
            cut(other, node);
        }
    }
    void heal() { network.cut.clear(); }

    [[nodiscard]] instant now() const { return network.now; }

    /// Flushes one node and keeps its completions.
    void flush(node_id node) {
        at(node).flush(now());
        at(node).drain([&](const completion& end) {
            site(node).ends.push_back(
                {end.ticket, end.outcome, end.at, std::string(as_text(end.result))});
        });
    }

    /// Flushes every node and delivers what is due until nothing is, without moving time.
    void settle() {
        for (const node_id node : all()) {
            if (is_up(node)) flush(node);
        }
        deliver();
    }

    /// Delivers what is due, and flushes none but who gets something.
    void deliver() {
        while (auto next = network.take_due()) {
            if (!is_up(next->to)) continue;
            at(next->to).receive(next->from, std::move(next->message), now());
            flush(next->to);
        }
    }

    /// The same, but a node is flushed only once it has received everything that is due.
    void settle_in_batches() {
        for (bool is_quiet = false; !is_quiet;) {
            for (const node_id node : all()) {
                if (is_up(node)) flush(node);
            }
            is_quiet = true;
            while (auto next = network.take_due()) {
                if (!is_up(next->to)) continue;
                at(next->to).receive(next->from, std::move(next->message), now());
                is_quiet = false;
            }
        }
    }

    /// Lets time pass in steps of a millisecond.
    void run(duration length) {
        for (const instant end = now() + length; now() < end;) step(milliseconds(1));
    }
    void step(duration length) {
        network.now = network.now + length;
        for (const node_id node : all()) {
            if (is_up(node) && now() >= at(node).next_deadline()) at(node).tick(now());
        }
        settle();
    }

    /// Hands a message in as if `from` had sent it.
    template <class Message>
    void hand(node_id to, node_id from, Message message) {
        at(to).receive(from, std::move(message), now());
        flush(to);
    }

    [[nodiscard]] std::optional<node_id> leader() const {
        std::optional<node_id> found;
        ballot best;
        for (const node_id node : all()) {
            if (!is_up(node) || !site(node).replica->is_leading()) continue;
            if (site(node).replica->status().leader < best) continue;
            best = site(node).replica->status().leader;
            found = node;
        }
        return found;
    }

    /// Runs until there is a leader that another node follows. Fails after ten election timeouts.
    node_id elect() {
        for (int i = 0; i < 10 * 150; ++i) {
            step(milliseconds(1));
            const auto found = leader();
            if (!found) continue;
            for (const node_id node : all() - node_set{*found}) {
                if (is_up(node) && at(node).leader() == found) return *found;
            }
        }
        FAIL("no leader after ten election timeouts");
        return node_id();
    }
    [[nodiscard]] node_id follower_of(node_id leading) const {
        return *(all() - node_set{leading}).begin();
    }

    submission propose(node_id node, std::string_view text) {
        return at(node).propose(as_bytes(text), now());
    }

    /// How one submission ended at its node; fails if it ended twice.
    [[nodiscard]] std::optional<ended> end_of(node_id node, ticket which) const {
        std::optional<ended> found;
        for (const ended& one : site(node).ends) {
            if (one.ticket != which) continue;
            CHECK(!found.has_value());
            found = one;
        }
        return found;
    }

    /// Whether every node up has applied the same lines.
    [[nodiscard]] bool agrees() const {
        const Machine* first = nullptr;
        for (const place& one : sites_) {
            if (one.replica == nullptr) continue;
            const Machine& here = std::as_const(*one.replica).machine();
            if (first == nullptr) first = &here;
            if (first->lines != here.lines) return false;
        }
        return true;
    }

    log_limits limits;
    wire network;
    sightings seen;

private:
    struct place {
        log_test::disk disk;
        std::unique_ptr<cluster::replica> replica;
        bool is_new = true;
        std::vector<ended> ends;
    };

    [[nodiscard]] place& site(node_id node) { return sites_[node.value()]; }
    [[nodiscard]] const place& site(node_id node) const { return sites_[node.value()]; }

    Machine fresh_;
    std::uint32_t count_;
    std::uint32_t voters_;
    std::vector<place> sites_;
};

}  // namespace synod::log_test
