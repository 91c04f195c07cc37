// tests/concept/roles.cpp - roles and replicas ask for no more than their concepts say: they are
// instantiated with the archetypes.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/log.hpp>
#include <synod/paxos.hpp>

#include "concept/archetypes.hpp"

namespace arch {

using policy = synod::policy<quorum_system, observer>;
using log_policy = synod::log_policy<quorum_system, observer>;
using log_storage = storage_of<synod::entry>;
using async_log_storage = async_storage_of<synod::entry>;

template <class Machine, class Storage>
using replica = synod::replica<Machine, transport, Storage, log_policy>;

}  // namespace arch

template class synod::acceptor<arch::value, arch::transport, arch::storage, arch::policy>;
template class synod::acceptor<arch::value, arch::transport, arch::async_storage, arch::policy>;
template class synod::proposer<arch::value, arch::transport, arch::storage, arch::policy>;
template class synod::proposer<arch::value, arch::transport, arch::async_storage, arch::policy>;
template class synod::learner<arch::value, arch::transport, arch::policy>;

template class synod::replica<arch::state_machine, arch::transport, arch::log_storage,
                              arch::log_policy>;
template class synod::replica<arch::state_machine, arch::transport, arch::async_log_storage,
                              arch::log_policy>;
template class synod::replica<arch::timed_state_machine, arch::transport, arch::log_storage,
                              arch::log_policy>;

template class synod::votes<arch::value>;
template class synod::acceptor_core<arch::value>;
template class synod::proposer_core<arch::value>;

// Templates of members are instantiated by use.
void arch_receive(synod::acceptor<arch::value, arch::transport, arch::storage, arch::policy>& role,
                  synod::paxos_message<arch::value> message) {
    role.receive(synod::node_id(), message, synod::instant());
}
void arch_receive(synod::proposer<arch::value, arch::transport, arch::storage, arch::policy>& role,
                  synod::paxos_message<arch::value> message) {
    role.receive(synod::node_id(), message, synod::instant());
}
void arch_receive(synod::learner<arch::value, arch::transport, arch::policy>& role,
                  synod::paxos_message<arch::value> message) {
    role.receive(synod::node_id(), message, synod::instant());
}

template <class Replica>
void arch_use(Replica& node, const synod::replica_message& message) {
    node.receive(synod::node_id(), message, synod::instant());
    node.drain([](const synod::completion&) {});
}
void arch_use(arch::replica<arch::state_machine, arch::log_storage>& node,
              arch::replica<arch::state_machine, arch::async_log_storage>& async_node,
              arch::replica<arch::timed_state_machine, arch::log_storage>& timed_node,
              const synod::replica_message& message) {
    arch_use(node, message);
    arch_use(async_node, message);
    arch_use(timed_node, message);
}
