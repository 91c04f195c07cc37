// synod/testing/history_text.hpp - reads histories that Jepsen, or somebody who writes as it does,
// has recorded.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/format.hpp>
#include <synod/testing/edn.hpp>
#include <synod/testing/history.hpp>
#include <synod/testing/linearizability_model.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// What one line tells of an operation.
enum class event_kind {
    invoke,  // a process calls it
    ok,      // it happened, and this is its answer
    fail,    // it did not happen
    info,    // it may or may not have happened
};

/// One line of a recorded history.
struct event_text {
    process_id process;
    event_kind kind = event_kind::invoke;
    std::string function;
    std::optional<std::string> key;
    edn_value value;
};

/// How the operations of a `Model` are written. A specialisation has three functions, which throw
/// malformed_text:
/// - `input(call)` is what is asked by an event of kind `invoke`;
/// - `output(call, answer)` is what an event of kind `ok` answers;
/// - `is_unseen(failure)` says whether an event of kind `fail` only means that nobody saw the
///   answer.
template <class Model>
struct operation_text;

/// A history and the lines it was read from.
template <linearizability_model Model>
struct read_history {
    struct line {
        std::size_t number = 0;  // counted from one
        std::string text;
    };

    history_of<Model> events;
    std::vector<line> lines;  // one an event
};

namespace detail {

[[nodiscard]] inline event_kind kind_named(const std::string& name) {
    if (name == "invoke") return event_kind::invoke;
    if (name == "ok") return event_kind::ok;
    if (name == "fail") return event_kind::fail;
    if (name == "info") return event_kind::info;
    throw malformed_text("unknown type of event :" + name);
}

[[nodiscard]] inline process_id event_process(const edn_value& value) {
    const auto* number = value.as<std::int64_t>();
    if (number == nullptr || *number < 0)
        throw malformed_text("the process is not a natural number");
    return process_id(static_cast<std::uint64_t>(*number));
}

/// The line of a log after its words of introduction: process, type, function, value.
[[nodiscard]] inline event_text event_of_log(edn_reader& line) {
    for (const std::string_view expected : {"INFO", "jepsen.util", "-"}) {
        if (line.word() != expected) {
            throw malformed_text("neither an operation map nor a line of Jepsen's log");
        }
    }
    event_text read;
    read.process = event_process(line.value());
    read.kind = kind_named(line.keyword("the type"));
    read.function = line.keyword("the function");
    read.value = line.value();
    return read;
}

/// An operation map, a field at a time.
class event_map {
public:
    [[nodiscard]] static event_text read(edn_reader& line) {
        event_map map;
        while (!line.take('}')) map.field(line);
        for (std::size_t i = 0; i < required; ++i) {
            if (!map.seen_.at(i))
                throw malformed_text(":" + std::string(names.at(i)) + " is missing");
        }
        return std::move(map.event_);
    }

private:
    static constexpr std::array<std::string_view, 8> names{"process", "type", "f",     "value",
                                                           "key",     "time", "index", "error"};
    static constexpr std::size_t required = 4;

    void field(edn_reader& line) {
        const std::string name = line.keyword("a field's name");
        const auto* const found = std::ranges::find(names, name);
        if (found == names.end()) throw malformed_text("unknown field :" + name);
        bool& is_seen = seen_.at(static_cast<std::size_t>(found - names.begin()));
        if (std::exchange(is_seen, true)) throw malformed_text(":" + name + " stands there twice");
        if (name == "type") {
            event_.kind = kind_named(line.keyword(":type"));
        } else if (name == "f") {
            event_.function = line.keyword(":f");
        } else {
            assign(name, line.value());
        }
    }

    /// The time, the index and the error say nothing about what happened.
    void assign(const std::string& name, edn_value value) {
        if (name == "process") {
            event_.process = event_process(value);
        } else if (name == "value") {
            event_.value = std::move(value);
        } else if (name == "key") {
            const auto* text = value.as<std::string>();
            if (text == nullptr) throw malformed_text("the key is not a text");
            event_.key = *text;
        }
    }

    event_text event_;
    std::array<bool, names.size()> seen_{};
};

/// Turns events as they are written into those of a history.
template <linearizability_model Model>
class history_builder {
    using text = operation_text<Model>;

public:
    void add(const event_text& event) {
        if (event.kind == event_kind::invoke) return call(event);
        const auto found = calls_.find(event.process);
        if (found == calls_.end()) {
            throw malformed_text("process " + to_string(event.process) + " has called nothing");
        }
        const event_text& called = found->second;
        if (event.function != called.function || event.key != called.key) {
            throw malformed_text("process " + to_string(event.process) +
                                 " has called something else");
        }
        end(called, event);
        calls_.erase(found);
    }

    [[nodiscard]] history_of<Model> take() { return std::move(events_); }

private:
    void call(const event_text& event) {
        if (calls_.contains(event.process)) {
            throw malformed_text("process " + to_string(event.process) +
                                 " still waits for an answer");
        }
        events_.invoke(event.process, text::input(event));
        calls_.emplace(event.process, event);
    }

    void end(const event_text& called, const event_text& event) {
        switch (event.kind) {
            case event_kind::invoke: break;
            case event_kind::ok:
                return events_.complete(event.process, text::output(called, event));
            case event_kind::fail:
                return text::is_unseen(event) ? events_.complete_unseen(event.process)
                                              : events_.fail(event.process);
            case event_kind::info: return events_.abandon(event.process);
        }
    }

    history_of<Model> events_;
    std::map<process_id, event_text> calls_;  // pending
};

}  // namespace detail

/// Reads one line: an operation map such as `{:process 0, :type :invoke, :f :read, :value nil}`, or
/// a line of Jepsen's log such as `INFO jepsen.util - 0 :invoke :read nil`. Throws malformed_text.
[[nodiscard]] inline event_text read_event(std::string_view line) {
    edn_reader reader(line);
    event_text read = reader.take('{') ? testing::detail::event_map::read(reader)
                                       : testing::detail::event_of_log(reader);
    reader.expect_end();
    return read;
}

/// Reads a history, one event a line; empty lines say nothing. Throws malformed_text, which names
/// `file`, the line and the reason, for a line that cannot be read or cannot follow those before,
/// for a text without events, and when `in` cannot be read.
template <linearizability_model Model>
[[nodiscard]] read_history<Model> read_history_from(std::istream& in, const std::string& file) {
    read_history<Model> read;
    testing::detail::history_builder<Model> builder;
    std::string text;
    for (std::size_t number = 1; std::getline(in, text); ++number) {
        if (edn_reader(text).is_at_end()) continue;
        try {
            builder.add(read_event(text));
        } catch (const malformed_text& reason) {
            throw malformed_text(file + ':' + std::to_string(number) + ": " + reason.what());
        }
        read.lines.push_back({number, text});
    }
    if (in.bad()) throw malformed_text(file + ": cannot be read");
    if (read.lines.empty()) throw malformed_text(file + ": there are no events");
    read.events = builder.take();
    return read;
}

}  // namespace synod::inline SYNOD_ABI::testing
