// synod/base/node_set.hpp - a set of nodes in one machine word.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>

#include <bit>
#include <cstdint>
#include <initializer_list>

namespace synod::inline SYNOD_ABI {

/// A set of nodes with ids below `max_nodes`; iterates in rising order.
class node_set {
public:
    class iterator {
    public:
        using value_type = node_id;
        using difference_type = std::int64_t;

        constexpr iterator() = default;
        constexpr explicit iterator(std::uint64_t rest) : rest_(rest) {}
        constexpr node_id operator*() const {
            return node_id(static_cast<std::uint32_t>(std::countr_zero(rest_)));
        }
        constexpr iterator& operator++() {
            rest_ &= rest_ - 1;
            return *this;
        }
        constexpr iterator operator++(int) {
            const iterator before = *this;
            ++*this;
            return before;
        }
        friend constexpr bool operator==(iterator, iterator) = default;

    private:
        std::uint64_t rest_ = 0;
    };

    constexpr node_set() = default;
    constexpr node_set(std::initializer_list<node_id> nodes) {
        for (const node_id node : nodes) insert(node);
    }

    /// The nodes 0 to `count` - 1. Precondition: count <= max_nodes.
    [[nodiscard]] static constexpr node_set first(std::uint32_t count) {
        SYNOD_ASSERT(count <= max_nodes);
        return from_bits(count == 0 ? 0 : ~std::uint64_t{0} >> (max_nodes - count));
    }

    [[nodiscard]] static constexpr node_set from_bits(std::uint64_t bits) {
        node_set result;
        result.bits_ = bits;
        return result;
    }

    /// Precondition: node < max_nodes.
    constexpr void insert(node_id node) { bits_ |= bit(node); }
    constexpr void erase(node_id node) { bits_ &= ~bit(node); }

    /// False for an id that no set can hold.
    [[nodiscard]] constexpr bool contains(node_id node) const {
        return node.value() < max_nodes && (bits_ >> node.value() & 1U) != 0;
    }
    [[nodiscard]] constexpr bool includes(node_set other) const {
        return (other.bits_ & ~bits_) == 0;
    }
    [[nodiscard]] constexpr std::uint32_t size() const {
        return static_cast<std::uint32_t>(std::popcount(bits_));
    }
    /// size() >= count, in `count` steps: on processors that are not asked to count bits, faster
    /// than counting them.
    [[nodiscard]] constexpr bool has_at_least(std::uint32_t count) const {
        std::uint64_t rest = bits_;
        for (; count > 0 && rest != 0; --count) rest &= rest - 1;
        return count == 0;
    }
    [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
    [[nodiscard]] constexpr std::uint64_t bits() const { return bits_; }

    [[nodiscard]] constexpr iterator begin() const { return iterator(bits_); }
    [[nodiscard]] constexpr iterator end() const { return iterator(0); }

    friend constexpr node_set operator|(node_set a, node_set b) {
        return from_bits(a.bits_ | b.bits_);
    }
    friend constexpr node_set operator&(node_set a, node_set b) {
        return from_bits(a.bits_ & b.bits_);
    }
    friend constexpr node_set operator-(node_set a, node_set b) {
        return from_bits(a.bits_ & ~b.bits_);
    }
    friend constexpr bool operator==(node_set, node_set) = default;

    template <class Sink>
    constexpr void fingerprint(Sink& sink) const {
        sink.add(bits_);
    }

private:
    static constexpr std::uint64_t bit(node_id node) {
        SYNOD_ASSERT(node.value() < max_nodes);
        return std::uint64_t{1} << node.value();
    }

    std::uint64_t bits_ = 0;
};

}  // namespace synod::inline SYNOD_ABI
