// synod/base/ordered.hpp - a map and a set in order of key that keep their memory.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/detail/balanced_tree.hpp>
#include <synod/base/detail/swap.hpp>

#include <concepts>
#include <cstddef>
#include <new>
#include <utility>

namespace synod::inline SYNOD_ABI {

namespace detail {

/// What the map and the set have in common. `Entry` is a pair of key and value, or a key.
template <class Key, class Entry>
class ordered {
    struct node : tree_links {
        node() {}
        ~node() {}
        union {
            Entry entry;  // while it is in the tree
        };
    };
    /// Nodes are made some at a time, and stay until the map goes.
    struct block {
        block* next = nullptr;
        node nodes[4];
    };

    template <class Visible>
    class cursor {
    public:
        cursor() = default;
        explicit cursor(tree_links* at) : at_(at) {}

        [[nodiscard]] Visible& operator*() const { return static_cast<node*>(at_)->entry; }
        [[nodiscard]] Visible* operator->() const { return &**this; }
        cursor& operator++() {
            at_ = balanced_tree::next(at_);
            return *this;
        }
        cursor operator++(int) {
            const cursor here = *this;
            ++*this;
            return here;
        }
        friend bool operator==(const cursor&, const cursor&) = default;

    private:
        friend ordered;
        tree_links* at_ = nullptr;
    };

public:
    using iterator = cursor<Entry>;
    using const_iterator = cursor<const Entry>;

    ordered() = default;
    ordered(const ordered& other) : ordered() {
        copy(other.tree_.root(), nullptr, tree_.root_link());
        tree_.find_first();
    }
    ordered(ordered&& other) noexcept { swap(other); }
    ordered& operator=(ordered other) noexcept {
        swap(other);
        return *this;
    }
    ~ordered() {
        clear();
        while (blocks_ != nullptr) delete detail::exchange(blocks_, blocks_->next);
    }

    [[nodiscard]] bool empty() const { return tree_.root() == nullptr; }
    [[nodiscard]] std::size_t size() const { return tree_.size(); }

    [[nodiscard]] iterator begin() { return iterator(tree_.first()); }
    [[nodiscard]] iterator end() { return {}; }
    [[nodiscard]] const_iterator begin() const { return const_iterator(tree_.first()); }
    [[nodiscard]] const_iterator end() const { return {}; }
    /// The last element. Precondition: not empty.
    [[nodiscard]] const Entry& back() const {
        SYNOD_ASSERT(!empty());
        return *const_iterator(tree_.last());
    }

    [[nodiscard]] iterator find(const Key& key) { return iterator(find_links(key)); }
    [[nodiscard]] const_iterator find(const Key& key) const {
        return const_iterator(find_links(key));
    }
    [[nodiscard]] bool contains(const Key& key) const { return find_links(key) != nullptr; }

    /// The first element whose key is not below `key`.
    [[nodiscard]] const_iterator lower_bound(const Key& key) const {
        tree_links* least = nullptr;
        for (tree_links* at = tree_.root(); at != nullptr;) {
            const bool is_below = key_of(at) < key;
            if (!is_below) least = at;
            at = at->child[is_below ? after : before];
        }
        return const_iterator(least);
    }

    /// Precondition: it is an element's. References to other elements stay good.
    void erase(iterator at) {
        tree_.detach(at.at_);
        discard(static_cast<node*>(at.at_));
    }
    /// How many there were.
    std::size_t erase(const Key& key) {
        const iterator found = find(key);
        if (found == end()) return 0;
        erase(found);
        return 1;
    }

    [[gnu::noinline]] void clear() {
        for (tree_links* gone = tree_.take_all(); gone != nullptr;) {
            discard(static_cast<node*>(detail::exchange(gone, gone->parent)));
        }
    }

    void swap(ordered& other) noexcept {
        tree_.swap(other.tree_);
        detail::swap(spare_, other.spare_);
        detail::swap(blocks_, other.blocks_);
    }

    /// Erases all elements for which `is_useless` is true. Returns how many.
    template <class Useless>
    friend std::size_t erase_if(ordered& all, Useless&& is_useless) {
        const std::size_t before = all.size();
        for (iterator next = all.begin(); next != all.end();) {
            const iterator here = next++;
            if (is_useless(std::as_const(*here))) all.erase(here);
        }
        return before - all.size();
    }

    friend bool operator==(const ordered& a, const ordered& b)
        requires std::equality_comparable<Entry>
    {
        if (a.size() != b.size()) return false;
        const_iterator in_b = b.begin();
        for (const Entry& one : a) {
            if (!(one == *in_b++)) return false;
        }
        return true;
    }

protected:
    /// The element with that key, which `construct(where)` makes if there is none, and whether it
    /// did.
    template <class Construct>
    std::pair<iterator, bool> reach(const Key& key, Construct&& construct) {
        tree_links* parent = nullptr;
        tree_side side = before;
        for (tree_links* at = tree_.root(); at != nullptr; at = at->child[side]) {
            const Key& here = key_of(at);
            if (key < here)
                side = before;
            else if (here < key)
                side = after;
            else
                return {iterator(at), false};
            parent = at;
        }
        node* const fresh = make(construct);
        tree_.attach(fresh, parent, side);
        return {iterator(fresh), true};
    }

private:
    [[nodiscard]] static const Key& key_of(const tree_links* at) {
        const Entry& entry = static_cast<const node*>(at)->entry;
        if constexpr (std::same_as<Entry, const Key>)
            return entry;
        else
            return entry.first;
    }
    [[nodiscard]] tree_links* find_links(const Key& key) const {
        tree_links* at = tree_.root();
        while (at != nullptr) {
            const Key& here = key_of(at);
            if (key < here)
                at = at->child[before];
            else if (here < key)
                at = at->child[after];
            else
                return at;
        }
        return nullptr;
    }

    [[nodiscard]] static node* next_spare(node* one) { return static_cast<node*>(one->parent); }

    /// A node stays among the spare ones until its element is made, so that none is lost if that
    /// throws.
    template <class Construct>
    [[nodiscard]] node* make(Construct&& construct) {
        if (spare_ == nullptr) add_block();
        construct(const_cast<void*>(static_cast<const void*>(&spare_->entry)));
        return detail::exchange(spare_, next_spare(spare_));
    }
    void discard(node* gone) {
        gone->entry.~Entry();
        put_by(gone);
    }
    void put_by(node* spare) {
        spare->parent = spare_;
        spare_ = spare;
    }
    [[gnu::noinline]] void add_block() {
        auto* const fresh = new block;
        fresh->next = detail::exchange(blocks_, fresh);
        for (node& each : fresh->nodes) put_by(&each);
    }

    /// Copies the tree below `from` to `to`, node by node, so that what is there is whole at any
    /// time.
    [[gnu::noinline]] void copy(const tree_links* from, tree_links* parent, tree_links*& to) {
        if (from == nullptr) return;
        to = make([from](void* at) { ::new (at) Entry(static_cast<const node*>(from)->entry); });
        to->parent = parent;
        to->child[before] = to->child[after] = nullptr;
        to->count = from->count;
        copy(from->child[before], to, to->child[before]);
        copy(from->child[after], to, to->child[after]);
    }

    balanced_tree tree_;
    node* spare_ = nullptr;  // nodes that carry nothing, linked by their parents
    block* blocks_ = nullptr;
};

}  // namespace detail

/// Values by key, in order of key: a part of what std::map does. The memory of what is erased is
/// kept for what comes next, until the map is destroyed or assigned to, so that a map whose size
/// comes and goes does not allocate; and including this costs far less. Iterators only go forward.
/// Every operation that looks a key up is logarithmic. References and iterators stay good until
/// their element is erased. `Key` has `<`.
template <class Key, class Value>
class ordered_map : public detail::ordered<Key, std::pair<const Key, Value>> {
    using entry = std::pair<const Key, Value>;

public:
    using typename detail::ordered<Key, entry>::iterator;

    /// Makes a value of `arguments` unless the key has one; returns its place, and whether it is
    /// new.
    template <class... Arguments>
        requires std::constructible_from<Value, Arguments...>
    std::pair<iterator, bool> emplace(const Key& key, Arguments&&... arguments) {
        return this->reach(key, [&](void* at) {
            ::new (at) entry(key, Value(std::forward<Arguments>(arguments)...));
        });
    }
    void insert_or_assign(const Key& key, const Value& value) {
        const auto [place, is_new] = emplace(key, value);
        if (!is_new) place->second = value;
    }

    /// Makes a value by default if the key has none.
    [[nodiscard]] Value& operator[](const Key& key) { return emplace(key).first->second; }

    /// Precondition of both: there is one.
    [[nodiscard]] Value& at(const Key& key) {
        const auto found = this->find(key);
        SYNOD_ASSERT(found != this->end());
        return found->second;
    }
    [[nodiscard]] const Value& at(const Key& key) const {
        const auto found = this->find(key);
        SYNOD_ASSERT(found != this->end());
        return found->second;
    }
};

/// Keys in order. What `ordered_map` says holds for it, too.
template <class Key>
class ordered_set : public detail::ordered<Key, const Key> {
public:
    /// True if it was not there.
    bool insert(const Key& key) {
        return this->reach(key, [&key](void* at) { ::new (at) Key(key); }).second;
    }
};

}  // namespace synod::inline SYNOD_ABI
