// tests/explore/roles_network.hpp - messages in flight between roles: what they say in words, and a
// bag of them.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/paxos/messages.hpp>
#include <synod/testing/interning.hpp>

#include "explore/modelled_disk.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace explore {

using roles_message = synod::paxos_message<int>;

enum class role_kind : std::uint8_t { acceptor, proposer, learner };

/// One role of a world. Acceptor 0 and proposer 0 have the same node; only the learner has one of
/// its own.
struct role_name {
    role_kind kind;
    synod::node_id node;

    friend bool operator==(const role_name&, const role_name&) = default;

    friend std::string to_string(const role_name& name) {
        if (name.kind == role_kind::learner) return "the learner";
        const char* const word = name.kind == role_kind::acceptor ? "acceptor " : "proposer ";
        return word + std::to_string(name.node.value());
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(kind);
        sink.add(node);
    }
};

/// A message on its way.
struct roles_letter {
    role_name from;
    role_name to;
    roles_message message{};

    friend bool operator==(const roles_letter&, const roles_letter&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(from);
        sink.add(to);
        sink.add(message.index());
        message.visit([&](const auto& one) { sink.add(one); });
    }
};

using letter_number = synod::testing::interned<roles_letter, std::uint16_t>;

[[nodiscard]] inline std::string text_of(synod::ballot ballot) {
    return std::to_string(ballot.round()) + '.' + std::to_string(ballot.proposer().value());
}

/// Says `value 1 of 1.0`, and of which slot unless that is the first.
[[nodiscard]] inline std::string text_of(const synod::vote<int>& vote) {
    std::string text = "value " + std::to_string(vote.value) + " of " + text_of(vote.ballot);
    if (vote.at != synod::slot()) text += " in slot " + std::to_string(vote.at.value());
    return text;
}

namespace detail {

/// Says `, <words> <at>`, or nothing of slot 0: most worlds have no other.
[[nodiscard]] inline std::string unless_first(const char* words, synod::slot at) {
    return at == synod::slot() ? "" : words + std::to_string(at.value());
}

[[nodiscard]] inline std::string describe(const synod::prepare& one) {
    return "prepare " + text_of(one.ballot) + unless_first(" for slots from ", one.from);
}
[[nodiscard]] inline std::string describe(const synod::promise<int>& one) {
    std::string text = "promise " + text_of(one.ballot);
    const char* word = " with ";
    for (const auto& vote : one.votes) text += std::exchange(word, " and ") + text_of(vote);
    text +=
        unless_first(" for slots from ", one.from) + unless_first(" forgetting below ", one.first);
    if (!one.complete) text += " and more from slot " + std::to_string(one.next.value());
    return text;
}
[[nodiscard]] inline std::string describe(const synod::accept<int>& one) {
    return "accept " + text_of({one.at, one.ballot, one.value}) +
           unless_first(" with all chosen below ", one.chosen_below);
}
[[nodiscard]] inline std::string describe(const synod::accepted& one) {
    return "accepted " + text_of(one.ballot) + unless_first(" in slot ", one.at);
}
[[nodiscard]] inline std::string describe(const synod::refused& one) {
    return "refused " + text_of(one.beaten) + " for " + text_of(one.promised);
}
[[nodiscard]] inline std::string describe(const synod::fetch& one) {
    return "fetch from slot " + std::to_string(one.from.value());
}
[[nodiscard]] inline std::string describe(const synod::voted<int>& one) {
    return "voted " + text_of(one.vote);
}
[[nodiscard]] inline std::string describe(const synod::forgotten& one) {
    return "forgotten below " + std::to_string(one.first.value());
}

}  // namespace detail

[[nodiscard]] inline std::string to_string(const roles_letter& letter) {
    std::string text;
    letter.message.visit([&text](const auto& one) {
        text = detail::describe(one);
        if (one.header.sender != synod::incarnation(1)) text += " of another disk";
    });
    return text + " from " + to_string(letter.from) + " to " + to_string(letter.to);
}

/// A transport that is a value. Each message is kept with what the disks had begun when it left.
class basket {
public:
    struct sent {
        synod::node_id to;
        std::uint64_t syncs_begun;
        roles_message message{};

        friend bool operator==(const sent&, const sent&) = default;

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(to);
            sink.add(syncs_begun);
            sink.add(message.index());
            message.visit([&](const auto& one) { sink.add(one); });
        }
    };

    template <class Message>
    void send(synod::node_id to, Message&& one) noexcept {
        letters_.push_back({to, modelled_disk::syncs_begun, std::forward<Message>(one)});
    }

    [[nodiscard]] std::vector<sent> take() { return std::exchange(letters_, {}); }

    friend bool operator==(const basket&, const basket&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(letters_);
    }

private:
    std::vector<sent> letters_;
};

/// A multiset of messages in flight, small enough to be copied with every state.
class letter_bag {
public:
    static constexpr std::size_t capacity = 44;

    /// Throws std::length_error when it is full.
    void insert(letter_number one) {
        if (size_ == capacity) throw std::length_error("too many messages in flight");
        const auto where = std::upper_bound(letters_.begin(), letters_.begin() + size_, one);
        std::move_backward(where, letters_.begin() + size_, letters_.begin() + size_ + 1);
        *where = one;
        ++size_;
    }
    void erase_at(std::size_t index) {
        std::move(letters_.begin() + static_cast<std::ptrdiff_t>(index) + 1,
                  letters_.begin() + size_, letters_.begin() + static_cast<std::ptrdiff_t>(index));
        letters_[--size_] = letter_number();
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] letter_number operator[](std::size_t index) const { return letters_[index]; }
    /// Whether this one is of the same letter as the one before it.
    [[nodiscard]] bool is_twin(std::size_t index) const {
        return index > 0 && letters_[index] == letters_[index - 1];
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(size_);
        for (std::size_t i = 0; i < size_; i += 4) {
            std::uint64_t four = 0;
            for (std::size_t k = i; k < i + 4 && k < size_; ++k)
                four = four << 16U | letters_[k].value();
            sink.add(four);
        }
    }

private:
    std::array<letter_number, capacity> letters_{};  // sorted; those beyond size_ are zero
    std::uint16_t size_ = 0;
};

}  // namespace explore
