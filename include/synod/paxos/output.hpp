// synod/paxos/output.hpp - where a core writes what it decides: records to a storage, messages to
// an outbox.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/group.hpp>
#include <synod/paxos/outbox.hpp>

#include <type_traits>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// One role's group, policy, storage and outbox; a core is lent it for one call. A checker lends
/// one of its own instead, with what a core uses of these members, and sees what the core decides.
template <class Policy, class Storage, class Outbox>
class output {
public:
    output(const synod::group& group, Policy policy, Storage storage)
        : group_(group), policy_(std::move(policy)), storage_(std::move(storage)) {}

    /// Copied with the endpoint that holds it, and never by a core that means the one it is lent.
    explicit output(const output&) = default;
    output(output&&) = default;
    output& operator=(const output&) = default;
    output& operator=(output&&) = default;
    ~output() = default;

    [[nodiscard]] Policy& policy() { return policy_; }
    [[nodiscard]] const Policy& policy() const { return policy_; }
    [[nodiscard]] auto& rules() { return policy_.rules; }
    [[nodiscard]] auto& observer() { return policy_.observer; }
    [[nodiscard]] const auto& limits() const { return policy_.limits; }
    [[nodiscard]] const synod::group& group() const { return group_; }
    [[nodiscard]] message_header header() const { return group_.header(); }

    /// Stages a record.
    template <class Record>
    [[gnu::always_inline]] void append(const Record& record) {
        storage_.append(record);
        outbox_.note_record();
    }

    /// Stages a message that may reveal anything staged so far.
    template <class Message>
    [[gnu::always_inline]] void send(node_id to, Message&& message) {
        outbox_.stage(to, std::forward<Message>(message),
                      policy_.rules.rests_on(outbox_.newest_record()));
    }

    /// Stages a message that reveals nothing a crash could take back.
    template <class Message>
    void send_at_once(node_id to, Message&& message) {
        outbox_.stage(to, std::forward<Message>(message), 0);
    }

    /// What its records and messages go to; for the endpoint that holds it.
    [[nodiscard]] Storage& storage() { return storage_; }
    [[nodiscard]] const Storage& storage() const { return storage_; }
    [[nodiscard]] Outbox& outbox() { return outbox_; }
    [[nodiscard]] const Outbox& outbox() const { return outbox_; }

private:
    synod::group group_;
    Policy policy_;
    Storage storage_;
    Outbox outbox_;
};

}  // namespace synod::inline SYNOD_ABI
