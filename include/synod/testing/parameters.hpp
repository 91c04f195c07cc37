// synod/testing/parameters.hpp - keys and values that a person wrote, read with their bounds; none
// is overlooked.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// Says in words what is wrong with a parameter, for the person who wrote it.
class bad_parameter : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Parameters as written, such as `acceptors=3`. Each read names the key, what holds if it is
/// absent, and what is allowed.
class parameters {
public:
    /// Adds one. Throws bad_parameter if the key is empty or there is one of that key.
    void set(std::string key, std::string value) {
        if (key.empty()) throw bad_parameter("a value without a name: " + value);
        if (find(key) != nullptr) throw bad_parameter(key + " is given twice");
        all_.push_back({std::move(key), std::move(value), false});
    }

    /// The number of `key`. Throws bad_parameter unless it is a whole number from `least` to
    /// `most`.
    [[nodiscard]] std::uint32_t number(std::string_view key, std::uint32_t usual,
                                       std::uint32_t least, std::uint32_t most) {
        const std::string* const text = read(key);
        if (text == nullptr) return usual;
        std::uint32_t value = 0;
        const char* const end = text->data() + text->size();
        const auto [rest, error] = std::from_chars(text->data(), end, value);
        if (error != std::errc() || rest != end || value < least || value > most) {
            throw bad_parameter(std::string(key) + " is " + *text + ", and must be a number from " +
                                std::to_string(least) + " to " + std::to_string(most));
        }
        return value;
    }

    /// The word of `key`, the first of `choices` if it is absent; there is one at least. Throws
    /// bad_parameter unless it is one of them.
    [[nodiscard]] std::string choice(std::string_view key,
                                     const std::vector<std::string_view>& choices) {
        const std::string* const text = read(key);
        if (text == nullptr) return std::string(choices.front());
        if (std::ranges::find(choices, *text) != choices.end()) return *text;
        std::string allowed;
        for (const std::string_view one : choices)
            allowed.append(allowed.empty() ? "" : ", ").append(one);
        throw bad_parameter(std::string(key) + " is " + *text + ", and must be one of " + allowed);
    }

    /// Throws bad_parameter if there is one that nobody has read.
    void refuse_unread() const {
        for (const parameter& one : all_) {
            if (!one.was_read) throw bad_parameter("unknown parameter " + one.key);
        }
    }

    /// All of them as written, ` key=value` each.
    [[nodiscard]] std::string text() const {
        std::string line;
        for (const parameter& one : all_) line += ' ' + one.key + '=' + one.value;
        return line;
    }

private:
    struct parameter {
        std::string key;
        std::string value;
        bool was_read;
    };

    [[nodiscard]] parameter* find(std::string_view key) {
        for (parameter& one : all_) {
            if (one.key == key) return &one;
        }
        return nullptr;
    }

    [[nodiscard]] const std::string* read(std::string_view key) {
        parameter* const one = find(key);
        if (one == nullptr) return nullptr;
        one->was_read = true;
        return &one->value;
    }

    std::vector<parameter> all_;  // in the order written
};

}  // namespace synod::inline SYNOD_ABI::testing
