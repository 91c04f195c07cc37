// synod/client/errands.hpp - commands that a caller gives a session to carry, and what they have
// come to.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ordered.hpp>
#include <synod/base/queue.hpp>
#include <synod/client/parcel.hpp>

#include <system_error>
#include <utility>

namespace synod::inline SYNOD_ABI::client {

/// The end of an errand: its reply, or the error that stands in its place. `Reply` is lock::reply.
template <class Reply>
struct conclusion {
    request_id errand;
    std::error_code error;  // zero when there is a reply
    Reply reply;
};

/// Errands on their way, by id, and the ends of those that are over. All operations are logarithmic
/// in the number of errands.
template <class Command, class Reply>
class errands {
public:
    void add(request_id which, Command what) { commands_.emplace(which, std::move(what)); }

    /// Precondition: it is on its way.
    [[nodiscard]] const Command& command_of(request_id which) const { return commands_.at(which); }

    void finish(request_id which, const Reply& said) {
        commands_.erase(which);
        ended_.push_back({which, {}, said});
    }
    void fail(request_id which, std::error_code error) {
        commands_.erase(which);
        ended_.push_back({which, error, {}});
    }
    /// Nobody wants to know any more.
    void drop(request_id which) { commands_.erase(which); }

    /// Hands each end to `take(const conclusion&)`, in the order in which they came about. It may
    /// call back.
    template <class Take>
    void drain(Take&& take) {
        while (!ended_.empty()) {
            const conclusion<Reply> next = std::move(ended_.front());
            ended_.pop_front();
            take(next);
        }
    }

private:
    ordered_map<request_id, Command> commands_;
    queue<conclusion<Reply>> ended_;
};

}  // namespace synod::inline SYNOD_ABI::client
