// floor.hpp - the floor under a message round: the same bytes through the same number of in-memory
// queues, and no protocol.
//
// One replica writes a header and the command into a ring for each peer; each peer copies the
// message out, stores it in its log and puts an acknowledgement into the first replica's ring; the
// first replica counts them and stores its own copy. Frozen: compare rounds against this source,
// compiled as a translation unit of its own with -O2 and no other optimisation flag.
#pragma once

#include <cstddef>
#include <cstdint>

struct floor_cluster;

floor_cluster* floor_make(std::size_t replicas, std::size_t bytes);
void floor_free(floor_cluster* cluster);

/// Pushes `count` commands of the cluster's size through to every replica and back, `window` at a
/// time; returns how many were acknowledged by all.
std::uint64_t floor_run(floor_cluster* cluster, const unsigned char* command, std::uint64_t count,
                        std::size_t window);
