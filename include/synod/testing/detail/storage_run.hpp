// synod/testing/detail/storage_run.hpp - one run of a storage: what is done to it, and what it
// answers.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/buffer.hpp>
#include <synod/testing/contents.hpp>
#include <synod/testing/detail/storage_model.hpp>
#include <synod/testing/disk.hpp>
#include <synod/testing/storage_laws.hpp>
#include <synod/testing/trial.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing::detail {

/// What can be done to a storage; those before `sync` append a record.
enum class storage_step : std::uint8_t {
    identity,
    promise,
    reserve,
    chosen,
    vote,
    sync,
    forget,
    crash,
    fail,
    start,
    answer,
};

struct storage_operation {
    storage_step step;
    std::uint64_t seed;  // of what is appended
};

[[nodiscard]] inline std::string to_string(const storage_operation& one) {
    static constexpr std::array<std::string_view, 11> words = {
        "append an identity",
        "append a promise",
        "append a reservation",
        "append how far slots are chosen",
        "append a vote",
        "sync",
        "append how far slots are forgotten, sync, and forget",
        "crash, and recover",
        "let the next sync fail",
        "start a sync",
        "take the answers to syncs",
    };
    return std::string(words[static_cast<std::size_t>(one.step)]);
}

/// A random list of `count` operations that begins as every storage does, with an identity.
[[nodiscard]] inline std::vector<storage_operation>
storage_operations(std::uint64_t seed, std::size_t count, bool may_fail, bool may_start) {
    using enum storage_step;
    std::vector<storage_step> choices{promise, reserve, chosen, vote,  vote,
                                      vote,    sync,    sync,   crash, forget};
    if (may_fail && seed % 2 == 0) choices.push_back(fail);
    if (may_start) choices.insert(choices.end(), {start, start, answer, answer});
    prng random(seed);
    std::vector<storage_operation> made{{identity, random.next()}};
    while (made.size() < count) {
        made.push_back({choices[random.below(choices.size())], random.next()});
    }
    return made;
}

/// A storage on a disk, beside the model of what it was given.
template <class Disk, std::regular Value>
class storage_run {
    using opened = opened_by<Disk>;

public:
    static constexpr bool may_fail = can_fail<Disk>;
    static constexpr bool may_start = async_storage<opened, Value> && can_answer<Disk>;

    /// Plays `operations` on a new disk. What breaks with forgetting, and does not without, is the
    /// fault of `forget`.
    template <class Make>
    static void play(Make& make, buffer_pool& pool,
                     const std::vector<storage_operation>& operations, witness& seen) {
        storage_run(make, pool, seen, true).play_all(operations);
        const bool forgets = std::any_of(operations.begin(), operations.end(), [](const auto& one) {
            return one.step == storage_step::forget;
        });
        if (!forgets) return;
        if (seen.goes_on()) return seen.pass(storage_laws::forgets_only_below);
        witness unforgetting;
        storage_run(make, pool, unforgetting, false).play_all(operations);
        if (unforgetting.goes_on()) seen.blame(storage_laws::forgets_only_below);
    }

private:
    struct started_sync {
        sync_token token;
        std::optional<law> broken_by_success;  // when it has to fail
    };

    template <class Make>
    storage_run(Make& make, buffer_pool& pool, witness& seen, bool forgets)
        : disk_(make()), pool_(&pool), seen_(&seen), forgets_(forgets) {}

    void play_all(const std::vector<storage_operation>& operations) {
        open();
        recover();
        for (std::size_t i = 0; i < operations.size() && seen_->goes_on(); ++i) {
            seen_->begin(i);
            play_one(operations[i]);
        }
        if (seen_->goes_on()) await_answers();
        if (seen_->goes_on()) crash();
    }

    void play_one(const storage_operation& one) {
        using enum storage_step;
        ++round_;  // so that no record is like another
        const ballot ballot(round_, node_id(0));
        switch (one.step) {
            case identity:
                return append(
                    identity_record{cluster_id(one.seed), node_id(0), incarnation(round_)});
            case promise: return append(promise_record{ballot});
            case reserve: return append(reserve_record{ballot});
            case chosen: return append(chosen_record{slot(round_)});
            case vote: return append_vote(one.seed, ballot);
            case sync: return static_cast<void>(sync_all());
            case forget: return forget_some(one.seed);
            case crash: return this->crash();
            case fail: return fail_next();
            case start: return start_one();
            case answer: return take_answers();
        }
    }

    template <class Record>
    void append(const Record& one) {
        storage_->append(one);
        model_.append(one);
    }

    void append_vote(std::uint64_t seed, const ballot& ballot) {
        contents from(seed, *pool_);
        const slot at = first_ + from.random().below(6);
        append(vote<Value>{at, ballot, from.value<Value>()});
    }

    /// What a role does: the votes are given up only after a record that says so is durable.
    void forget_some(std::uint64_t seed) {
        first_ = first_ + (1 + prng(seed).below(3));
        append(forget_record{first_});
        if (!sync_all() || !forgets_) return;
        storage_->forget(first_);
        model_.forgot(first_);
    }

    /// The law that is broken if a sync which begins here succeeds, if there is one.
    [[nodiscard]] std::optional<law> begin_sync() {
        if (has_failed_) return storage_laws::stays_failed;
        if (!fails_next_) return std::nullopt;
        has_failed_ = true;
        return storage_laws::reports_failure;
    }

    /// Returns whether all is well and durable.
    bool end_sync(const std::optional<law>& broken_by_success, std::error_code error,
                  std::size_t covered) {
        if (broken_by_success) {
            seen_->check(*broken_by_success, static_cast<bool>(error),
                         [] { return std::string("a sync succeeded that could not"); });
            return false;
        }
        model_.synced(error ? 0 : covered);
        return seen_->check(storage_laws::no_false_alarm, !error,
                            [&] { return "a sync failed: " + error.message(); });
    }

    bool sync_all() {
        const std::optional<law> broken_by_success = begin_sync();
        return end_sync(broken_by_success, storage_->sync(), model_.size());
    }

    void fail_next() {
        await_answers();
        fails_next_ = true;
        if constexpr (may_fail) disk_.fail_next_sync(*storage_);
    }

    void start_one() {
        if constexpr (may_start) {
            started_.push_back({{instance_, model_.size()}, begin_sync()});
            const sync_token token = started_.back().token;
            storage_->start_sync(token);
        }
    }

    void take_answers() {
        if constexpr (may_start) {
            disk_.answers(*storage_, [this](const sync_token& token, std::error_code error) {
                if (token.instance == instance_) answered(token, error);
            });
        }
    }

    /// A later sync covers the earlier ones, so these may be left without an answer.
    void answered(const sync_token& token, std::error_code error) {
        const auto which = std::find_if(started_.begin(), started_.end(),
                                        [&](const auto& one) { return one.token == token; });
        if (!seen_->check(storage_laws::answers_syncs, which != started_.end(), [] {
                return std::string("a sync was answered that was not started, or twice");
            })) {
            return;
        }
        static_cast<void>(end_sync(which->broken_by_success, error, token.records));
        started_.erase(started_.begin(), which + 1);
    }

    void await_answers() {
        constexpr int patience = 10'000;
        for (int i = 0; i < patience && !started_.empty() && seen_->goes_on(); ++i) take_answers();
        if (!may_start || !seen_->goes_on()) return;
        seen_->check(storage_laws::answers_syncs, started_.empty(),
                     [] { return std::string("a sync was started and never answered"); });
    }

    void open() {
        ++instance_;
        started_.clear();
        fails_next_ = has_failed_ = false;
        storage_ = std::make_unique<opened>(disk_.open());
    }

    void reopen() {
        disk_.crash(*storage_);
        storage_.reset();
        open();
    }

    void crash() {
        reopen();
        recover();
    }

    void recover() {
        const auto first = records_of_storage();
        if (!seen_->goes_on() || !model_.judge(first, *seen_)) return;
        again(first, " differs in a second recovery");
        reopen();
        again(first, " differs in a recovery after another crash");
    }

    void again(const typename storage_model<Value>::record_list& first, const std::string& when) {
        if (!seen_->goes_on()) return;
        const auto second = records_of_storage();
        seen_->check(storage_laws::recovers_again, first == second, [&] {
            const auto difference =
                std::mismatch(first.begin(), first.end(), second.begin(), second.end()).first;
            return "record " + std::to_string(difference - first.begin() + 1) + " of " +
                   std::to_string(first.size()) + when;
        });
    }

    [[nodiscard]] typename storage_model<Value>::record_list records_of_storage() {
        typename storage_model<Value>::record_list all;
        const std::error_code error =
            storage_->recover([&all](const auto& one) { all.emplace_back(one); });
        seen_->check(storage_laws::no_false_alarm, !error,
                     [&] { return "recover failed: " + error.message(); });
        return all;
    }

    Disk disk_;
    std::unique_ptr<opened> storage_;
    storage_model<Value> model_;
    buffer_pool* pool_;
    witness* seen_;
    bool forgets_;
    bool fails_next_ = false;            // the next sync fails
    bool has_failed_ = false;            // one has, since the storage was opened
    std::uint64_t round_ = 0;            // of the newest ballot
    std::uint64_t instance_ = 0;         // how often the storage was opened
    slot first_;                         // votes below are given up
    std::vector<started_sync> started_;  // and not answered, the oldest first
};

}  // namespace synod::inline SYNOD_ABI::testing::detail
