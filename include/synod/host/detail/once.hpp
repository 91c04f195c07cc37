// synod/host/detail/once.hpp - a function that is called once at most, and may own what cannot be copied.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace synod::inline SYNOD_ABI::host::detail {

/// Any callable that takes `Arguments`. Movable; empty by default and after the call.
template <class... Arguments>
class once {
public:
    once() = default;

    template <class Function>
        requires(!std::same_as<std::remove_cvref_t<Function>, once> &&
                 std::invocable<std::decay_t<Function>&, Arguments...>)
    once(Function&& function)
        : body_(
              std::make_unique<holder<std::decay_t<Function>>>(std::forward<Function>(function))) {}

    /// Precondition: not empty.
    void operator()(Arguments... arguments) {
        SYNOD_ASSERT(body_ != nullptr);
        const auto body = std::move(body_);
        body->call(std::forward<Arguments>(arguments)...);
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

    std::unique_ptr<callable> body_;
};

}  // namespace synod::inline SYNOD_ABI::host::detail
