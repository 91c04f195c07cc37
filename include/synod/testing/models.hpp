// synod/testing/models.hpp - models of a compare-and-set register, of keys with texts, and of
// mutexes.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/history.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace synod::inline SYNOD_ABI::testing {

/// A register of a number that can be absent, as it is at first.
struct cas_register_model {
    using value = std::int64_t;

    enum class function { read, write, compare_and_set };

    struct input {
        cas_register_model::function function = function::read;
        value expected = 0;  // by a compare-and-set
        value desired = 0;   // by a write or a compare-and-set
    };
    struct output {
        std::optional<value> seen;  // by a read; nothing when the value is absent
        bool succeeded = true;      // of a compare-and-set: false when it saw another value
    };
    struct state {
        std::optional<value> content;

        friend bool operator==(const state&, const state&) = default;

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(content.has_value());
            sink.add(content.value_or(0));
        }
    };

    [[nodiscard]] state initial() const { return {}; }

    [[nodiscard]] bool step(state& now, const operation<input, output>& next) const {
        switch (next.input.function) {
            case function::read: return !next.output || next.output->seen == now.content;
            case function::write: now.content = next.input.desired; return true;
            case function::compare_and_set: break;
        }
        const bool succeeds = now.content == next.input.expected;
        if (succeeds) now.content = next.input.desired;
        return !next.output || next.output->succeeded == succeeds;
    }
};

/// A text at each key, empty at first.
struct kv_append_model {
    enum class function { get, put, append };

    struct input {
        kv_append_model::function function = function::get;
        std::string key;
        std::string text;  // of a put or an append
    };
    using output = std::string;  // the text that a get saw; nothing is asked of the others'
    using state = std::string;

    [[nodiscard]] const std::string& key(const input& asked) const { return asked.key; }

    [[nodiscard]] state initial() const { return {}; }

    [[nodiscard]] bool step(state& now, const operation<input, output>& next) const {
        switch (next.input.function) {
            case function::get: return !next.output || *next.output == now;
            case function::put: now = next.input.text; return true;
            case function::append: break;
        }
        now += next.input.text;
        return true;
    }
};

/// Mutexes by name, all free at first, each held by one process at most. Record an acquire that
/// gave up as failed: it says nothing about the mutex. One that was answered that the mutex is held
/// has an output that says so.
struct mutex_model {
    enum class function { acquire, release };

    struct input {
        mutex_model::function function = function::acquire;
        std::string mutex;
    };
    struct output {
        /// False: held when acquired, or not held by this process when released.
        bool succeeded = true;
    };
    struct state {
        std::optional<process_id> holder;

        friend bool operator==(const state&, const state&) = default;

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(holder.has_value());
            sink.add(holder.value_or(process_id()));
        }
    };

    [[nodiscard]] const std::string& key(const input& asked) const { return asked.mutex; }

    [[nodiscard]] state initial() const { return {}; }

    [[nodiscard]] bool step(state& now, const operation<input, output>& next) const {
        const bool acquires = next.input.function == function::acquire;
        const bool succeeds = acquires ? !now.holder : now.holder == next.process;
        if (succeeds) now.holder = acquires ? std::optional(next.process) : std::nullopt;
        return !next.output || next.output->succeeded == succeeds;
    }
};

}  // namespace synod::inline SYNOD_ABI::testing
