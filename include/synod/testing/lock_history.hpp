// synod/testing/lock_history.hpp - what the clients of a lock service asked and were told, in the order in which it happened.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// One operation on one lock, as its caller saw it.
struct lock_operation {
    enum class kind : std::uint8_t {
        acquire,  // ended with `token`
        attempt,  // would not wait, and met somebody
        release,  // of `token`
        read,     // saw `token`, or none
    };
    static constexpr std::uint64_t open = ~std::uint64_t{0};

    kind is = kind::acquire;
    std::size_t lock = 0;
    fencing_token token;
    std::uint64_t called = 0;       // when, as the number of an event of the history
    std::uint64_t returned = open;  // likewise; open where nobody was told how it ended
};

/// All operations of one run.
class lock_history {
public:
    using number = std::size_t;

    /// An operation begins.
    number call(lock_operation::kind is, std::size_t lock, fencing_token token = {}) {
        operations_.push_back({is, lock, token, ++events_});
        return operations_.size() - 1;
    }

    /// It ended, with that token.
    void finish(number which, fencing_token token) {
        operations_[which].token = token;
        operations_[which].returned = ++events_;
    }
    void finish(number which, lock_operation::kind is) {
        operations_[which].is = is;
        operations_[which].returned = ++events_;
    }

    [[nodiscard]] const std::vector<lock_operation>& operations() const { return operations_; }

private:
    std::vector<lock_operation> operations_;
    std::uint64_t events_ = 0;
};

}  // namespace synod::inline SYNOD_ABI::testing
