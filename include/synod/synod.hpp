// synod/synod.hpp - everything, but for what needs more than the C++ standard library, and for what
// only tests need.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/format.hpp>
#include <synod/client.hpp>
#include <synod/host/clock.hpp>
#include <synod/host/lock_node.hpp>
#include <synod/host/runner.hpp>
#include <synod/lock.hpp>
#include <synod/lock/service.hpp>
#include <synod/log.hpp>
#include <synod/paxos.hpp>
#include <synod/paxos/invariant.hpp>
#include <synod/paxos/text_log.hpp>
#include <synod/storage/memory.hpp>
#include <synod/transport/memory.hpp>
#include <synod/transport/threads.hpp>
