// synod/base/shared.hpp - a handle to a transport or a storage that the host keeps.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>

#include <system_error>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// Stands for a transport or a storage that lives elsewhere. Copies refer to the same one, which must outlive them. A role that
/// holds one is copied without it: exploring needs the real thing by value.
template <class T>
class shared {
public:
    explicit shared(T& target) : target_(&target) {}

    [[nodiscard]] T& target() const { return *target_; }

    template <class Message>
    void send(node_id to, Message&& message) noexcept
        requires requires(T& link) { link.send(to, std::forward<Message>(message)); }
    {
        target_->send(to, std::forward<Message>(message));
    }

    template <class Record>
    void append(const Record& record) noexcept
        requires requires(T& storage) { storage.append(record); }
    {
        target_->append(record);
    }

    [[nodiscard]] std::error_code sync() noexcept
        requires requires(T& storage) { storage.sync(); }
    {
        return target_->sync();
    }

    template <class Token>
    void start_sync(const Token& token) noexcept
        requires requires(T& storage) { storage.start_sync(token); }
    {
        target_->start_sync(token);
    }

    template <class Sink>
    [[nodiscard]] std::error_code recover(Sink&& sink)
        requires requires(T& storage) { storage.recover(sink); }
    {
        return target_->recover(std::forward<Sink>(sink));
    }

    void forget(slot below) noexcept
        requires requires(T& storage) { storage.forget(below); }
    {
        target_->forget(below);
    }

private:
    T* target_;
};

}  // namespace synod::inline SYNOD_ABI
