// synod/testing/policy_memory.hpp - what a policy remembers is part of what the role that it was
// lent to will do.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/fingerprint.hpp>

#include <type_traits>
#include <utility>

namespace synod::inline SYNOD_ABI::testing {

/// A policy that remembers something has a fingerprint, and equals another that remembers the same.
template <class Role>
concept role_with_memory =
    fingerprintable<std::remove_cvref_t<decltype(std::declval<const Role&>().policy())>>;

template <class Role>
[[nodiscard]] bool remembers_the_same(const Role& a, const Role& b) {
    if constexpr (role_with_memory<Role>) return a.policy() == b.policy();
    return true;
}

template <class Role, class Sink>
void add_memory(const Role& role, Sink& sink) {
    if constexpr (role_with_memory<Role>) sink.add(role.policy());
}

}  // namespace synod::inline SYNOD_ABI::testing
