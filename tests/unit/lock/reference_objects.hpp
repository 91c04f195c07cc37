// tests/unit/lock/reference_objects.hpp - what is asked of the reference about elections, values,
// changes and gates.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/command.hpp>
#include <synod/lock/reply.hpp>
#include <synod/log/state_machine.hpp>

#include "reference_holds.hpp"

#include <string>
#include <type_traits>
#include <vector>

namespace synod::lock_test {

/// The commands that are about what is no lock.
class reference_objects : public reference_holds {
protected:
    using reference_holds::reference_holds;

    using reference_holds::run;

    template <class Command>
    static constexpr bool is_passing = std::is_same_v<Command, lock::await_latch> ||
                                       std::is_same_v<Command, lock::arrive_at_barrier> ||
                                       std::is_same_v<Command, lock::enter_double_barrier> ||
                                       std::is_same_v<Command, lock::leave_double_barrier>;

    template <class Command>
        requires lock::is_about_values<Command>
    lock::reply run(const Command& asked, session&) {
        return values_.run(asked, [this](const auto& name, fencing_token token, lock::mode as) {
            const request* const one = requests_.held(token);
            return one != nullptr && one->name == name && covers(*one, as);
        });
    }

    lock::reply run(const lock::campaign& asked, session& self) {
        if (!has_room_for(asked.value, 0)) return no(lock::refusal::limit);
        const lock::reply said =
            run(lock::acquire{asked.stamp, asked.owner, asked.name, lock::mode::exclusive,
                              asked.wait_ms, lock::no_flags, asked.hold_ttl_ms},
                self);
        request* const one = requests_.find(self.id, asked.stamp.sequence);
        if (one == nullptr) return said;
        one->is.has_value = true;
        one->is.value = asked.value;
        take_office(*one);
        return said;
    }

    lock::reply run(const lock::proclaim& asked, session& self) {
        request* const one = requests_.held(asked.token);
        if (one == nullptr) return no(lock::refusal::stale_token);
        if (one->is.owner != lock::owner_id{self.id, asked.owner})
            return no(lock::refusal::not_owner);
        if (one->is.mode != lock::mode::exclusive) return no(lock::refusal::not_leader);
        if (!has_room_for(asked.value, one->is.value.size())) return no(lock::refusal::limit);
        one->is.has_value = true;
        one->is.value = asked.value;
        take_office(*one);
        return lock::proclaimed{watch_.revision()};
    }

    lock::reply run(const lock::observe& asked, session&) {
        if (asked.name.empty()) return no(lock::refusal::name_empty);
        if (asked.name.size() > config_.max_name_bytes) return no(lock::refusal::name_too_long);
        for (const request& one : requests_.all) {
            if (one.name == asked.name && one.is.proclaimed != 0)
                return lock::observed{watch_.revision(), one.is.token, one.is.value};
        }
        return lock::observed{watch_.revision(), {}, {}};
    }

    lock::reply run(const lock::watch& asked, session& self) {
        return watch_.run(asked, shown_to(self));
    }

    lock::reply run(const lock::read_prefix& asked, session& self) {
        std::vector<lock::change> leaders;
        for (const request& one : requests_.all) {
            if (one.is.proclaimed != 0)
                leaders.push_back({one.is.proclaimed,
                                   lock::change_kind::leader,
                                   {},
                                   one.name,
                                   one.is.token,
                                   one.is.value,
                                   0});
        }
        return watch_.run(asked, values_.describe(), leaders, shown_to(self));
    }

    template <class Command>
        requires is_passing<Command> || std::is_same_v<Command, lock::set_latch> ||
                 std::is_same_v<Command, lock::count_down>
    lock::reply run(const Command& asked, session&) {
        return gates_.run(asked, {requests_, at_, log_time(now_)}, end_and_tell());
    }
};

}  // namespace synod::lock_test
