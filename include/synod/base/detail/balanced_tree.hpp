// synod/base/detail/balanced_tree.hpp - the links of a search tree, and what keeps it low; knows
// nothing of what hangs there.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/detail/swap.hpp>

#include <cstddef>
#include <utility>

namespace synod::inline SYNOD_ABI::detail {

/// What a node has of the tree that it is in.
struct tree_links {
    tree_links* parent = nullptr;
    tree_links* child[2] = {nullptr, nullptr};  // what comes before it, and what comes after
    std::size_t count = 1;                      // of nodes in the tree that it is the root of
};

/// Which child.
enum tree_side : bool { before = false, after = true };

/// A weight-balanced tree: no side of a node weighs more than three times the other, so its height
/// is logarithmic. One function restores that after any change. (Adams 1992; the bounds are those
/// proved by Hirai and Yamamoto 2011) Compiled once, whatever the nodes carry.
class balanced_tree {
public:
    [[nodiscard]] tree_links* root() const { return root_; }
    [[nodiscard]] tree_links* first() const { return first_; }
    [[nodiscard]] std::size_t size() const { return root_ == nullptr ? 0 : root_->count; }

    /// The node that follows, or nullptr.
    [[nodiscard]] static tree_links* next(tree_links* at) {
        if (at->child[after] != nullptr) return outermost(at->child[after], before);
        while (at->parent != nullptr && at->parent->child[after] == at) at = at->parent;
        return at->parent;
    }
    /// The last node, or nullptr.
    [[nodiscard]] tree_links* last() const {
        return root_ == nullptr ? nullptr : outermost(root_, after);
    }

    /// Hangs a node where its parent has no child, or makes it the root of an empty tree.
    /// Logarithmic, as is `detach`.
    [[gnu::noinline]] void attach(tree_links* fresh, tree_links* parent, tree_side side) {
        fresh->child[before] = fresh->child[after] = nullptr;
        fresh->parent = parent;
        if (parent == nullptr)
            root_ = fresh;
        else
            parent->child[side] = fresh;
        if (parent == first_ && side == before) first_ = fresh;
        repair(fresh);
    }

    [[gnu::noinline]] void detach(tree_links* gone) {
        if (gone == first_) first_ = next(gone);
        if (gone->child[before] != nullptr && gone->child[after] != nullptr) {
            return put_heir_in_place_of(gone);
        }
        replace(gone, gone->child[gone->child[before] == nullptr ? after : before]);
        repair(gone->parent);
    }

    /// Empties the tree. Returns what was in it, as a chain by `parent`, in no order. Linear.
    [[nodiscard, gnu::noinline]] tree_links* take_all() {
        tree_links* taken = nullptr;
        auto* at = exchange<tree_links*>(root_, nullptr);
        first_ = nullptr;
        while (at != nullptr) {
            if (tree_links* const below = a_child_of(at); below != nullptr) {
                at = below;
                continue;
            }
            tree_links* const up = at->parent;
            if (up != nullptr) up->child[up->child[after] == at ? after : before] = nullptr;
            at->parent = exchange(taken, at);
            at = up;
        }
        return taken;
    }

    void swap(balanced_tree& other) noexcept {
        detail::swap(root_, other.root_);
        detail::swap(first_, other.first_);
    }

    /// Where somebody who links nodes himself puts the root; once he is done, `find_first` is due.
    [[nodiscard]] tree_links*& root_link() { return root_; }
    void find_first() { first_ = root_ == nullptr ? nullptr : outermost(root_, before); }

private:
    [[nodiscard]] static tree_links* outermost(tree_links* at, tree_side side) {
        while (at->child[side] != nullptr) at = at->child[side];
        return at;
    }

    [[nodiscard]] static tree_links* a_child_of(tree_links* at) {
        return at->child[at->child[before] != nullptr ? before : after];
    }

    [[nodiscard]] static std::size_t weight(const tree_links* at) {
        return at == nullptr ? 1 : at->count + 1;
    }
    static void recount(tree_links* at) {
        at->count = weight(at->child[before]) + weight(at->child[after]) - 1;
    }

    static void set_child(tree_links* at, tree_side side, tree_links* child) {
        at->child[side] = child;
        if (child != nullptr) child->parent = at;
    }

    /// The parent of `old` has `fresh` for a child instead.
    void replace(tree_links* old, tree_links* fresh) {
        tree_links* const parent = old->parent;
        if (fresh != nullptr) fresh->parent = parent;
        if (parent == nullptr)
            root_ = fresh;
        else
            parent->child[parent->child[after] == old ? after : before] = fresh;
    }

    /// The next node, which has nothing before it, takes the place of a node with two children.
    void put_heir_in_place_of(tree_links* gone) {
        tree_links* const heir = outermost(gone->child[after], before);
        tree_links* lowest = heir;  // that weighs less than it did
        if (heir->parent != gone) {
            lowest = heir->parent;
            replace(heir, heir->child[after]);
            set_child(heir, after, gone->child[after]);
        }
        set_child(heir, before, gone->child[before]);
        replace(gone, heir);
        repair(lowest);
    }

    [[nodiscard]] static tree_side other(tree_side side) { return side == before ? after : before; }

    /// A child takes the place of its parent, which becomes its child on the other side.
    void rotate(tree_links* at, tree_side side) {
        tree_links* const up = at->child[side];
        replace(at, up);
        set_child(at, side, up->child[other(side)]);
        set_child(up, other(side), at);
        recount(at);
        recount(up);
    }

    /// Makes up for a side that has become too heavy. Returns the root of what was the tree of
    /// `at`.
    [[nodiscard]] tree_links* rebalance(tree_links* at, tree_side side) {
        tree_links* const heavy = at->child[side];
        if (weight(heavy) <= 3 * weight(at->child[other(side)])) return at;
        if (weight(heavy->child[other(side)]) >= 2 * weight(heavy->child[side])) {
            rotate(heavy, other(side));
        }
        rotate(at, side);
        return at->parent;
    }

    /// Counts and balances anew from a node up to the root.
    void repair(tree_links* at) {
        while (at != nullptr) {
            recount(at);
            at = rebalance(rebalance(at, before), after)->parent;
        }
    }

    tree_links* root_ = nullptr;
    tree_links* first_ = nullptr;
};

}  // namespace synod::inline SYNOD_ABI::detail
