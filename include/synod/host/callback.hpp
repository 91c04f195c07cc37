// synod/host/callback.hpp - a function to call later, without what <functional> brings along.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/host/detail/owners.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace synod::inline SYNOD_ABI::host {

/// Any callable that takes `Arguments`, also one that can be moved only. Empty by default. Copies
/// share what they call.
template <class... Arguments>
class callback {
public:
    callback() = default;

    template <class Function>
        requires(!std::same_as<std::remove_cvref_t<Function>, callback> &&
                 std::invocable<std::decay_t<Function>&, Arguments...>)
    callback(Function&& function)
        : body_(
              std::make_shared<holder<std::decay_t<Function>>>(std::forward<Function>(function))) {}

    /// Precondition: not empty.
    void operator()(Arguments... arguments) const {
        SYNOD_ASSERT(body_ != nullptr);
        body_->call(std::forward<Arguments>(arguments)...);
    }

    [[nodiscard]] explicit operator bool() const { return body_ != nullptr; }

private:
    struct callable {
        callable() = default;
        callable(const callable&) = delete;
        callable& operator=(const callable&) = delete;
        virtual ~callable() = default;
        virtual void call(Arguments... arguments) = 0;
    };

    template <class Function>
    struct holder final : callable {
        explicit holder(Function from) : function(std::move(from)) {}
        void call(Arguments... arguments) override {
            function(std::forward<Arguments>(arguments)...);
        }
        Function function;
    };

    std::shared_ptr<callable> body_;
};

}  // namespace synod::inline SYNOD_ABI::host
