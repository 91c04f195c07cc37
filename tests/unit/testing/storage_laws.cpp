// tests/unit/testing/storage_laws.cpp - storages that ship obey the laws, and each broken one
// breaks its own.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/shared.hpp>
#include <synod/base/time.hpp>
#include <synod/log/entry.hpp>
#include <synod/storage/memory.hpp>
#include <synod/testing/check_storage.hpp>
#include <synod/testing/simulated_disk.hpp>
#include <synod/testing/simulated_process.hpp>
#include <synod/testing/stage.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

using namespace synod;
namespace laws = synod::testing::storage_laws;

namespace {

/// What is wrong with a storage.
struct faults {
    bool loses_last = false;
    bool loses_first_of_many = false;
    bool votes_come_first = false;
    bool slots_run_backwards = false;
    bool reports_all_promises = false;
    bool keeps_only_end_of_suffix = false;
    bool forgets_one_more = false;
    bool forgets_promises = false;
    bool hides_failure = false;
    bool recovers_from_failure = false;
    bool second_recovery_is_shorter = false;
    bool cuts_texts = false;
    bool fails_at_will = false;
    bool answers_too_early = false;
    bool answers_twice = false;
    bool answers_none = false;
};

using record = std::variant<identity_record, promise_record, reserve_record, chosen_record,
                            forget_record, vote<std::string>>;
using vote_record = vote<std::string>;

/// What lies on the disk, and what is on its way there.
struct platter {
    faults wrong;
    std::vector<record> durable;
    std::vector<record> staged;
    std::deque<std::pair<sync_token, std::error_code>> answers;
    int syncs = 0;
    int recoveries = 0;  // since the storage was opened
    bool fails_next = false;
    bool has_failed = false;
};

/// A storage that appends to a list, and has the faults of its platter.
class list_storage {
public:
    explicit list_storage(platter& disk) : disk_(&disk) {}

    template <class Record>
    void append(const Record& one) noexcept {
        disk_->staged.emplace_back(one);
    }

    std::error_code sync() noexcept {
        ++disk_->syncs;
        const auto failure = std::make_error_code(std::errc::io_error);
        if (disk_->wrong.fails_at_will && disk_->syncs % 7 == 0) return failure;
        if (disk_->has_failed && !disk_->wrong.recovers_from_failure) return failure;
        if (std::exchange(disk_->fails_next, false)) {
            disk_->has_failed = true;
            return disk_->wrong.hides_failure ? std::error_code() : failure;
        }
        std::size_t count = disk_->staged.size();
        if (disk_->wrong.loses_last && count > 0) --count;
        if (disk_->wrong.loses_first_of_many && count > 4) {
            disk_->staged.erase(disk_->staged.begin());
            --count;
        }
        write(count);
        return {};
    }

    void forget(slot below) noexcept {
        const slot end = disk_->wrong.forgets_one_more ? below.next() : below;
        std::erase_if(disk_->durable, [&](const record& one) {
            const auto* const voted = std::get_if<vote_record>(&one);
            if (voted != nullptr) return voted->at < end;
            return disk_->wrong.forgets_promises && std::holds_alternative<promise_record>(one);
        });
    }

    template <class Sink>
    std::error_code recover(Sink&& sink) {
        ++disk_->recoveries;
        if (disk_->wrong.votes_come_first) report_votes(sink);
        report_latest<identity_record>(sink);
        report_latest<promise_record>(sink);
        report_latest<reserve_record>(sink);
        report_latest<chosen_record>(sink);
        report_latest<forget_record>(sink);
        if (!disk_->wrong.votes_come_first) report_votes(sink);
        return {};
    }

private:
    void write(std::size_t count) {
        const auto end = disk_->staged.begin() + static_cast<std::ptrdiff_t>(count);
        disk_->durable.insert(disk_->durable.end(), disk_->staged.begin(), end);
        disk_->staged.clear();
    }

    template <class Record, class Sink>
    void report_latest(Sink& sink) const {
        if (disk_->wrong.reports_all_promises && std::is_same_v<Record, promise_record>) {
            for (const record& one : disk_->durable) {
                if (const auto* const held = std::get_if<Record>(&one)) sink(*held);
            }
            return;
        }
        const auto last =
            std::find_if(disk_->durable.rbegin(), disk_->durable.rend(),
                         [](const record& one) { return std::holds_alternative<Record>(one); });
        if (last != disk_->durable.rend()) sink(std::get<Record>(*last));
    }

    template <class Sink>
    void report_votes(Sink& sink) const {
        std::vector<vote_record> votes;
        for (const record& one : disk_->durable) {
            if (const auto* const voted = std::get_if<vote_record>(&one)) votes.push_back(*voted);
        }
        if (disk_->wrong.slots_run_backwards) std::reverse(votes.begin(), votes.end());
        const bool is_shorter = disk_->wrong.second_recovery_is_shorter && disk_->recoveries > 1;
        if (is_shorter && !votes.empty()) votes.pop_back();
        for (vote_record& one : votes) {
            if (disk_->wrong.cuts_texts && one.value.size() > 100) one.value.resize(100);
            sink(std::as_const(one));
        }
    }

    platter* disk_;
};
static_assert(storage<list_storage, std::string>);

/// The same, but a sync may be started, and ends when it is asked about.
class late_storage : public list_storage {
public:
    explicit late_storage(platter& disk) : list_storage(disk), disk_(&disk) {}

    void start_sync(const sync_token& token) noexcept {
        const bool lies =
            disk_->wrong.answers_too_early && !disk_->fails_next && !disk_->has_failed;
        const std::error_code error = lies ? std::error_code() : sync();
        if (disk_->wrong.answers_none) return;
        disk_->answers.emplace_back(token, error);
        if (disk_->wrong.answers_twice) disk_->answers.emplace_back(token, error);
    }

private:
    platter* disk_;
};
static_assert(async_storage<late_storage, std::string>);

/// A crash keeps the first half of what was not synced.
template <class Storage>
class list_disk {
public:
    explicit list_disk(const faults& wrong) { platter_->wrong = wrong; }

    Storage open() { return Storage(*platter_); }

    void crash(Storage& /*opened*/) {
        std::vector<record>& staged = platter_->staged;
        if (platter_->wrong.keeps_only_end_of_suffix) {
            if (!staged.empty()) staged.erase(staged.begin());
        } else {
            staged.resize(staged.size() / 2);
        }
        platter_->durable.insert(platter_->durable.end(), staged.begin(), staged.end());
        staged.clear();
        platter_->answers.clear();
        platter_->recoveries = 0;
        platter_->fails_next = platter_->has_failed = false;
    }

    void fail_next_sync(Storage& /*opened*/) { platter_->fails_next = true; }

    template <class Sink>
    void answers(Storage& /*opened*/, Sink&& sink) {
        for (const auto& [token, error] : std::exchange(platter_->answers, {})) sink(token, error);
    }

private:
    std::unique_ptr<platter> platter_ = std::make_unique<platter>();
};

/// A simulated disk that no fault strikes, and all lives of its node.
template <class Simulated>
class faultless_disk {
public:
    shared<Simulated> open() { return shared(here_->disk); }

    void crash(shared<Simulated>& /*opened*/) {
        here_->lives.emplace_back();
        here_->disk.crash(here_->lives.back());
    }

    template <class Sink>
    void answers(shared<Simulated>& /*opened*/, Sink&& sink)
        requires requires(Simulated& disk) { disk.finish(sink); }
    {
        const instant due = here_->disk.next_due();
        if (due == instant::never()) return;
        here_->run.now = due;
        here_->disk.finish(sink);
    }

private:
    struct place {
        testing::stage run{1};
        std::deque<testing::simulated_process> lives{1};
        Simulated disk{run, lives.front()};
    };

    std::unique_ptr<place> here_ = std::make_unique<place>();  // stays where it is
};

template <class Storage>
testing::report report_on(const faults& wrong) {
    return testing::check_storage<std::string>([&] { return list_disk<Storage>(wrong); });
}

using names = std::vector<std::string_view>;

}  // namespace

TEST_CASE("a storage in memory obeys the laws, by value and behind a handle") {
    using store = memory_storage<records<entry>>;
    const auto owned = testing::check_storage<entry>([] { return testing::value_disk<store>(); });
    INFO(owned.text());
    CHECK(owned);
    const auto lent = testing::check_storage<entry>([] { return testing::lent_disk<store>(); });
    INFO(lent.text());
    CHECK(lent);
    const names neither_fails_nor_waits{laws::reports_failure.name, laws::stays_failed.name,
                                        laws::answers_syncs.name};
    CHECK(owned.untried() == neither_fails_nor_waits);
    CHECK(lent.untried() == neither_fails_nor_waits);
}

TEST_CASE("the disks of the simulator obey the laws while no fault strikes") {
    using plain = testing::simulated_disk<records<std::string>>;
    const auto blocking =
        testing::check_storage<std::string>([] { return faultless_disk<plain>(); });
    INFO(blocking.text());
    CHECK(blocking);
    CHECK(blocking.untried() ==
          names{laws::reports_failure.name, laws::stays_failed.name, laws::answers_syncs.name});
    using late = testing::simulated_async_disk<records<std::string>>;
    const auto beside = testing::check_storage<std::string>([] { return faultless_disk<late>(); });
    INFO(beside.text());
    CHECK(beside);
    CHECK(beside.untried() == names{laws::reports_failure.name, laws::stays_failed.name});
}

TEST_CASE(
    "a storage that keeps part of what was not synced, and all votes of a slot, obeys the laws") {
    const auto plain = report_on<list_storage>({});
    INFO(plain.text());
    CHECK(plain);
    CHECK(plain.untried() == names{laws::answers_syncs.name});
}

TEST_CASE("a storage whose syncs are answered later obeys the laws, and leaves none untried") {
    const auto late = report_on<late_storage>({});
    INFO(late.text());
    CHECK(late);
    CHECK(late.untried().empty());
}

TEST_CASE("each broken storage breaks the law that it breaks, and no other") {
    struct broken_storage {
        bool faults::* fault;
        testing::law law;
    };
    const auto one = GENERATE(values<broken_storage>({
        {&faults::loses_last, laws::durable},
        {&faults::loses_first_of_many, laws::durable},
        {&faults::votes_come_first, laws::ordered},
        {&faults::slots_run_backwards, laws::ordered},
        {&faults::reports_all_promises, laws::ordered},
        {&faults::keeps_only_end_of_suffix, laws::prefix},
        {&faults::forgets_one_more, laws::forgets_only_below},
        {&faults::forgets_promises, laws::forgets_only_below},
        {&faults::hides_failure, laws::reports_failure},
        {&faults::recovers_from_failure, laws::stays_failed},
        {&faults::second_recovery_is_shorter, laws::recovers_again},
        {&faults::cuts_texts, laws::invents_nothing},
        {&faults::fails_at_will, laws::no_false_alarm},
    }));
    faults wrong;
    wrong.*one.fault = true;
    const auto report = report_on<list_storage>(wrong);
    INFO(report.text());
    CHECK(report.broken() == names{one.law.name});
}

TEST_CASE("each storage that answers wrongly breaks the law that it breaks, and no other") {
    faults early;
    early.answers_too_early = true;
    CHECK(report_on<late_storage>(early).broken() == names{laws::durable.name});
    faults twice;
    twice.answers_twice = true;
    CHECK(report_on<late_storage>(twice).broken() == names{laws::answers_syncs.name});
    faults none;
    none.answers_none = true;
    CHECK(report_on<late_storage>(none).broken() == names{laws::answers_syncs.name});
}

TEST_CASE("a broken law is reported with the fewest operations that break it") {
    faults wrong;
    wrong.loses_last = true;
    const testing::report report = report_on<list_storage>(wrong);
    const testing::ruling& durable = report.of(laws::durable);
    REQUIRE_FALSE(durable.holds());
    CHECK(durable.operations ==
          std::vector<std::string>{"append how far slots are forgotten, sync, and forget"});
    CHECK(report.text().find("BROKEN    storage.durable: what was synced is recovered\n") !=
          std::string::npos);
    CHECK(report.text().find("was synced and is lost; seed 1, after") != std::string::npos);
}
