// synod/testing/lock_audit.hpp - what must be true of a lock service from the outside, whoever asks
// it for what.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/invariant.hpp>
#include <synod/lock/state.hpp>
#include <synod/testing/audited.hpp>
#include <synod/testing/lock_ledger.hpp>
#include <synod/testing/stage.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// Sees every input of the lock table once, in log order, and holds it to the invariants of the
/// table and the claims of the ledger.
class lock_auditor {
public:
    using grant = lock_ledger::grant;

    explicit lock_auditor(stage& run) : stage_(run) {}

    [[nodiscard]] audit_trail& trail() { return trail_; }
    [[nodiscard]] const audit_trail& trail() const { return trail_; }

    void diverged(const char* what) {
        stage_.violate(std::string("replicas_agree: ") + what + " differ");
    }

    template <class Table, class Input>
    void saw(const Table& table, const Input& input) {
        lock::state after = table.describe();
        if (const char* broken = lock::invariant::first_broken(after)) stage_.violate(broken);
        ledger_.limit_bypass(table.config().max_bypass);
        const std::string_view broken = note(input, after);
        if (!broken.empty()) stage_.violate(std::string(broken));
        before_ = std::move(after);
    }

    /// After the newest input.
    [[nodiscard]] const lock::state& state() const { return before_; }

    /// All grants, in log order.
    [[nodiscard]] const std::vector<grant>& grants() const { return ledger_.grants(); }

    /// Whether that acquire was granted, ever.
    [[nodiscard]] bool was_granted(session_id session, std::uint64_t sequence) const {
        return ledger_.was_granted(session, sequence);
    }

private:
    template <class Input>
    [[nodiscard]] std::string_view note(const Input& input, const lock::state& after) {
        if constexpr (requires { input.command; }) {
            return ledger_.applied(before_, input.command, input.result, after);
        } else if constexpr (requires { input.by; }) {
            return ledger_.led(before_, after);
        } else {
            return ledger_.advanced(before_, after);
        }
    }

    stage& stage_;
    audit_trail trail_;
    lock_ledger ledger_;
    lock::state before_;  // after the newest input
};

}  // namespace synod::inline SYNOD_ABI::testing
