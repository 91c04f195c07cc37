// synod/base/detail/deferred.hpp - types named through a template's parameter, so that including a
// header instantiates nothing.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

namespace synod::inline SYNOD_ABI::detail {

template <class T, class Parameter>
struct deferred_type {
    using type = T;
};

/// `T` itself. A template that names it so, by a parameter of its own, makes the compiler wait with
/// all that it does with `T` until the template is used.
template <class T, class Parameter>
using deferred = typename deferred_type<T, Parameter>::type;

}  // namespace synod::inline SYNOD_ABI::detail
