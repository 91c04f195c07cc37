// synod/lock/detail/profiles.hpp - what is known of sessions from their opening on, and how many
// there are of each principal.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/lock/detail/entries.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace synod::inline SYNOD_ABI::lock::detail {

/// One for each live session. Every operation is logarithmic in their number. `Profile` is
/// `profile`.
template <class Profile>
class profiles {
public:
    /// Nothing changes for a session that has one.
    void begin(session_id session, const Profile& told) {
        if (!of_.emplace(session, told).second) return;
        ++sessions_of_[told.principal];
        text_bytes_ += text_bytes_in(told);
    }
    void end(session_id session) {
        const auto found = of_.find(session);
        if (found == of_.end()) return;
        const auto counted = sessions_of_.find(found->second.principal);
        if (--counted->second == 0) sessions_of_.erase(counted);
        text_bytes_ -= text_bytes_in(found->second);
        of_.erase(found);
    }

    [[nodiscard]] const Profile& of(session_id session) const { return of_.at(session); }
    [[nodiscard]] std::size_t size() const { return of_.size(); }
    [[nodiscard]] std::uint32_t sessions_of(std::string_view principal) const {
        const auto found = sessions_of_.find(std::string(principal));
        return found == sessions_of_.end() ? 0 : found->second;
    }
    /// Of principals and meta, together.
    [[nodiscard]] std::uint64_t text_bytes() const { return text_bytes_; }

private:
    [[nodiscard]] static std::uint64_t text_bytes_in(const Profile& one) {
        return one.principal.size() + one.meta.size();
    }

    ordered_map<session_id, Profile> of_;
    ordered_map<std::string, synod::detail::deferred<std::uint32_t, Profile>> sessions_of_;
    std::uint64_t text_bytes_ = 0;
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
