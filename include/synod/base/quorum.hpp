// synod/base/quorum.hpp - quorum systems: which sets of acceptors may promise, and which may
// choose.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/node_set.hpp>
#include <synod/base/result.hpp>

#include <concepts>
#include <cstdint>

namespace synod::inline SYNOD_ABI {

namespace detail {

/// std::copyable, without the hundred questions that this asks of each type.
template <class Q>
concept copies = requires(Q& to, const Q& from) {
    Q(from);
    to = from;
};

template <class Q>
concept says_phase1 = requires(const Q& quorums, node_set set) {
    { quorums.is_phase1(set) } -> std::same_as<bool>;
};

template <class Q>
concept says_phase2 = requires(const Q& quorums, node_set set) {
    { quorums.is_phase2(set) } -> std::same_as<bool>;
};

template <class Q>
concept names_members = requires(const Q& quorums) {
    { quorums.members() } -> std::same_as<node_set>;
};

}  // namespace detail

/// A quorum system over `members()`.
/// - A superset of a quorum is a quorum; nodes that are no members never count.
/// - Every set that `is_phase1` shares a node with every set that `is_phase2`. [FPaxos 3]
template <class Q>
concept quorum_system = detail::copies<Q> && detail::says_phase1<Q> && detail::says_phase2<Q> &&
                        detail::names_members<Q>;

/// More than half of the members, in both phases.
class majority {
public:
    /// Errors: no_members.
    [[nodiscard]] static result<majority> make(node_set members) {
        if (members.empty()) return errc::no_members;
        return majority(members);
    }

    [[nodiscard]] node_set members() const { return members_; }
    [[nodiscard]] bool is_phase1(node_set set) const { return is_phase2(set); }
    [[nodiscard]] bool is_phase2(node_set set) const {
        return (set & members_).has_at_least(enough_);
    }

    friend bool operator==(const majority&, const majority&) = default;

private:
    explicit majority(node_set members) : members_(members), enough_(members.size() / 2 + 1) {}

    node_set members_;
    std::uint32_t enough_;  // more than half of members_
};

/// Any `phase1` members promise, any `phase2` choose. A small phase 2 makes every round cheaper and
/// an election dearer. [FPaxos 3]
class flexible {
public:
    /// Errors: no_members; quorums_do_not_intersect unless phase1 + phase2 > members;
    /// limit_out_of_range for a size of zero or above the number of members.
    [[nodiscard]] static result<flexible> make(node_set members, std::uint32_t phase1,
                                               std::uint32_t phase2) {
        const std::uint32_t count = members.size();
        if (count == 0) return errc::no_members;
        if (phase1 == 0 || phase2 == 0) return errc::limit_out_of_range;
        if (phase1 > count || phase2 > count) return errc::limit_out_of_range;
        if (phase1 + phase2 <= count) return errc::quorums_do_not_intersect;
        return flexible(members, phase1, phase2);
    }

    [[nodiscard]] node_set members() const { return members_; }
    [[nodiscard]] bool is_phase1(node_set set) const {
        return (set & members_).has_at_least(phase1_);
    }
    [[nodiscard]] bool is_phase2(node_set set) const {
        return (set & members_).has_at_least(phase2_);
    }

    friend bool operator==(const flexible&, const flexible&) = default;

private:
    flexible(node_set members, std::uint32_t phase1, std::uint32_t phase2)
        : members_(members), phase1_(phase1), phase2_(phase2) {}

    node_set members_;
    std::uint32_t phase1_;
    std::uint32_t phase2_;
};

}  // namespace synod::inline SYNOD_ABI
