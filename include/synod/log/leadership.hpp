// synod/log/leadership.hpp - who leads, as far as this node has heard, and when it must do
// something about it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/base/node_set.hpp>
#include <synod/base/prng.hpp>
#include <synod/base/time.hpp>

#include <array>
#include <cstdint>

namespace synod::inline SYNOD_ABI {

/// What a replica is to its cluster.
enum class standing : std::uint8_t {
    follower,   // waits for a leader's word
    probing,    // has missed it for an election timeout, and asks whether the others have, too
    preparing,  // runs phase 1
    leading,    // has finished phase 1
};

/// The timers of leadership. It decides nothing about ballots: that is the proposer's part.
class leadership {
public:
    leadership(duration election_timeout, std::uint64_t seed)
        : timeout_(election_timeout), random_(seed) {}

    [[nodiscard]] synod::standing standing() const { return standing_; }
    [[nodiscard]] bool is_leading() const { return standing_ == synod::standing::leading; }

    /// The ballot of the leader heard last; none before the first one.
    [[nodiscard]] ballot leader() const { return leader_; }

    /// Whether a leader was heard of within an election timeout before `now`.
    [[nodiscard]] bool hears_leader(instant now) const {
        return leader_.exists() && heard_ != instant::never() && now - heard_ < timeout_;
    }

    /// A leader spoke. Returns whether it is another one than before.
    bool follow(ballot leader, instant now) {
        const bool is_new = leader != leader_ || standing_ != synod::standing::follower;
        heard_ = now;
        since_ = now;
        if (is_new) change(leader, now);
        return is_new;
    }

    /// Waits for a leader from now on, without one in sight.
    void stand_by(instant now) {
        standing_ = synod::standing::follower;
        heard_ = instant::never();
        wait(now);
    }

    /// The candidate that this node has promised has spoken: it may be the next leader.
    void stand_by_candidate(instant now) {
        stand_by(now);
        hears_candidate_ = true;
    }

    /// Whether another candidate would help: nobody leads, and nobody who is heard of is about to.
    /// Phase 1 may take many round trips with one member while the others, who have answered, hear
    /// nothing; two that interrupt each other would never end it.
    [[nodiscard]] bool misses_leader(instant now) const {
        const bool is_candidate = standing_ == synod::standing::preparing;
        const bool hears_candidate = hears_candidate_ && now - since_ < timeout_;
        return !is_leading() && !is_candidate && !hears_leader(now) && !hears_candidate;
    }

    /// Starts to ask around. Returns the number that answers must carry.
    std::uint64_t start_probe(instant now) {
        standing_ = synod::standing::probing;
        granted_ = {};
        wait(now);
        return ++probe_;
    }

    /// `from` would want a new leader, too. Returns who has said so of the current probe.
    [[nodiscard]] node_set grant(node_id from, std::uint64_t sequence) {
        if (standing_ != synod::standing::probing || sequence != probe_) return {};
        granted_.insert(from);
        return granted_;
    }

    void start_preparing(instant now) {
        standing_ = synod::standing::preparing;
        wait(now);
    }

    void start_leading(ballot own, node_set members, instant now) {
        standing_ = synod::standing::leading;
        leader_ = own;
        heard_ = now;
        for (const node_id node : members) heard_from_[node.value()] = now;
    }

    /// A follower answered this leader.
    void hear(node_id follower, instant now) { heard_from_[follower.value()] = now; }

    /// The members, this one included, that answered this leader within an election timeout before
    /// `now`.
    [[nodiscard]] node_set hears(node_set members, node_id self, instant now) const {
        node_set heard{self};
        for (const node_id node : members) {
            if (now - heard_from_[node.value()] < timeout_) heard.insert(node);
        }
        return heard;
    }

    /// When the current standing has lasted too long. A leader has its own timers.
    [[nodiscard]] instant deadline() const {
        return is_leading() ? instant::never() : since_ + patience_;
    }
    [[nodiscard]] bool is_overdue(instant now) const { return now >= deadline(); }

    friend bool operator==(const leadership&, const leadership&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(standing_);
        sink.add(leader_);
        sink.add(heard_);
        sink.add(since_);
        sink.add(patience_);
        sink.add(granted_);
        sink.add(probe_);
        sink.add(heard_from_);
        sink.add(random_);
        sink.add(hears_candidate_);
    }

private:
    [[gnu::noinline, gnu::cold]] void change(ballot leader, instant now) {
        standing_ = synod::standing::follower;
        leader_ = leader;
        wait(now);
    }

    void wait(instant now) {
        hears_candidate_ = false;
        since_ = now;
        patience_ = random_.stretched(timeout_);
    }

    synod::standing standing_ = synod::standing::follower;
    duration timeout_;
    ballot leader_;
    instant heard_ =
        instant::never();      // when leader_ spoke last; never() when it is not to be waited for
    instant since_;            // the last sign of life, or the start of the current standing
    duration patience_;        // how long to wait after it
    node_set granted_;         // answers to the current probe
    std::uint64_t probe_ = 0;  // its number
    std::array<instant, max_nodes> heard_from_{};  // by follower, while leading
    bool hears_candidate_ = false;                 // since_ is when one spoke
    prng random_;
};

}  // namespace synod::inline SYNOD_ABI
