// synod/paxos/text_log.hpp - an observer that writes one line for each event, to wherever the host
// wants it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/format.hpp>
#include <synod/paxos/observer.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// The name of a reason, as in the source.
[[nodiscard]] constexpr std::string_view to_text(refusal why) {
    switch (why) {
        case refusal::wrong_cluster: return "wrong_cluster";
        case refusal::unknown_sender: return "unknown_sender";
        case refusal::wrong_incarnation: return "wrong_incarnation";
        case refusal::invalid_ballot: return "invalid_ballot";
        case refusal::invalid_slot: return "invalid_slot";
        case refusal::promised_higher: return "promised_higher";
        case refusal::forgotten_slot: return "forgotten_slot";
        case refusal::beyond_window: return "beyond_window";
        case refusal::stale_reply: return "stale_reply";
        case refusal::malformed: return "malformed";
        case refusal::too_large: return "too_large";
        case refusal::unexpected: return "unexpected";
    }
    return "unknown";
}

/// Calls `sink(std::string_view)` with a line for each event, without a line break. A member of a
/// policy: `policy<majority, text_log<Sink>>{.quorums = ..., .observer = text_log(sink)}`. Copies
/// of the policy copy the sink. Allocates for each line: for people, not for the hot path.
template <std::invocable<std::string_view> Sink>
class text_log {
public:
    explicit text_log(Sink sink) : sink_(std::move(sink)) {}

    void refused(node_id from, refusal why) {
        write("refused a message from node " + to_string(from) + ": " + std::string(to_text(why)));
    }
    void promised(ballot promised) { write("promised ballot " + to_string(promised)); }
    void accepted(slot at, ballot voted) {
        write("voted in slot " + to_string(at) + ", ballot " + to_string(voted));
    }
    void chosen(slot below) { write("every slot below " + to_string(below) + " is chosen"); }
    void elected(ballot leading) { write("leads with ballot " + to_string(leading)); }
    void stepped_down(ballot led) { write("gave ballot " + to_string(led) + " up"); }
    void applied(slot at) { write("applied slot " + to_string(at)); }
    void fell_behind(slot needed, slot first_kept) {
        write("fell behind: needs slot " + to_string(needed) +
              ", the others have forgotten those below " + to_string(first_kept));
    }
    void failed(const std::error_code& error) { write("the storage failed: " + error.message()); }

private:
    void write(const std::string& line) { sink_(std::string_view(line)); }

    Sink sink_;
};

}  // namespace synod::inline SYNOD_ABI
