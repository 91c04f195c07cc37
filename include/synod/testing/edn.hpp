// synod/testing/edn.hpp - the part of EDN that recorded histories are written in.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// A text is not what it should be; `what()` says why.
class malformed_text : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A name that stands for itself, written with a colon, which `name` is without.
struct edn_keyword {
    std::string name;

    friend bool operator==(const edn_keyword&, const edn_keyword&) = default;
};

/// A value: nil, a number, a text, a keyword, or a vector of values.
struct edn_value {
    std::variant<std::monostate, std::int64_t, std::string, edn_keyword, std::vector<edn_value>>
        content;

    [[nodiscard]] bool is_nil() const { return std::holds_alternative<std::monostate>(content); }

    /// The content as a `T`, or nullptr when it is something else.
    template <class T>
    [[nodiscard]] const T* as() const {
        return std::get_if<T>(&content);
    }

    friend bool operator==(const edn_value& a, const edn_value& b) {
        return a.content == b.content;
    }
};

/// Reads a text from front to back. What cannot be read throws malformed_text.
class edn_reader {
public:
    /// `text` must outlive the reader.
    explicit edn_reader(std::string_view text) : left_(text) { skip_space(); }

    [[nodiscard]] bool is_at_end() const { return left_.empty(); }

    /// Whether `wanted` is next; if so it is taken.
    bool take(char wanted) {
        if (left_.empty() || left_.front() != wanted) return false;
        left_.remove_prefix(1);
        skip_space();
        return true;
    }

    /// The characters up to the next space, comma, quotation mark or bracket; at least one.
    std::string_view word() {
        const std::size_t length = std::min(left_.find_first_of(" \t\r,\"[]{}()"), left_.size());
        if (length == 0) throw malformed_text("a word is missing" + before_rest());
        const std::string_view taken = left_.substr(0, length);
        left_.remove_prefix(length);
        skip_space();
        return taken;
    }

    edn_value value() { return value_within(0); }

    /// A keyword's name. `meaning` says in the error what is missing.
    std::string keyword(std::string_view meaning) {
        const edn_value read = value();
        if (const auto* found = read.as<edn_keyword>()) return found->name;
        throw malformed_text(std::string(meaning) + " is not a keyword");
    }

    void expect_end() const {
        if (!left_.empty()) throw malformed_text("there is more than expected" + before_rest());
    }

private:
    static constexpr std::size_t deepest = 16;  // vectors within vectors

    edn_value value_within(std::size_t depth) {
        if (left_.empty()) throw malformed_text("a value is missing at the end");
        if (left_.front() == '"') return {text()};
        if (left_.front() == '[') return {elements(depth + 1)};
        const std::string_view read = word();
        if (read == "nil") return {};
        if (read.front() == ':' && read.size() > 1) {
            return {edn_keyword{std::string(read.substr(1))}};
        }
        return {number(read)};
    }

    static std::int64_t number(std::string_view digits) {
        std::int64_t read = 0;
        const char* const end = std::to_address(digits.end());
        const auto [stopped, error] = std::from_chars(std::to_address(digits.begin()), end, read);
        if (error != std::errc() || stopped != end) {
            throw malformed_text("'" + std::string(digits) +
                                 "' is neither nil nor a number nor a keyword");
        }
        return read;
    }

    std::vector<edn_value> elements(std::size_t depth) {
        if (depth > deepest) throw malformed_text("vectors are nested too deeply");
        take('[');
        std::vector<edn_value> all;
        while (!take(']')) all.push_back(value_within(depth));
        return all;
    }

    std::string text() {
        std::string read;
        left_.remove_prefix(1);
        while (!left_.empty() && left_.front() != '"') read += character();
        if (left_.empty()) throw malformed_text("a text does not end");
        take('"');
        return read;
    }

    /// The next character of a text.
    char character() {
        const bool is_escaped = left_.starts_with('\\') && left_.size() > 1;
        if (is_escaped) left_.remove_prefix(1);
        const char plain = left_.front();
        left_.remove_prefix(1);
        if (!is_escaped) return plain;
        switch (plain) {
            case 'n': return '\n';
            case 't': return '\t';
            case 'r': return '\r';
            case '"':
            case '\\': return plain;
            default: throw malformed_text(std::string("unknown escape \\") + plain);
        }
    }

    void skip_space() {
        left_.remove_prefix(std::min(left_.find_first_not_of(" \t\r,"), left_.size()));
    }

    [[nodiscard]] std::string before_rest() const {
        return left_.empty() ? " at the end" : " before '" + std::string(left_) + "'";
    }

    std::string_view left_;
};

}  // namespace synod::inline SYNOD_ABI::testing
