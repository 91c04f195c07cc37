// synod/base/shared.hpp - a handle to a transport or a storage that the host keeps.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>

#include <concepts>
#include <system_error>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// Stands for a transport or a storage that lives elsewhere. Copies refer to the same one, which
/// must outlive them. A role that holds one is copied without it: exploring needs the real thing by
/// value. It meets the concepts that T meets, and no other: what T may throw, it may.
template <class T>
class shared {
public:
    explicit shared(T& target) : target_(&target) {}

    [[nodiscard]] T& target() const noexcept { return *target_; }

    template <class Message>
    void
    send(node_id to,
         Message&& message) noexcept(noexcept(target().send(to, std::forward<Message>(message))))
        requires requires(T& link) {
            { link.send(to, std::forward<Message>(message)) } -> std::same_as<void>;
        }
    {
        target_->send(to, std::forward<Message>(message));
    }

    template <class Record>
    void append(const Record& record) noexcept(noexcept(target().append(record)))
        requires requires(T& storage) {
            { storage.append(record) } -> std::same_as<void>;
        }
    {
        target_->append(record);
    }

    [[nodiscard]] std::error_code sync() noexcept(noexcept(target().sync()))
        requires requires(T& storage) {
            { storage.sync() } -> std::same_as<std::error_code>;
        }
    {
        return target_->sync();
    }

    /// Whatever T's gives back, so that nearly asynchronous stays that.
    template <class Token, class Storage = T>
    auto start_sync(const Token& token) noexcept(noexcept(target().start_sync(token)))
        -> decltype(std::declval<Storage&>().start_sync(token)) {
        return target_->start_sync(token);
    }

    template <class Sink>
    [[nodiscard]] std::error_code recover(Sink&& sink)
        requires requires(T& storage) {
            { storage.recover(sink) } -> std::same_as<std::error_code>;
        }
    {
        return target_->recover(std::forward<Sink>(sink));
    }

    void forget(slot below) noexcept(noexcept(target().forget(below)))
        requires requires(T& storage) {
            { storage.forget(below) } -> std::same_as<void>;
        }
    {
        target_->forget(below);
    }

private:
    T* target_;
};

}  // namespace synod::inline SYNOD_ABI
