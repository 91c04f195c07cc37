// synod/paxos/group.hpp - who speaks with whom: one node's view of the cluster it belongs to.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/node_set.hpp>
#include <synod/base/result.hpp>
#include <synod/paxos/messages.hpp>
#include <synod/paxos/observer.hpp>

#include <array>
#include <initializer_list>

namespace synod::inline SYNOD_ABI {

/// One node and the life of its disk that counts.
struct member {
    node_id node;
    synod::incarnation incarnation;
};

/// A cluster as one node sees it: its own name and the lives of all nodes that may speak to it.
class group {
public:
    /// `members` is a range of `member`. Errors: no_members; id_out_of_range for an id of max_nodes
    /// or more, or an incarnation of zero; duplicate_member; id_not_a_member when `self` is not
    /// among the members.
    template <class Members = std::initializer_list<member>>
    [[nodiscard]] static result<group> make(cluster_id cluster, node_id self,
                                            const Members& members) {
        if (members.size() == 0) return errc::no_members;
        group made(cluster, self);
        for (const member& one : members) {
            if (one.node.value() >= max_nodes) return errc::id_out_of_range;
            if (one.incarnation.value() == 0) return errc::id_out_of_range;
            if (made.nodes_.contains(one.node)) return errc::duplicate_member;
            made.admit(one);
        }
        if (!made.nodes_.contains(self)) return errc::id_not_a_member;
        return made;
    }

    [[nodiscard]] cluster_id cluster() const { return cluster_; }
    [[nodiscard]] node_id self() const { return self_; }
    [[nodiscard]] node_set nodes() const { return nodes_; }
    [[nodiscard]] synod::incarnation incarnation() const { return header().sender; }

    /// The header of this node's messages.
    [[nodiscard]] const message_header& header() const { return header_; }

    /// Whether a message with that header, come from `from`, is one to look at.
    [[nodiscard]] bool admits(node_id from, const message_header& header) const {
        return nodes_.contains(from) && headers_[from.value()] == header;
    }

    /// Why `admits` said no.
    [[nodiscard]] refusal why_not(node_id from, const message_header& header) const {
        if (header.cluster != cluster_) return refusal::wrong_cluster;
        if (!nodes_.contains(from)) return refusal::unknown_sender;
        return refusal::wrong_incarnation;
    }

    friend bool operator==(const group&, const group&) = default;

private:
    group(cluster_id cluster, node_id self) : cluster_(cluster), self_(self) {}

    void admit(const member& one) {
        nodes_.insert(one.node);
        headers_[one.node.value()] = {cluster_, one.incarnation};
        if (one.node == self_) header_ = headers_[one.node.value()];
    }

    cluster_id cluster_;
    node_id self_;  // in nodes_
    node_set nodes_;
    message_header header_;  // that of self_
    // By node id; says nothing where there is no node.
    std::array<message_header, max_nodes> headers_{};
};

}  // namespace synod::inline SYNOD_ABI
