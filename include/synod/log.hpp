// synod/log.hpp - the replicated log and what it asks of a state machine.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/log/replica.hpp>
#include <synod/log/session_table.hpp>
#include <synod/log/state_machine.hpp>
#include <synod/paxos.hpp>
