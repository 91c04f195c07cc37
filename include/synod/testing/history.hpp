// synod/testing/history.hpp - what processes called, and what came back, in the order in which it
// happened.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/ids.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// One caller of a history. It calls one operation at a time.
using process_id = id<struct process_tag, std::uint64_t>;

/// One operation, as a model sees it: who asked what, and what was answered. Without an output
/// nobody saw the answer.
template <class Input, class Output>
struct operation {
    process_id process;
    Input input;
    std::optional<Output> output;
};

/// How an operation ended.
enum class ending {
    pending,    // not yet: it may or may not have taken effect, and may still do so
    returned,   // it took effect before it returned
    failed,     // it took no effect, and never will
    abandoned,  // nobody waits for it: it may or may not have taken effect, and may still do so
};

/// One operation and its place among the events of its history, which are counted from zero.
template <class Input, class Output>
struct recorded_operation {
    testing::operation<Input, Output> operation;
    std::size_t called = 0;
    std::optional<std::size_t> ended;  // absent while pending
    testing::ending ending = testing::ending::pending;
};

/// Records what processes call and what comes back. Each member function that takes a process
/// appends one event, and only the order of events counts: record what happens at the moment, real
/// or simulated, at which it happens. Not thread-safe.
template <class Input, class Output>
class history {
public:
    using operation_type = recorded_operation<Input, Output>;

    /// `process` calls an operation. Precondition: it has none pending.
    void invoke(process_id process, Input input) {
        const bool is_free = pending_.emplace(process, operations_.size()).second;
        SYNOD_ASSERT(is_free);
        operations_.push_back({{process, std::move(input), std::nullopt}, events_++, {}});
    }

    /// The pending operation of `process` returns `output`. Precondition of this and of what
    /// follows: it has one pending.
    void complete(process_id process, Output output) {
        end(process, ending::returned).operation.output = std::move(output);
    }

    /// The pending operation of `process` has taken effect, and its answer is not known.
    void complete_unseen(process_id process) { end(process, ending::returned); }

    /// The pending operation of `process` has taken no effect and never will.
    void fail(process_id process) { end(process, ending::failed); }

    /// `process` no longer waits for its pending operation, which stays open for ever, and may call
    /// another one.
    void abandon(process_id process) { end(process, ending::abandoned); }

    [[nodiscard]] bool is_pending(process_id process) const { return pending_.contains(process); }

    /// How many events there are: calls, and ends of calls.
    [[nodiscard]] std::size_t events() const { return events_; }

    /// All operations, in the order of their calls.
    [[nodiscard]] const std::vector<operation_type>& operations() const { return operations_; }

private:
    operation_type& end(process_id process, testing::ending how) {
        const auto found = pending_.find(process);
        SYNOD_ASSERT(found != pending_.end());
        operation_type& ended = operations_[found->second];
        pending_.erase(found);
        ended.ended = events_++;
        ended.ending = how;
        return ended;
    }

    std::vector<operation_type> operations_;
    std::map<process_id, std::size_t> pending_;  // indices into operations_
    std::size_t events_ = 0;
};

}  // namespace synod::inline SYNOD_ABI::testing
