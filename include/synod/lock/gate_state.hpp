// synod/lock/gate_state.hpp - the latches and barriers of a lock table as a plain list.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/rules.hpp>
#include <synod/log/session.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace synod::inline SYNOD_ABI::lock {

/// How far a generation has come. Latches and barriers only ever gather.
enum class gate_phase : std::uint8_t {
    gathering,
    inside,  // of a double barrier: all have entered, and not all have left
    broken,  // of a double barrier: those inside are to be told when they leave
};
[[nodiscard]] constexpr gate_phase last_of(gate_phase) { return gate_phase::broken; }

/// Who waits at a gate.
struct passage_record {
    owner_id owner;
    std::uint64_t sequence = 0;  // of its command
    position at;                 // of its command
    log_time deadline;           // of its wait; never without a limit

    friend bool operator==(const passage_record&, const passage_record&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.owner.session, self.owner.tag, self.sequence, self.at, self.deadline);
    }
};

/// Who is inside of a double barrier.
struct member_record {
    owner_id owner;

    friend bool operator==(const member_record&, const member_record&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.owner.session, self.owner.tag); }
};

/// One latch, or one generation of a barrier.
template <class Passage = passage_record>
struct basic_gate_record {
    std::uint64_t generation = 0;
    std::string name;
    gate_kind kind = gate_kind::latch;
    gate_phase phase = gate_phase::gathering;
    std::uint32_t count = 0;       // what is left of a latch; else parties
    std::vector<Passage> waiting;  // in order of position
    std::vector<synod::detail::deferred<member_record, Passage>> inside;  // in order of owner

    friend bool operator==(const basic_gate_record&, const basic_gate_record&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.generation, self.name, self.kind, self.phase, self.count, self.waiting,
              self.inside);
    }
};
using gate_record = basic_gate_record<>;

/// All of them.
template <class Gate = gate_record>
struct basic_gate_state {
    std::uint64_t last_generation = 0;  // the highest ever given
    std::vector<Gate> gates;            // in order of generation

    friend bool operator==(const basic_gate_state&, const basic_gate_state&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.last_generation, self.gates); }
};
using gate_state = basic_gate_state<>;

}  // namespace synod::inline SYNOD_ABI::lock
