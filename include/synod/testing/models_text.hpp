// synod/testing/models_text.hpp - how the operations of registers, keys with texts, and mutexes are
// written.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/edn.hpp>
#include <synod/testing/history_text.hpp>
#include <synod/testing/models.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

namespace detail {

[[noreturn]] inline void refuse_function(const event_text& call) {
    throw malformed_text("unknown function :" + call.function);
}

inline void expect_nil(const event_text& event) {
    if (!event.value.is_nil())
        throw malformed_text("the value of :" + event.function + " is not nil");
}

/// What changes something is answered with what was asked for.
inline void expect_echo(const event_text& call, const event_text& answer) {
    if (!(answer.value == call.value)) {
        throw malformed_text("the answer to :" + call.function +
                             " has another value than the call");
    }
}

template <class T>
[[nodiscard]] const T& value_as(const edn_value& value, std::string_view wanted) {
    if (const T* found = value.as<T>()) return *found;
    throw malformed_text("the value is not " + std::string(wanted));
}

}  // namespace detail

/// `:read` of nil or a number, `:write` of a number, `:cas` of a vector [expected desired]. A read
/// that failed with `:timed-out` was not seen; a compare-and-set that failed did not happen,
/// whatever the register held.
template <>
struct operation_text<cas_register_model> {
    using function = cas_register_model::function;

    [[nodiscard]] static cas_register_model::input input(const event_text& call) {
        if (call.key) throw malformed_text("a register has no key");
        if (call.function == "read") {
            testing::detail::expect_nil(call);
            return {function::read};
        }
        if (call.function == "write") return {function::write, 0, number(call.value)};
        if (call.function != "cas") testing::detail::refuse_function(call);
        const auto& both =
            testing::detail::value_as<std::vector<edn_value>>(call.value, "[expected desired]");
        if (both.size() != 2) throw malformed_text("the value is not [expected desired]");
        return {function::compare_and_set, number(both[0]), number(both[1])};
    }

    [[nodiscard]] static cas_register_model::output output(const event_text& call,
                                                           const event_text& answer) {
        if (call.function == "read") {
            if (answer.value.is_nil()) return {};
            return {number(answer.value)};
        }
        testing::detail::expect_echo(call, answer);
        return {};
    }

    [[nodiscard]] static bool is_unseen(const event_text& failure) {
        return failure.function == "read" && failure.value == edn_value{edn_keyword{"timed-out"}};
    }

private:
    [[nodiscard]] static std::int64_t number(const edn_value& value) {
        return testing::detail::value_as<std::int64_t>(value, "a number");
    }
};

/// `:get` of nil, answered with a text; `:put` and `:append` of a text; each with a `:key`.
template <>
struct operation_text<kv_append_model> {
    using function = kv_append_model::function;

    [[nodiscard]] static kv_append_model::input input(const event_text& call) {
        if (!call.key) throw malformed_text("there is no :key");
        if (call.function == "get") {
            testing::detail::expect_nil(call);
            return {function::get, *call.key, {}};
        }
        if (call.function == "put") return {function::put, *call.key, text(call.value)};
        if (call.function != "append") testing::detail::refuse_function(call);
        return {function::append, *call.key, text(call.value)};
    }

    [[nodiscard]] static std::string output(const event_text& call, const event_text& answer) {
        if (call.function == "get") return text(answer.value);
        testing::detail::expect_echo(call, answer);
        return {};
    }

    [[nodiscard]] static bool is_unseen(const event_text& /*failure*/) { return false; }

private:
    [[nodiscard]] static const std::string& text(const edn_value& value) {
        return testing::detail::value_as<std::string>(value, "a text");
    }
};

/// `:acquire` and `:release` of nil; with several mutexes, a `:key` names one.
template <>
struct operation_text<mutex_model> {
    using function = mutex_model::function;

    [[nodiscard]] static mutex_model::input input(const event_text& call) {
        testing::detail::expect_nil(call);
        const std::string mutex = call.key.value_or("");
        if (call.function == "acquire") return {function::acquire, mutex};
        if (call.function != "release") testing::detail::refuse_function(call);
        return {function::release, mutex};
    }

    [[nodiscard]] static mutex_model::output output(const event_text& call,
                                                    const event_text& answer) {
        testing::detail::expect_echo(call, answer);
        return {};
    }

    [[nodiscard]] static bool is_unseen(const event_text& /*failure*/) { return false; }
};

}  // namespace synod::inline SYNOD_ABI::testing
