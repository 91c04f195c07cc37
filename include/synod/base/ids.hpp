// synod/base/ids.hpp - names for things: nodes, clusters, slots, positions, sessions, fencing
// tokens.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <compare>
#include <cstdint>

namespace synod::inline SYNOD_ABI {

/// A number that names something. Ids of different tags neither convert to nor compare with one
/// another.
template <class Tag, class Representation>
class id {
public:
    using representation = Representation;

    constexpr id() = default;
    constexpr explicit id(Representation value) : value_(value) {}

    [[nodiscard]] constexpr Representation value() const { return value_; }

    friend constexpr auto operator<=>(id, id) = default;

    template <class Sink>
    constexpr void fingerprint(Sink& sink) const {
        sink.add(value_);
    }

private:
    Representation value_ = 0;
};

/// One node of a cluster, or one client of it. Members of a cluster have ids below `max_nodes`, so
/// that sets of them are bitsets; clients have ids from `max_nodes` up.
using node_id = id<struct node_tag, std::uint32_t>;

inline constexpr std::uint32_t max_nodes = 64;

/// One life of a node's disk. A node whose disk was lost or replaced is a new incarnation, and no
/// member until admitted.
using incarnation = id<struct incarnation_tag, std::uint64_t>;

/// One cluster; a message that names another one is refused.
using cluster_id = id<struct cluster_tag, std::uint64_t>;

/// One proposal of one replica: what `propose` and `read` return and what a completion names.
using ticket = id<struct ticket_tag, std::uint64_t>;

/// A place in the log, counted from zero.
class slot {
public:
    constexpr slot() = default;
    constexpr explicit slot(std::uint64_t value) : value_(value) {}

    [[nodiscard]] constexpr std::uint64_t value() const { return value_; }
    [[nodiscard]] constexpr slot next() const { return slot(value_ + 1); }

    constexpr slot& operator++() {
        ++value_;
        return *this;
    }

    /// The slot `count` places further.
    friend constexpr slot operator+(slot at, std::uint64_t count) {
        return slot(at.value_ + count);
    }

    /// How many places `later` lies behind `earlier`; `later` must not lie before it.
    friend constexpr std::uint64_t operator-(slot later, slot earlier) {
        return later.value_ - earlier.value_;
    }

    friend constexpr auto operator<=>(slot, slot) = default;
    // Written out, for they are compared everywhere: a compiler inlines all of a <=> at each
    // comparison, and then has to unpick it.
    friend constexpr bool operator<(slot a, slot b) { return a.value_ < b.value_; }
    friend constexpr bool operator>(slot a, slot b) { return a.value_ > b.value_; }
    friend constexpr bool operator<=(slot a, slot b) { return a.value_ <= b.value_; }
    friend constexpr bool operator>=(slot a, slot b) { return a.value_ >= b.value_; }

    template <class Sink>
    constexpr void fingerprint(Sink& sink) const {
        sink.add(value_);
    }

private:
    std::uint64_t value_ = 0;
};

/// The place of one command: its slot, and its index in that slot's batch. What must be unique or
/// ordered among commands is a position, never a slot.
struct position {
    synod::slot slot;
    std::uint32_t index = 0;

    friend constexpr auto operator<=>(const position&, const position&) = default;

    template <class Sink>
    constexpr void fingerprint(Sink& sink) const {
        sink.add(slot.value());
        sink.add(index);
    }
};

/// One session: the position of the command that opened it, so it is unique, ordered and never used
/// again.
class session_id {
public:
    constexpr session_id() = default;
    constexpr explicit session_id(position opened_at) : opened_at_(opened_at) {}

    [[nodiscard]] constexpr position opened_at() const { return opened_at_; }

    friend constexpr auto operator<=>(const session_id&, const session_id&) = default;

    template <class Sink>
    constexpr void fingerprint(Sink& sink) const {
        opened_at_.fingerprint(sink);
    }

private:
    position opened_at_;
};

/// A number that rises with every grant of every lock, `epoch` in the upper 16 bits and a counter
/// in the lower 48. A resource that refuses lower tokens than it has seen is safe from a holder
/// that does not know yet that its hold is gone.
class fencing_token {
public:
    static constexpr std::uint64_t max_counter = (std::uint64_t{1} << 48U) - 1;

    constexpr fencing_token() = default;
    constexpr explicit fencing_token(std::uint64_t value) : value_(value) {}
    constexpr fencing_token(std::uint16_t epoch, std::uint64_t counter)
        : value_((std::uint64_t{epoch} << 48U) | (counter & max_counter)) {}

    [[nodiscard]] constexpr std::uint64_t value() const { return value_; }
    [[nodiscard]] constexpr std::uint16_t epoch() const {
        return static_cast<std::uint16_t>(value_ >> 48U);
    }
    [[nodiscard]] constexpr std::uint64_t counter() const { return value_ & max_counter; }

    friend constexpr auto operator<=>(fencing_token, fencing_token) = default;

    template <class Sink>
    constexpr void fingerprint(Sink& sink) const {
        sink.add(value_);
    }

private:
    std::uint64_t value_ = 0;
};

}  // namespace synod::inline SYNOD_ABI
