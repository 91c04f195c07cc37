// tests/concept/roles.cpp - the roles ask for no more than their concepts say: they are instantiated with the archetypes.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/paxos.hpp>

#include "concept/archetypes.hpp"

namespace arch {

using policy = synod::policy<quorum_system, observer>;

}  // namespace arch

template class synod::acceptor<arch::value, arch::transport, arch::storage, arch::policy>;
template class synod::acceptor<arch::value, arch::transport, arch::async_storage, arch::policy>;
template class synod::proposer<arch::value, arch::transport, arch::storage, arch::policy>;
template class synod::proposer<arch::value, arch::transport, arch::async_storage, arch::policy>;
template class synod::learner<arch::value, arch::transport, arch::policy>;

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
