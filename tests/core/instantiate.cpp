// tests/core/instantiate.cpp - the roles, a replica, its service and the lock table, instantiated
// without exceptions and run-time types.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/storage/memory.hpp>
#include <synod/transport/memory.hpp>

#include "core_headers.hpp"

#include <string>

namespace {

using role_link = synod::memory_network<synod::paxos_message<std::string>>::link;
using role_disk = synod::memory_storage<synod::records<std::string>>;
using node_link = synod::memory_network<synod::replica_message>::link;
using client_link = synod::memory_network<synod::lock::to_client>::link;
using node_disk = synod::memory_storage<synod::records<synod::entry>>;

}  // namespace

template class synod::acceptor<std::string, role_link, role_disk>;
template class synod::proposer<std::string, role_link, role_disk>;
template class synod::learner<std::string, role_link>;
template class synod::replica<synod::lock::table, node_link, node_disk>;
template class synod::lock::service<client_link>;
template class synod::lock::basic_table<synod::lock::rules>;
template class synod::basic_session_table<synod::session_rules>;
