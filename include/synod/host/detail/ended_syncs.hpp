// synod/host/detail/ended_syncs.hpp - through here a storage's own thread tells the one that runs a
// replica how syncs ended.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/storage.hpp>

#include <mutex>
#include <optional>
#include <system_error>

namespace synod::inline SYNOD_ABI::host::detail {

/// How a sync ended.
struct ended_sync {
    sync_token token;
    std::error_code error;
};

/// Room for one end is enough: a later sync covers the earlier, and a later instance of a replica
/// has no use for what an earlier one began. No error of an instance is lost to what comes after
/// it. Thread-safe.
class ended_syncs {
public:
    void put(const sync_token& token, const std::error_code& error) {
        const std::lock_guard lock(mutex_);
        if (!newest_ || newest_->token.instance < token.instance) {
            newest_ = ended_sync{token, error};
        } else if (newest_->token.instance == token.instance && !newest_->error) {
            if (error || newest_->token < token) newest_ = ended_sync{token, error};
        }
    }

    /// What has come since the last call.
    [[nodiscard]] std::optional<ended_sync> take() {
        const std::lock_guard lock(mutex_);
        const auto taken = newest_;
        newest_.reset();
        return taken;
    }

private:
    std::mutex mutex_;
    std::optional<ended_sync> newest_;  // guarded by mutex_
};

}  // namespace synod::inline SYNOD_ABI::host::detail
