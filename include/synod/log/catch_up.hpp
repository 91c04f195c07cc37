// synod/log/catch_up.hpp - asking for chosen slots that went past this node.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/paxos/backoff.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI {

/// When to ask for what is missing, and how often in vain: at once, again as soon as one answer is
/// used up, and again after a while without one.
class catch_up {
public:
    catch_up(duration first, duration longest, std::uint64_t seed) : retry_(first, longest, seed) {}

    /// Every slot below `next` is at hand, and every slot below `known_below` is chosen. Returns
    /// whether to ask now for the slots from `next` on, of which one answer brings `per_answer`.
    [[nodiscard]] bool should_ask(slot next, slot known_below, std::uint64_t per_answer,
                                  instant now) {
        if (next >= known_below) {
            rest();
            return false;
        }
        const bool is_waiting = retry_.is_armed() && next < answered_below_;
        if (is_waiting && !retry_.is_due(now)) return false;
        // What came in part, because some of it was lost or the sender keeps to less, came.
        const bool has_come = !retry_.is_armed() || next + per_answer > answered_below_;
        if (has_come) {
            retry_.relax();
        } else {
            ++turn_;
        }
        answered_below_ = next + per_answer;
        retry_.arm(now);
        return true;
    }

    /// Nothing is missing, or nobody is to be asked.
    void rest() {
        retry_.disarm();
        turn_ = 0;
    }

    /// How often somebody was asked in vain since nothing was missing. Who has answered goes on
    /// being asked.
    [[nodiscard]] std::uint32_t turn() const { return turn_; }

    /// Whether an answer is waited for.
    [[nodiscard]] bool is_asking() const { return retry_.is_armed(); }

    /// Whether the answer that is waited for may bring slot `at`.
    [[nodiscard]] bool has_asked_for(slot at) const { return is_asking() && at < answered_below_; }

    [[nodiscard]] instant deadline() const { return retry_.deadline(); }

    friend bool operator==(const catch_up&, const catch_up&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(retry_);
        sink.add(answered_below_);
        sink.add(turn_);
    }

private:
    backoff retry_;           // armed while something is missing
    slot answered_below_;     // the answer asked for reaches up to here
    std::uint32_t turn_ = 0;  // zero while nothing is missing
};

}  // namespace synod::inline SYNOD_ABI
