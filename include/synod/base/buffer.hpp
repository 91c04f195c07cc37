// synod/base/buffer.hpp - immutable bytes with many owners, from a pool that takes the memory back.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/atomic.hpp>
#include <synod/base/bytes.hpp>
#include <synod/base/detail/swap.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// Who may own the buffers of a pool at the same time.
enum class sharing : std::uint8_t {
    one_thread,       // plain counts
    between_threads,  // atomic counts: owners may live on other threads, and outlive the pool
};

namespace detail {

class pool_state;

/// The head of one block of memory; the bytes stand behind it.
struct buffer_block {
    buffer_block(pool_state* from, std::uint8_t in_class, sharing shared)
        : pool(from), size_class(in_class), mode(shared) {}

    pool_state* pool;
    buffer_block* next = nullptr;  // while on a list of free blocks
    atomic<std::uint32_t> owners{1};
    std::uint32_t size = 0;  // bytes in use
    std::uint8_t size_class;
    sharing mode;

    std::byte* data() { return reinterpret_cast<std::byte*>(this + 1); }

    [[gnu::always_inline]] void own() {
        if (mode == sharing::one_thread) {
            owners.store_relaxed(owners.load_relaxed() + 1);
        } else {
            owners.add_relaxed(1);
        }
    }

    /// Whether that was the last owner.
    [[nodiscard]] bool disown() {
        if (mode != sharing::one_thread) {
            return owners.subtract(1) == 1;
        }
        const std::uint32_t left = owners.load_relaxed() - 1;
        owners.store_relaxed(left);
        return left == 0;
    }
};

/// Free blocks by size class. Lives until the pool's last handle and its last block are gone: after
/// the handles, `orphans_` counts the blocks still owned, and the one that returns last takes the
/// state with it.
class pool_state {
public:
    explicit pool_state(sharing mode) : mode_(mode) {}
    pool_state(const pool_state&) = delete;
    pool_state& operator=(const pool_state&) = delete;

    /// A block of at least `size` bytes. Called by the owning thread only.
    [[nodiscard]] buffer_block* take(std::size_t size) {
        const std::uint8_t size_class = class_of(size);
        buffer_block*& list = free_[size_class];
        if (list == nullptr && mode_ == sharing::between_threads) collect();
        if (list == nullptr) return create(size_class);
        buffer_block* block = list;
        list = block->next;
        --idle_;
        block->owners.store_relaxed(1);
        return block;
    }

    /// Takes back a block that has no owner left. Called by any thread between threads.
    void give_back(buffer_block* block) {
        if (mode_ == sharing::between_threads) return give_back_from_anywhere(block);
        if (orphaned_) return bury(block);
        keep(block);
    }

    void add_handle() { handles_.add_relaxed(1); }

    /// The last handle turns the state into an orphan.
    void drop_handle() {
        if (handles_.subtract(1) == 1) orphan();
    }

private:
    static constexpr std::size_t smallest_block = 64;  // bytes, with the head
    static constexpr std::size_t classes = 40;
    static constexpr std::align_val_t alignment{
        smallest_block};  // a small buffer is one cache line

    static std::uint8_t class_of(std::size_t size) {
        const std::size_t whole = sizeof(buffer_block) + size;
        const auto width = std::bit_width((whole - 1) / smallest_block);
        return static_cast<std::uint8_t>(width);
    }

    [[gnu::noinline, gnu::cold]] buffer_block* create(std::uint8_t size_class) {
        void* memory = ::operator new(smallest_block << size_class, alignment);
        ++created_;
        return ::new (memory) buffer_block(this, size_class, mode_);
    }

    static void destroy(buffer_block* block) {
        block->~buffer_block();
        ::operator delete(block, alignment);
    }

    void keep(buffer_block* block) {
        block->next = free_[block->size_class];
        free_[block->size_class] = block;
        ++idle_;
    }

    /// Pushes the block where the owning thread collects it, or buries it when there is no owning
    /// thread any more.
    void give_back_from_anywhere(buffer_block* block) {
        buffer_block* seen = returned_.load_relaxed();
        do {
            if (seen == grave()) return bury(block);
            block->next = seen;
        } while (!returned_.replace(seen, block));
    }

    [[gnu::noinline]] void collect() { keep_all(returned_.exchange(nullptr)); }

    void keep_all(buffer_block* list) {
        while (buffer_block* const block = list) {
            list = block->next;
            keep(block);
        }
    }

    void orphan() {
        orphaned_ = true;
        keep_all(returned_.exchange(grave()));
        const auto owned = static_cast<std::int64_t>(created_ - idle_);
        for (buffer_block*& list : free_) {
            while (buffer_block* const block = list) {
                list = block->next;
                destroy(block);
            }
        }
        if (orphans_.add(owned) + owned == 0) delete this;
    }

    /// The count may go below zero until `orphan` has added all blocks that are still owned.
    void bury(buffer_block* block) {
        destroy(block);
        if (orphans_.subtract(1) == 1) delete this;
    }

    /// An address that no block has: `returned_` holds it once the state is an orphan.
    buffer_block* grave() { return reinterpret_cast<buffer_block*>(this); }

    std::array<buffer_block*, classes> free_{};
    std::uint64_t created_ = 0;  // blocks made so far; touched by the owning thread only
    std::uint64_t idle_ = 0;     // blocks on the lists of free_
    bool orphaned_ = false;
    sharing mode_;
    atomic<std::uint32_t> handles_{1};
    atomic<buffer_block*> returned_{nullptr};  // given back between threads
    atomic<std::int64_t> orphans_{0};
};

}  // namespace detail

/// Immutable bytes, shared by counting. Compares by content. A buffer keeps the memory of its pool
/// alive, not the pool. Thread-safety: of different buffers with the same bytes, that of the pool
/// they came from.
class buffer {
public:
    buffer() = default;
    [[gnu::always_inline]] buffer(const buffer& other) : block_(other.block_) {
        if (block_ != nullptr) block_->own();
    }
    [[gnu::always_inline]] buffer(buffer&& other) noexcept : block_(other.block_) {
        other.block_ = nullptr;
    }
    buffer& operator=(const buffer& other) {
        buffer copy(other);
        detail::swap(block_, copy.block_);
        return *this;
    }
    buffer& operator=(buffer&& other) noexcept {
        detail::buffer_block* const taken = other.block_;
        other.block_ = nullptr;
        if (block_ != nullptr && block_->disown()) give_back();
        block_ = taken;
        return *this;
    }
    [[gnu::always_inline]] ~buffer() {
        if (block_ != nullptr && block_->disown()) give_back();
    }

    /// Whether it owns bytes, if only none of them: false for one that was default-constructed or
    /// moved from.
    [[nodiscard]] explicit operator bool() const { return block_ != nullptr; }

    [[nodiscard]] bytes_view view() const {
        return block_ == nullptr ? bytes_view{} : bytes_view{block_->data(), block_->size};
    }
    friend bool operator==(const buffer& a, const buffer& b) {
        return a.block_ == b.block_ || same_bytes(a.view(), b.view());
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(view());
    }

private:
    friend class buffer_pool;
    explicit buffer(detail::buffer_block* block) : block_(block) {}

    [[gnu::noinline]] void give_back() { block_->pool->give_back(block_); }

    detail::buffer_block* block_ = nullptr;
};

/// Makes buffers. Memory of buffers that nobody owns any more is used again, in size classes of
/// powers of two, so a steady load allocates nothing; it goes back to the system when the last
/// handle of the pool and the last buffer are gone. Thread-safety: `make` is for one thread; with
/// `sharing::between_threads` the buffers themselves are for any.
class buffer_pool {
public:
    explicit buffer_pool(sharing mode) : state_(new detail::pool_state(mode)) {}

    /// Copies are handles of the same pool.
    buffer_pool(const buffer_pool& other) : state_(other.state_) {
        if (state_ != nullptr) state_->add_handle();
    }
    buffer_pool(buffer_pool&& other) noexcept : state_(other.state_) { other.state_ = nullptr; }
    buffer_pool& operator=(buffer_pool other) noexcept {
        detail::swap(state_, other.state_);
        return *this;
    }
    ~buffer_pool() {
        if (state_ != nullptr) state_->drop_handle();
    }

    /// A buffer of `size` bytes that `fill(std::byte*)` writes, all of them, before anybody else
    /// sees it.
    template <class Fill>
    [[nodiscard]] buffer make(std::size_t size, Fill&& fill) {
        detail::buffer_block* block = state_->take(size);
        block->size = static_cast<std::uint32_t>(size);
        fill(block->data());
        return buffer(block);
    }

private:
    detail::pool_state* state_;
};

}  // namespace synod::inline SYNOD_ABI
