// synod/lock.hpp - the lock table and the messages between it and its clients.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/access.hpp>
#include <synod/lock/administration.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/event.hpp>
#include <synod/lock/invariant.hpp>
#include <synod/lock/listing.hpp>
#include <synod/lock/messages.hpp>
#include <synod/lock/mode.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/revocation.hpp>
#include <synod/lock/rules.hpp>
#include <synod/lock/state.hpp>
#include <synod/lock/table.hpp>
