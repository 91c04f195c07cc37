// synod/client/fence_gate.hpp - the resource's side of a lock: refuses whoever writes under a token
// that is too old.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/errc.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/result.hpp>
#include <synod/lock/command.hpp>

#include <concepts>
#include <system_error>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// What a `fence_gate` remembers: the highest tokens that it has admitted.
struct fence_marks {
    fencing_token shared;
    fencing_token exclusive;

    friend bool operator==(const fence_marks&, const fence_marks&) = default;
};

namespace detail {

template <class Keeper>
concept keeps_marks = requires(Keeper& keeper, const fence_marks& marks) {
    { keeper(marks) } -> std::same_as<std::error_code>;
};

}  // namespace detail

/// Makes marks durable.
/// - `keeper(marks)` returns no error only when a restart would find these marks, or higher ones.
template <class Keeper>
concept fence_keeper = std::movable<Keeper> && detail::keeps_marks<Keeper>;

/// Keeps nothing: for a resource that is gone when its process is.
struct forgetful_keeper {
    std::error_code operator()(const fence_marks& /*marks*/) const noexcept { return {}; }
};

/// Stands before one resource and admits writes by the token of the hold that they are made under.
/// It goes by tokens, never by the order in which they come: a holder that has been away and does
/// not know yet that its hold is gone is refused once anybody after it has written. (locks 3.11)
///
/// The marks are kept before the effect: when `admit` says yes, a restart remembers it. Not
/// thread-safe: whoever guards the resource guards its gate, and makes the write before it admits
/// the next.
template <fence_keeper Keeper = forgetful_keeper>
class fence_gate {
public:
    explicit fence_gate(Keeper keeper = {}, const fence_marks& kept = {})
        : keeper_(std::move(keeper)), marks_(kept) {}

    /// Whether a write under an exclusive hold may go on; nothing that follows an error may.
    /// Errors: stale_token; the keeper's.
    [[nodiscard]] std::error_code admit(fencing_token token) {
        return admit(token, lock::mode::exclusive);
    }

    /// The same for any mode. Shared holders pass one another, but nobody passes an exclusive one,
    /// and no exclusive one passes anybody.
    [[nodiscard]] std::error_code admit(fencing_token token, lock::mode mode) {
        if (!is_current(token, mode)) return errc::stale_token;
        fence_marks raised = marks_;
        fencing_token& mark = mode == lock::mode::exclusive ? raised.exclusive : raised.shared;
        if (token <= mark) return {};
        mark = token;
        if (const std::error_code error = keeper_(raised)) return error;
        marks_ = raised;
        return {};
    }

    [[nodiscard]] const fence_marks& marks() const { return marks_; }

private:
    /// No token at all is older than every token.
    [[nodiscard]] bool is_current(fencing_token token, lock::mode mode) const {
        if (token == fencing_token() || token < marks_.exclusive) return false;
        return mode != lock::mode::exclusive || token >= marks_.shared;
    }

    Keeper keeper_;
    fence_marks marks_;  // kept; only rise
};

}  // namespace synod::inline SYNOD_ABI
