// synod/testing/contents.hpp - random values, records' values and messages of every kind.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/one_of.hpp>
#include <synod/base/prng.hpp>
#include <synod/log/entry.hpp>
#include <synod/paxos/messages.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>

namespace synod::inline SYNOD_ABI::testing {

class contents;

/// Makes a random `Value` for the kits: `make(contents&)`. Numbers, texts and entries are made
/// already; whoever has another value specialises it.
template <class Value>
struct value_maker;

/// Random contents for messages and records. The same seed makes the same.
class contents {
public:
    static constexpr std::uint64_t usual_longest = 65'536;  // bytes

    /// Buffers come from `pool`, which may be shared by many; what has a length has at most
    /// `longest` bytes.
    contents(std::uint64_t seed, buffer_pool& pool, std::uint64_t longest = usual_longest)
        : random_(seed), pool_(&pool), longest_(longest) {}

    [[nodiscard]] prng& random() { return random_; }
    [[nodiscard]] buffer_pool& pool() { return *pool_; }

    template <class Value>
    [[nodiscard]] Value value() {
        return value_maker<Value>::make(*this);
    }

    /// A number of bytes: mostly a few, now and then none or very many.
    [[nodiscard]] std::size_t length() {
        const std::uint64_t bounds[] = {1, 16, 16, 16, 64, 64, 256, longest_};
        const std::uint64_t bound = bounds[random_.below(std::size(bounds))];
        return static_cast<std::size_t>(random_.below(std::min(bound, longest_) + 1));
    }

    [[nodiscard]] bytes some_bytes(std::size_t size) {
        bytes made(size);
        for (std::byte& one : made) one = static_cast<std::byte>(random_.next());
        return made;
    }

    [[nodiscard]] synod::ballot ballot() {
        return {1 + random_.below(synod::ballot::max_round),
                node_id(static_cast<std::uint32_t>(random_.below(max_nodes)))};
    }

    template <class Value>
    [[nodiscard]] synod::vote<Value> vote() {
        return {slot(random_.next()), ballot(), value<Value>()};
    }

    /// One of the messages of a set, which may be a std::variant, a one_of, or a set of sets.
    /// `kind` says which: random numbers make all of them, equal ones the same.
    template <class Set>
    [[nodiscard]] Set message(std::uint64_t kind) {
        Set made;
        choose(made, kind);
        return made;
    }

private:
    template <template <class...> class Set, class... Messages>
    void choose(Set<Messages...>& any, std::uint64_t kind) {
        std::uint64_t left = kind % sizeof...(Messages);
        const std::uint64_t rest = kind / sizeof...(Messages);
        static_cast<void>(((left-- == 0 && (make<Messages>(any, rest), true)) || ...));
    }

    template <class Message, class Set>
    void make(Set& any, std::uint64_t kind) {
        Message one;
        if constexpr (requires { one.header; }) {
            fill(one);
        } else {
            choose(one, kind);
        }
        any = Set(std::move(one));
    }

    template <class Message>
    void fill(Message& one) {
        one.header = {cluster_id(random_.next()), incarnation(random_.next())};
        fill_slots(one);
        if constexpr (requires { one.ballot; }) one.ballot = ballot();
        if constexpr (requires { one.beaten; }) one.beaten = ballot();
        if constexpr (requires { one.promised; }) one.promised = ballot();
        if constexpr (requires { one.sequence; }) one.sequence = random_.next();
        if constexpr (requires { one.complete; }) one.complete = random_.below(2) == 0;
        if constexpr (requires { one.value; }) one.value = value<decltype(one.value)>();
        if constexpr (requires { one.vote; }) {
            one.vote = vote<decltype(one.vote.value)>();
        }
        if constexpr (requires { one.votes; }) fill_votes(one.votes);
    }

    template <class Message>
    void fill_slots(Message& one) {
        if constexpr (requires { one.at; }) one.at = slot(random_.next());
        if constexpr (requires { one.from; }) one.from = slot(random_.next());
        if constexpr (requires { one.next; }) one.next = slot(random_.next());
        if constexpr (requires { one.first; }) one.first = slot(random_.next());
        if constexpr (requires { one.chosen_below; }) one.chosen_below = slot(random_.next());
        if constexpr (requires { one.applied_below; }) one.applied_below = slot(random_.next());
    }

    template <class Votes>
    void fill_votes(Votes& votes) {
        for (std::uint64_t left = random_.below(5); left > 0; --left) {
            votes.push_back(vote<decltype(votes.front().value)>());
        }
    }

    prng random_;
    buffer_pool* pool_;
    std::uint64_t longest_;
};

template <std::integral Number>
struct value_maker<Number> {
    static Number make(contents& from) { return static_cast<Number>(from.random().next()); }
};

template <>
struct value_maker<std::string> {
    static std::string make(contents& from) {
        return std::string(as_text(from.some_bytes(from.length())));
    }
};

/// Entries of every kind, those of commands with none to four of them.
template <>
struct value_maker<entry> {
    static entry make(contents& from) {
        prng& random = from.random();
        const auto kind = static_cast<entry_kind>(random.below(3));
        bytes frames;
        std::uint32_t count = 0;
        if (kind == entry_kind::commands) {
            count = static_cast<std::uint32_t>(random.below(5));
            byte_writer out(frames);
            for (std::uint32_t left = count; left > 0; --left) {
                out.block(from.some_bytes(from.length()));
            }
        }
        const auto elapsed = static_cast<std::uint32_t>(random.next());
        return entry::make(from.pool(), kind, from.ballot(), elapsed, count, frames);
    }
};

}  // namespace synod::inline SYNOD_ABI::testing
