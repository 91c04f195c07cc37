// tests/unit/testing/machine_laws.cpp - machines that ship obey the laws, and each broken one
// breaks its own.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/errc.hpp>
#include <synod/lock/table.hpp>
#include <synod/log/session_table.hpp>
#include <synod/testing/check_machine.hpp>
#include <synod/testing/rounds.hpp>

#include "../lock/random_commands.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

using namespace synod;
namespace laws = synod::testing::machine_laws;

namespace {

using names = std::vector<std::string_view>;

bytes random_number(prng& random) {
    bytes made;
    byte_writer(made).number(random.next());
    return made;
}

/// What is wrong with a machine.
struct faults {
    bool answers_by_global = false;
    bool snapshot_names_machine = false;
    bool snapshot_lacks_last = false;
    bool snapshot_counts = false;
    bool snapshot_in_hash_order = false;
    bool restore_adds = false;
    bool restore_refuses_odd = false;
    bool restore_writes_at_once = false;
    bool restore_takes_any_flag = false;
    bool deadline_by_global = false;
    bool deadline_stays = false;
    bool events_by_global = false;
};

std::uint64_t global = 0;  // commands, of all machines
std::uint64_t machines = 0;

/// Totals by key, and the last command; a timer a while after it, and an event for each command.
class ledger {
public:
    explicit ledger(const faults& wrong) : wrong_(wrong), name_(++machines) {}

    void apply(const apply_context& context, bytes_view command, result_writer& result) {
        ++global;
        byte_reader in(command);
        const auto number = in.number<std::uint64_t>();
        result.number(last_);
        if (!in.finished()) return;
        last_ = number;
        is_odd_ = number % 2 == 1;
        totals_[number % 8] += number;
        seen_.insert(number % 100'000);
        due_ = context.now + (1 + number % 50);
        events_.push_back(wrong_.events_by_global ? global : number);
        result.number(wrong_.answers_by_global ? global : totals_[number % 8]);
    }

    void advance(log_time now) {
        if (due_ <= now && !wrong_.deadline_stays) due_ = log_time::never();
    }
    [[nodiscard]] log_time next_deadline() const {
        return wrong_.deadline_by_global ? due_ + global % 2 : due_;
    }
    void new_leader(ballot leader) { last_ = leader.packed(); }

    void drain_events(auto&& sink) {
        for (const std::uint64_t one : std::exchange(events_, {})) sink(one);
    }

    void snapshot(byte_writer& out) const {
        if (wrong_.snapshot_counts) ++snapshots_;
        out.number(std::uint64_t{totals_.size()});
        for (const auto& [key, total] : totals_) {
            out.number(key);
            out.number(total);
        }
        out.number(wrong_.snapshot_lacks_last ? 0 : last_);
        out.number(due_.milliseconds());
        out.number(static_cast<std::uint8_t>(is_odd_));
        out.number(wrong_.snapshot_names_machine ? name_ : snapshots_);
        if (!wrong_.snapshot_in_hash_order) return;
        for (const std::uint64_t one : seen_) out.number(one);
    }

    std::error_code restore(byte_reader& in) {
        ledger fresh(wrong_);
        if (wrong_.restore_adds) fresh.totals_ = totals_;
        const bool is_good = fresh.read(in);
        if (is_good || wrong_.restore_writes_at_once) *this = fresh;
        return is_good ? std::error_code() : errc::snapshot_damaged;
    }

private:
    bool read(byte_reader& in) {
        auto count = in.number<std::uint64_t>();
        for (std::uint64_t before = 0; count > 0 && in.ok(); --count) {
            const auto key = in.number<std::uint64_t>();
            if (key >= 8 || key + 1 <= before) return false;
            before = key + 1;
            totals_[key] = in.number<std::uint64_t>();
        }
        last_ = in.number<std::uint64_t>();
        due_ = log_time(in.number<std::uint64_t>());
        const auto flag = in.number<std::uint8_t>();
        is_odd_ = flag != 0;
        snapshots_ = in.number<std::uint64_t>();
        while (wrong_.snapshot_in_hash_order && in.remaining() >= 8) {
            seen_.insert(in.number<std::uint64_t>());
        }
        if (wrong_.restore_refuses_odd && is_odd_) return false;
        return in.finished() && (flag <= 1 || wrong_.restore_takes_any_flag);
    }

    faults wrong_;
    std::uint64_t name_;
    std::map<std::uint64_t, std::uint64_t> totals_;
    std::uint64_t last_ = 0;
    log_time due_ = log_time::never();
    bool is_odd_ = false;
    std::unordered_set<std::uint64_t> seen_;
    std::vector<std::uint64_t> events_;
    mutable std::uint64_t snapshots_ = 0;
};
static_assert(timed_state_machine<ledger>);
static_assert(event_source<ledger>);

testing::report report_on(const faults& wrong) {
    global = 0;
    return testing::check_machine([&wrong] { return ledger(wrong); }, random_number,
                                  {.operations = 30});
}

/// Counts per session, each command once; restores whole or not at all.
class counter {
public:
    void apply(const apply_context& context, bytes_view command, result_writer& result) {
        byte_reader in(command);
        const auto kind = in.number<std::uint64_t>();
        if (!in.finished()) return;
        const client_uuid client{0, kind % 3};
        if (kind % 4 == 0) return encode(sessions_.open(context.at, client, 1, 60).session, result);
        const session_id session(position{slot(kind / 8 % 20), 0});
        const auto begun = sessions_.begin({session, 1 + kind / 512 % 8, 0});
        if (begun.is != session_table::beginning::verdict::fresh) return result.raw(begun.reply);
        bytes reply;
        byte_writer(reply).number(++total_);
        sessions_.store({session, 1 + kind / 512 % 8, 0}, reply);
        result.raw(reply);
    }
    void advance(log_time now) {
        sessions_.advance(now, [](auto) {});
    }
    [[nodiscard]] log_time next_deadline() const { return sessions_.next_deadline(); }
    void new_leader(ballot /*leader*/) { sessions_.new_leader(); }
    void snapshot(byte_writer& out) const {
        out.number(total_);
        sessions_.snapshot(out);
    }
    std::error_code restore(byte_reader& in) {
        const auto total = in.number<std::uint64_t>();
        if (const auto error = sessions_.restore(in)) return error;
        total_ = total;
        return {};
    }

private:
    session_table sessions_ = *session_table::make({.min_ttl_ms = 10, .max_ttl_ms = 100});
    std::uint64_t total_ = 0;
};
static_assert(timed_state_machine<counter>);

/// A log of lock commands, made with the help of a table that answers them.
std::vector<testing::log_step> lock_log(std::uint64_t seed) {
    auto table = std::move(*lock::table::make(lock_test::tight_limits()));
    lock_test::random_commands source(seed);
    std::vector<testing::log_step> log;
    while (log.size() < 60) {
        const lock_test::step made = source.next();
        log.push_back({made.context, {}, made.leader});
        if (made.leader.exists()) {
            table.new_leader(made.leader);
            continue;
        }
        byte_writer out(log.back().command);
        encode(made.asked, out);
        source.heard(table.execute(made.context, made.asked));
        table.drain_events([&source](const lock::event& one) { source.heard(one); });
    }
    return log;
}

}  // namespace

TEST_CASE("the machine of rounds obeys the laws of machines") {
    const auto report =
        testing::check_machine([] { return testing::summing_machine(); }, random_number);
    INFO(report.text());
    CHECK(report);
    CHECK(report.untried() ==
          names{laws::same_deadlines.name, laws::same_events.name, laws::timers_fire.name});
}

TEST_CASE("a lock table obeys the laws of machines, and leaves none untried") {
    const auto report = testing::check_machine(
        [] { return std::move(*lock::table::make(lock_test::tight_limits())); }, lock_log,
        {.seeds = 20});
    INFO(report.text());
    CHECK(report);
    CHECK(report.untried().empty());
}

TEST_CASE("a machine that holds a session table obeys the laws of machines") {
    const auto report = testing::check_machine([] { return counter(); }, random_number);
    INFO(report.text());
    CHECK(report);
    CHECK(report.untried() == names{laws::same_events.name});
}

TEST_CASE("a machine without faults obeys the laws of machines") {
    const auto report = report_on({});
    INFO(report.text());
    CHECK(report);
    CHECK(report.untried().empty());
}

TEST_CASE("each broken machine breaks the law that it breaks, and no other") {
    struct broken_machine {
        bool faults::* fault;
        testing::law law;
    };
    const auto one = GENERATE(values<broken_machine>({
        {&faults::answers_by_global, laws::same_results},
        {&faults::snapshot_names_machine, laws::same_snapshot},
        {&faults::snapshot_lacks_last, laws::snapshot_is_whole},
        {&faults::snapshot_counts, laws::snapshot_changes_nothing},
        {&faults::snapshot_in_hash_order, laws::snapshot_is_whole},
        {&faults::restore_adds, laws::restore_replaces},
        {&faults::restore_refuses_odd, laws::restores_its_own},
        {&faults::restore_writes_at_once, laws::refusal_changes_nothing},
        {&faults::restore_takes_any_flag, laws::restores_snapshots_only},
        {&faults::deadline_by_global, laws::same_deadlines},
        {&faults::deadline_stays, laws::timers_fire},
        {&faults::events_by_global, laws::same_events},
    }));
    faults wrong;
    wrong.*one.fault = true;
    const auto report = report_on(wrong);
    INFO(report.text());
    CHECK(report.broken() == names{one.law.name});
}

TEST_CASE("a broken machine is reported with the few steps that show it") {
    faults wrong;
    wrong.answers_by_global = true;
    const auto report = report_on(wrong);
    CHECK(report.of(laws::same_results).operations.size() == 1);
}
