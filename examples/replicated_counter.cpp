// examples/replicated_counter.cpp - your own state machine: typed commands, each exactly once.
// Every command is sent twice, as if its answer was lost, and counts once, also when a leader dies.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/host/node.hpp>
#include <synod/log/session_table.hpp>
#include <synod/storage/memory.hpp>

#include <atomic>
#include <optional>
#include <system_error>
#include <vector>

using namespace synod;
// A command: opens a session (sequence 0), or adds to the counter.
struct command {
    request_stamp stamp;  // names the session and, within it, the command
    std::uint64_t amount = 0;
};
struct command_codec {  // turns commands into bytes and back
    using value_type = command;
    void encode(const command& value, byte_writer& out) const {
        synod::encode(value.stamp, out), out.number(value.amount);
    }
    bool decode(byte_reader& in, command& value) const {
        if (!synod::decode(in, value.stamp)) return false;
        return value.amount = in.number<std::uint64_t>(), in.finished();
    }
};
// The machine: deterministic, and it answers whatever bytes come.
struct counter {
    void apply(const apply_context& context, bytes_view encoded, result_writer& result) {
        command asked;
        byte_reader in(encoded);
        if (!command_codec{}.decode(in, asked)) return;
        if (asked.stamp.sequence == 0)  // an opening: doing it twice opens once
            return encode(sessions.open(context.at, {0, asked.amount}, 1, 60'000).session, result);
        const auto begun = sessions.begin(asked.stamp);
        if (begun.is != session_table::beginning::verdict::fresh) return result.raw(begun.reply);
        bytes reply;  // whoever sends this command again is answered the same
        byte_writer(reply).number(total += asked.amount);
        result.raw(reply);
        sessions.store(asked.stamp, reply);
    }
    // Sessions expire by the log's own time, which the leader keeps moving for that.
    void advance(log_time now) {
        sessions.advance(now, [](auto) {});
    }
    log_time next_deadline() const { return sessions.next_deadline(); }
    void new_leader(ballot) { sessions.new_leader(); }
    void snapshot(byte_writer& out) const { out.number(total), sessions.snapshot(out); }
    std::error_code restore(byte_reader& in) {
        counter kept{.total = in.number<std::uint64_t>()};
        if (kept.sessions.restore(in) || !in.finished()) return errc::snapshot_damaged;
        return *this = kept, std::error_code();
    }
    session_table sessions = *session_table::make({});
    std::uint64_t total = 0;
};
static_assert(codec<command_codec> && timed_state_machine<counter>);
int main() {
    host::log_network net;
    std::vector<memory_storage<records<entry>>> disks(3);
    std::vector<std::optional<host::node<counter, memory_storage<records<entry>>>>> nodes(3);
    std::vector<member> members;
    const log_policy<> policy{.quorums = *majority::make(node_set::first(3))};
    for (std::uint32_t i = 0; i < 3; ++i) members.push_back({node_id(i), incarnation(1)});
    std::atomic<unsigned> elections = 0;
    const host::options how{.on_leadership = [&](auto&) { ++elections, elections.notify_one(); }};
    for (std::uint32_t i = 0; i < 3; ++i) {
        nodes[i] = *host::start_node(net, *group::make(cluster_id(1), node_id(i), members),
                                     counter(), disks[i], policy, how);
    }
    std::size_t leader = 0, total = 0;
    // Sends a command until a leader has decided it, which is safe; waits while nobody leads.
    const auto ask = [&](const command& asked) {
        bytes encoded;
        byte_writer out(encoded);
        command_codec{}.encode(asked, out);
        for (unsigned seen = elections;; elections.wait(seen), seen = elections) {
            for (int tries = 0; tries < 3; ++tries, leader = (leader + 1) % 3) {
                if (!nodes[leader]) continue;
                const auto end = nodes[leader]->submit_and_wait(encoded);
                if (end.outcome == host::outcome::decided) return end.result;
            }
        }
    };
    command add{{}, 4711};  // opens the session of client 4711
    const bytes opened = ask(add);
    if (byte_reader in(opened); !decode(in, add.stamp.session)) return 1;
    for (add.amount = 1; add.amount <= 100; ++add.amount) {
        add.stamp.acknowledged = add.stamp.sequence++;
        const bytes first = ask(add);
        if (add.amount == 50) nodes[leader].reset();  // the leader dies; the log does not
        if (ask(add) != first) return 1;
        total = load_little_endian<std::uint64_t>(first.data());
    }
    return total == 5'050 ? 0 : 1;
}
