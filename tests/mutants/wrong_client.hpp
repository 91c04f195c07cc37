// tests/mutants/wrong_client.hpp - the client, and the resource that its locks protect.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/client/fence_gate.hpp>
#include <synod/client/policy.hpp>

#include "mutants/mutant.hpp"

namespace synod::mutants {

/// M49 calls a failure what may have happened; M56 times its lease from the last transmission.
struct wrong_client_rules : client::rules {
    [[nodiscard]] static instant renewed_at(instant first_sent, instant last_sent) {
        return is(mutant::m56) ? last_sent : client::rules::renewed_at(first_sent, last_sent);
    }
    [[nodiscard]] static errc end_of(bool was_sent) {
        return client::rules::end_of(was_sent && !is(mutant::m49));
    }
};

/// M64 lets in whoever comes.
class wrong_gate : public fence_gate<> {
public:
    [[nodiscard]] std::error_code admit(fencing_token token) {
        if (is(mutant::m64)) return {};
        return fence_gate<>::admit(token);
    }
};

}  // namespace synod::mutants
