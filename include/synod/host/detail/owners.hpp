// synod/host/detail/owners.hpp - std::unique_ptr and std::shared_ptr.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

// The rest of <memory> is a fiftieth of what synod costs to include, and nothing else of it is
// used. What libstdc++ makes it of is included by its <thread> and <condition_variable> anyway.
#if defined(__GLIBCXX__) && __has_include(<bits/unique_ptr.h>) && __has_include(<bits/shared_ptr.h>)
#include <bits/shared_ptr.h>
#include <bits/unique_ptr.h>
#else
#include <memory>
#endif
