// synod/testing/fenced_resource.hpp - what the locks of a simulated run protect, and who was let in
// under which token.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/format.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/time.hpp>
#include <synod/testing/stage.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// One resource for each lock, behind a `Gate`. Writes take their time to get there, however long;
/// the gate must take those of the newest token seen and refuse all others.
template <class Gate>
class fenced_resource {
public:
    fenced_resource(stage& run, std::size_t locks) : stage_(run), sites_(locks) {}

    /// Whoever acts writes as the holder of `lock` under `token`; it arrives at `due`.
    void write(std::size_t lock, fencing_token token, instant due) {
        on_their_way_.emplace(due, arrival{lock, token, stage_.acting});
    }

    [[nodiscard]] instant next_due() const {
        return on_their_way_.empty() ? instant::never() : on_their_way_.begin()->first;
    }

    /// Lets in, or refuses, the writes that have arrived by now.
    void attend() {
        while (next_due() <= stage_.now) {
            const arrival next = on_their_way_.begin()->second;
            on_their_way_.erase(on_their_way_.begin());
            arrive(next);
        }
    }

    [[nodiscard]] std::uint64_t taken() const { return taken_; }
    [[nodiscard]] std::uint64_t refused() const { return refused_; }

private:
    struct arrival {
        std::size_t lock = 0;
        fencing_token token;
        node_id writer;
    };
    struct site {
        Gate gate;
        fencing_token newest;  // of the writes that were taken
    };

    void arrive(const arrival& write) {
        stage_.acting = write.writer;
        site& here = sites_[write.lock];
        const bool is_taken = !here.gate.admit(write.token);
        ++(is_taken ? taken_ : refused_);
        if (is_taken != (write.token >= here.newest)) {
            stage_.violate((is_taken ? "no_stale_write: " : "current_writes_are_taken: ") +
                           to_string(write.token) + " after " + to_string(here.newest));
        }
        if (is_taken) here.newest = write.token;
    }

    stage& stage_;
    std::vector<site> sites_;  // by lock
    std::multimap<instant, arrival> on_their_way_;
    std::uint64_t taken_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace synod::inline SYNOD_ABI::testing
