// tests/mutants/wrong_ear.hpp - what a lone learner hears.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/messages.hpp>

#include "mutants/mutant.hpp"

#include <map>
#include <utility>

namespace synod::mutants {

/// M20 takes a vote for one of every ballot with the same value.
template <class Value>
class wrong_ear {
public:
    void note(const accept<Value>& message) {
        if (is(mutant::m20)) values_[{message.at, message.ballot}] = message.value;
    }
    [[nodiscard]] accepted heard(accepted message) const {
        const auto asked = values_.find({message.at, message.ballot});
        if (asked == values_.end()) return message;
        for (const auto& [where, value] : values_) {
            if (where.first == message.at && value == asked->second) message.ballot = where.second;
        }
        return message;
    }

    friend bool operator==(const wrong_ear&, const wrong_ear&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(values_.size());
        for (const auto& [where, value] : values_) {
            sink.add(where.first);
            sink.add(where.second);
            sink.add(value);
        }
    }

private:
    std::map<std::pair<slot, ballot>, Value> values_;  // that votes were asked for
};

}  // namespace synod::mutants
