// synod/testing/rounds.hpp - message rounds of real replicas on anybody's transport, to be timed.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/errc.hpp>
#include <synod/log/replica.hpp>
#include <synod/storage/memory.hpp>
#include <synod/testing/network.hpp>

#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// How a run is made up.
struct rounds_config {
    std::uint32_t replicas = 3;  // at most max_nodes
    std::size_t bytes = 8;       // of one command; at least 8
    std::size_t window = 1;  // commands proposed before the cluster is driven until all have ended
    std::uint32_t batch = 1024;    // commands in one entry, at most
    std::size_t trim_every = 256;  // commands after which every replica trims what all have applied
    duration patience = seconds(10);  // virtual time for an election, or for a window to end
    std::uint64_t polls = 1'000'000;  // in a row that deliver nothing; then nothing is on its way
};

/// A machine that adds numbers: the first eight bytes of each command.
struct summing_machine {
    std::uint64_t total = 0;

    void apply(const apply_context& /*context*/, bytes_view command, result_writer& /*result*/) {
        if (command.size() >= sizeof total) {
            total += load_little_endian<std::uint64_t>(command.data());
        }
    }
    void snapshot(byte_writer& out) const { out.number(total); }
    [[nodiscard]] std::error_code restore(byte_reader& in) {
        const auto read = in.number<std::uint64_t>();
        if (!in.finished()) return errc::snapshot_damaged;
        total = read;
        return {};
    }
};

/// What messages would weigh on a wire: every field at its width, entries whole, one byte for the
/// type.
struct wire_size {
    template <class Message>
    std::size_t operator()(const Message& message) const {
        std::size_t size = 1 + 2 * sizeof(std::uint64_t);  // type, cluster, incarnation
        if constexpr (requires { message.ballot; }) size += sizeof(std::uint64_t);
        if constexpr (requires { message.at; }) size += sizeof(std::uint64_t);
        if constexpr (requires { message.chosen_below; }) size += sizeof(std::uint64_t);
        if constexpr (requires { message.applied_below; }) size += sizeof(std::uint64_t);
        if constexpr (requires { message.sequence; }) size += sizeof(std::uint64_t);
        if constexpr (requires { message.value.view(); }) {
            size += sizeof(std::uint32_t) + message.value.view().size();
        }
        return size;
    }
};

/// A cluster of real replicas with storage in memory, driven by one thread: propose `window`
/// commands at the leader, then hand messages around until all have ended and nothing more has
/// arrived, and again. Time is virtual: it passes only when something is awaited and nothing is on
/// its way, so timers make up for what a network loses, and rounds that lose nothing take no time.
template <network Network, class Policy = log_policy<>>
class rounds {
public:
    using link = decltype(std::declval<Network&>().connect(node_id()));
    using replica_type = replica<summing_machine, link, memory_storage<records<entry>>, Policy>;

    /// Builds the cluster on `network`, which must outlive it, and elects node 0. Errors: those of
    /// replica::make; limit_out_of_range for commands below 8 bytes, a window of zero, no replicas
    /// or more than max_nodes; unreachable when the network loses so much that node 0 is not
    /// elected within rounds_config::patience.
    [[nodiscard]] static result<rounds> make(Network& network, const rounds_config& config) {
        if (config.bytes < sizeof(std::uint64_t) || config.window == 0 || config.replicas == 0 ||
            config.replicas > max_nodes) {
            return errc::limit_out_of_range;
        }
        rounds made(network, config);
        for (std::uint32_t i = 0; i < config.replicas; ++i) {
            if (const auto error = made.add(node_id(i))) return unexpected(error);
        }
        if (const auto error = made.elect()) return unexpected(error);
        return made;
    }

    /// Pushes `count` commands through, a multiple of the window, and returns how many were decided
    /// with their results: all, but on a network that loses so much that leadership is lost, and
    /// with it a window. The run ends early when a window does not end, or node 0 is not elected
    /// again, within rounds_config::patience.
    std::uint64_t run(std::uint64_t count) {
        decided_ = 0;
        for (std::uint64_t sent = 0; sent < count; sent += config_.window) {
            for (std::size_t i = 0; i < config_.window; ++i) {
                static_cast<void>(leader().propose(command_, now_));
            }
            drive(sent + config_.window);
            if (decided_ < sent + config_.window && !wait_out()) break;
            since_trim_ += config_.window;
            if (since_trim_ >= config_.trim_every) trim();
        }
        if constexpr (testing::detail::may_take_its_time<Network>) drive();
        return decided_;
    }

    /// Whether every replica has applied the same commands, all of them: `total` so far.
    [[nodiscard]] bool agrees_on(std::uint64_t total) {
        pass_time();
        for (const replica_type& one : replicas_) {
            if (one.machine().total != total) return false;
        }
        return true;
    }

    /// Lets a heartbeat interval pass, as a host's clock does.
    [[gnu::noinline, gnu::cold]] void pass_time() {
        now_ = now_ + leader().policy().limits.heartbeat_interval;
        for (replica_type& one : replicas_) {
            if (now_ >= one.next_deadline()) one.tick(now_);
            one.flush(now_);
        }
        drive();
    }

    [[nodiscard]] replica_type& leader() { return replicas_.front(); }

private:
    rounds(Network& network, const rounds_config& config)
        : network_(&network), config_(config), command_(config.bytes) {
        command_[0] = std::byte{1};
        replicas_.reserve(config.replicas);
    }

    [[nodiscard]] std::error_code add(node_id self) {
        const node_set members = node_set::first(config_.replicas);
        std::vector<member> lives;
        for (const node_id node : members) lives.push_back({node, incarnation(1)});
        auto group = group::make(cluster_id(1), self, lives);
        auto quorums = majority::make(members);
        if (!group) return group.error();
        Policy policy{.quorums = *quorums};
        policy.limits.batch_commands = config_.batch;
        auto made = replica_type::make(*group, {}, network_->connect(self), {}, policy, now_);
        if (!made) return made.error();
        replicas_.push_back(*std::move(made));
        return {};
    }

    /// Lets node 0 alone grow impatient, until it leads.
    [[nodiscard, gnu::noinline, gnu::cold]] std::error_code elect() {
        replica_type& candidate = leader();
        const instant limit = now_ + config_.patience;
        while (!candidate.is_leading()) {
            if (now_ > limit) return errc::unreachable;
            const instant due = candidate.next_deadline();
            now_ = due > now_ ? due : now_ + candidate.policy().limits.heartbeat_interval;
            candidate.tick(now_);
            drive();
        }
        pass_time();
        return {};
    }

    /// Lets time pass until every command has ended, and somebody leads who can be given more.
    /// Returns whether that came about.
    [[gnu::noinline, gnu::cold]] bool wait_out() {
        const instant limit = now_ + config_.patience;
        while (leader().status().pending > 0) {
            if (now_ > limit) return false;
            pass_time();
        }
        return leader().is_leading() || !elect();
    }

    /// Hands messages around, to every replica in turn, until `enough` commands are decided, or
    /// nothing is on its way.
    void drive(std::uint64_t enough = UINT64_MAX) {
        leader().flush(now_);
        std::uint64_t polls = 0;
        do {
            polls = serve_all() ? 0 : polls + 1;
            leader().drain(
                [this](const completion& one) { decided_ += one.outcome == outcome::decided; });
        } while (decided_ < enough && (polls == 0 || awaits_more(polls)));
    }

    /// The followers first, for the leader, which is node 0, has just spoken. Returns whether
    /// anything had arrived.
    bool serve_all() {
        bool moved = false;
        for (std::uint32_t i = config_.replicas; i > 0; --i) moved = serve(i - 1) || moved;
        return moved;
    }

    /// Whether anything is on its way, after `polls` in a row that delivered none.
    [[nodiscard]] bool awaits_more(std::uint64_t polls) {
        if constexpr (testing::detail::may_take_its_time<Network>) {
            return polls < config_.polls && !network_->idle();
        } else {
            return false;
        }
    }

    /// Returns whether anything had arrived.
    bool serve(std::uint32_t index) {
        replica_type& one = replicas_[index];
        const std::size_t count =
            network_->deliver(node_id(index), [&](node_id from, replica_message&& message) {
                one.receive(from, std::move(message), now_);
            });
        if (count > 0) one.flush(now_);
        return count > 0;
    }

    void trim() {
        since_trim_ = 0;
        slot applied = leader().status().applied_below;
        for (const replica_type& one : replicas_) {
            const slot here = one.status().applied_below;
            if (here < applied) applied = here;
        }
        for (replica_type& one : replicas_) one.trim(applied);
    }

    Network* network_;
    rounds_config config_;
    bytes command_;
    std::vector<replica_type> replicas_;
    std::size_t since_trim_ = 0;
    std::uint64_t decided_ = 0;
    instant now_;
};

/// A network that counts what passes, in front of another one.
template <network Network>
class counting_network {
    using inner_link = decltype(std::declval<Network&>().connect(node_id()));

public:
    class link {
    public:
        static constexpr bool is_single_threaded =
            requires { requires inner_link::is_single_threaded; };

        template <class Message>
        void send(node_id to, Message&& message) noexcept {
            ++counts_->messages_;
            counts_->bytes_ += wire_size()(message);
            inner_.send(to, std::forward<Message>(message));
        }

    private:
        friend counting_network;
        link(counting_network& counts, inner_link inner)
            : counts_(&counts), inner_(std::move(inner)) {}

        counting_network* counts_;
        inner_link inner_;
    };

    explicit counting_network(Network& inner) : inner_(&inner) {}

    [[nodiscard]] link connect(node_id self) { return link(*this, inner_->connect(self)); }

    template <class Receive>
    std::size_t deliver(node_id to, Receive&& receive) {
        return inner_->deliver(to, std::forward<Receive>(receive));
    }

    [[nodiscard]] bool idle()
        requires testing::detail::may_take_its_time<Network>
    {
        return inner_->idle();
    }

    [[nodiscard]] std::uint64_t messages() const { return messages_; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
    Network* inner_;
    std::uint64_t messages_ = 0;
    std::uint64_t bytes_ = 0;
};

}  // namespace synod::inline SYNOD_ABI::testing
