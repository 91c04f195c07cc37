// tests/explore/roles_unfolding.hpp - all that can come of what happens to one role, and whether it
// did anything wrong.
//
// Whatever arrives, a role decides, flushes, and may crash at every point of that: before the sync,
// when any prefix of what was pending may have become durable, and after it before each of the
// messages that waited for it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/time.hpp>
#include <synod/paxos/invariant.hpp>
#include <synod/testing/interning.hpp>

#include "explore/roles_machine.hpp"
#include "explore/roles_sizes.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace explore {

/// Collects what can come of one thing that happens to a machine. `Cast` is what knows the other
/// roles.
template <class Cast, class Machine>
class unfolding {
public:
    using machines = synod::testing::interner<Machine>;

    /// The role was `before`. All three are kept by reference.
    unfolding(Cast& cast, machines& all, const role_name& self, const Machine& before)
        : cast_(cast), all_(all), self_(self), before_(before) {}

    /// Flushes what `ready` has decided, or leaves it for a later flush.
    void settle(Machine ready, price_set costs) {
        const auto batch =
            is_proposer ? cast_.sizes().proposer_batch : cast_.sizes().acceptor_batch;
        if (batch == 1) return flush(ready, costs);
        if (ready.unflushed++ < batch) add(std::move(ready), {}, {}, costs);
    }

    /// The flush, whole and torn at every point.
    void flush(const Machine& ready, price_set costs) {
        const std::uint64_t begun = modelled_disk::syncs_begun;
        Machine done = ready;
        const auto sent = run(done);
        const auto early = static_cast<std::size_t>(std::ranges::count_if(
            sent, [&](const basket::sent& one) { return one.syncs_begun == begun; }));
        add(std::move(done), {}, sent, costs, early);
        tear(ready, sent, is_async ? sent.size() : early, costs);
        if (!cast_.sizes().has(price::failure) || copy_of(ready).disk().pending() == 0) return;
        Machine failed = ready;
        failed.disk().fail_next();
        const auto said = run(failed);
        add(std::move(failed), {ending::kind::sync_failed}, said,
            static_cast<price_set>(costs | just(price::failure)), early);
    }

    /// Adds that `after` is what comes of it. The first `early` of the messages left before the
    /// sync.
    void add(Machine after, const ending& end, const std::vector<basket::sent>& sent,
             price_set costs, std::size_t early = 0) {
        outcome one{costs, end};
        note_votes(after, one);
        note_claims(after, one);
        one.broken = broken_conduct(after);
        for (std::size_t i = 0; i < sent.size(); ++i) {
            if (!cast_.is_lost(self_, sent[i])) one.sent.push_back(cast_.address(self_, sent[i]));
            if (one.broken.empty() && is_early(after, sent[i].message, i < early && !is_async))
                one.broken = "nothing_leaves_before_its_sync";
            note_use(after, sent[i].message);
        }
        if (cast_.sizes().watch != watch::conduct) one.broken = {};
        one.next = all_.of(std::move(after)).value();
        found_.all.push_back(std::move(one));
    }

    [[nodiscard]] const role_name& self() const { return self_; }

    [[nodiscard]] outcomes take() { return std::move(found_); }

private:
    static constexpr bool is_proposer = requires(const Machine& one) { one.role().is_leading(); };
    static constexpr bool is_async = requires(Machine& one) { one.disk().end_sync(); };
    static constexpr synod::instant now{};

    [[nodiscard]] static Machine copy_of(const Machine& one) { return one; }

    [[nodiscard]] static auto run(Machine& one) {
        one.unflushed = 0;
        one.role().flush(now);
        return one.role().transport().take();
    }

    /// The crashes in the flush of `ready`, which would send `sent`.
    void tear(const Machine& ready, const std::vector<basket::sent>& sent, std::size_t early,
              price_set costs) {
        const price trouble = is_proposer ? price::proposer_crash : price::crash;
        if (!cast_.sizes().has(trouble)) return;
        const std::size_t records = copy_of(ready).disk().pending();
        for (std::size_t kept = 0; kept <= records; ++kept) {
            const std::size_t most = kept == records ? sent.size() : early;
            for (std::size_t count = 0; count <= most; ++count) {
                if (count == sent.size() && (kept == records || is_async)) continue;
                Machine crashed = ready;
                crashed.crash(kept);
                const std::vector<basket::sent> some(
                    sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(count));
                add(std::move(crashed), torn(kept, records, count, sent.size()), some,
                    static_cast<price_set>(costs | just(trouble)), early);
            }
        }
    }

    [[nodiscard]] static ending torn(std::size_t kept, std::size_t records, std::size_t sent,
                                     std::size_t messages) {
        const auto small = [](std::size_t count) { return static_cast<std::uint8_t>(count); };
        return {ending::kind::crashed, small(kept), small(records), small(sent), small(messages)};
    }

    /// Votes that have become durable; those of a disk that is no member's do not count.
    void note_votes(Machine& after, outcome& one) {
        for (const auto& vote : after.disk().take_fresh()) {
            if (after.incarnation == synod::incarnation(1))
                one.told.push_back(cast_.events().of({false, self_.node, vote}));
        }
    }

    /// Slots that a proposer has come to call chosen.
    void note_claims(const Machine& after, outcome& one) {
        if constexpr (is_proposer) {
            for (synod::slot at; at.value() < cast_.sizes().slots; ++at) {
                const int* const value = after.is_up() ? after.role().chosen(at) : nullptr;
                if (value == nullptr) continue;
                if (before_.is_up() && before_.role().chosen(at) != nullptr) continue;
                one.told.push_back(cast_.events().of({true, self_.node, {at, {}, *value}}));
            }
        }
    }

    static void note_use(Machine& after, const roles_message& message) {
        message.visit([&]<class Message>(const Message& one) {
            if constexpr (std::same_as<Message, synod::prepare> ||
                          std::same_as<Message, synod::accept<int>>) {
                after.used = std::max(after.used, one.ballot);
            }
        });
    }

    [[nodiscard]] std::string_view broken_conduct(Machine& after) const {
        using namespace synod::invariant;
        if constexpr (is_proposer) {
            Machine before = before_;
            if (!reservation_never_falls(before.disk().kept().reserved(),
                                         after.disk().kept().reserved()))
                return "reservation_never_falls";
            if (!after.is_up() || !after.role().attempt().exists()) return {};
            const synod::ballot was = before_.is_up() ? before_.role().attempt() : synod::ballot();
            const synod::ballot is = after.role().attempt();
            if (was == is || !before_.used.exists()) return {};
            return ballot_never_reused(before_.used, is) ? "" : "ballot_never_reused";
        } else {
            if (after.is_up() && !accepted_within_promise(after.role()))
                return "accepted_within_promise";
            if (after.incarnation != before_.incarnation) return {};
            Machine before = before_;
            const durable_records<int>& was = before.disk().kept();
            const durable_records<int>& is = after.disk().kept();
            if (!promise_never_falls(was, is)) return "promise_never_falls";
            return vote_never_regresses(was, is) ? "" : "vote_never_regresses";
        }
    }

    /// Whether `message` reveals what is not durable: before the sync, or else after it.
    [[nodiscard]] bool is_early(Machine& after, const roles_message& message,
                                bool left_before) const {
        Machine before = before_;
        const synod::votes<int> none;
        const synod::votes<int>* votes = &none;
        if constexpr (!is_proposer) {
            if (before_.is_up()) votes = &before_.role().votes();
            if (after.is_up()) votes = &after.role().votes();
        }
        const durable_records<int>& kept = left_before ? before.disk().kept() : after.disk().kept();
        bool result = false;
        message.visit([&](const auto& one) { result = revealed_early{kept, votes}(one); });
        return result;
    }

    Cast& cast_;
    machines& all_;
    role_name self_;
    const Machine& before_;
    outcomes found_;
};

}  // namespace explore
