// synod/paxos.hpp - the Paxos roles and the concepts they ask for.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/shared.hpp>
#include <synod/paxos/acceptor.hpp>
#include <synod/paxos/learner.hpp>
#include <synod/paxos/policy.hpp>
#include <synod/paxos/proposer.hpp>
#include <synod/paxos/storage.hpp>
#include <synod/paxos/transport.hpp>
