// synod/client.hpp - locks as their users see them, and the gate before what they guard.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/client/config.hpp>
#include <synod/client/connection.hpp>
#include <synod/client/fence_gate.hpp>
#include <synod/client/hold.hpp>
#include <synod/client/mutex.hpp>
#include <synod/client/session.hpp>
#include <synod/client/session_core.hpp>
#include <synod/client/shared_mutex.hpp>
