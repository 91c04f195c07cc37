// floor.cpp - see floor.hpp.
#include "floor.hpp"

#include <cstring>
#include <vector>

namespace {

struct header {
    std::uint64_t round, slot;
    std::uint32_t from, length;
};

struct ring {
    std::size_t stride = 0, mask = 0;
    std::uint64_t head = 0, tail = 0;
    std::vector<unsigned char> bytes;

    ring(std::size_t slots, std::size_t message)
        : stride((sizeof(header) + message + 63) / 64 * 64),
          mask(slots - 1),
          bytes(slots * stride) {}
    unsigned char* push() { return &bytes[(tail++ & mask) * stride]; }
    const unsigned char* pop() { return &bytes[(head++ & mask) * stride]; }
    bool empty() const { return head == tail; }
};

}  // namespace

struct floor_cluster {
    std::size_t replicas, bytes;
    std::uint64_t next = 0;
    std::vector<ring> inbox;  // one for each replica; the first holds acknowledgements
    std::vector<std::vector<unsigned char>> log;  // 4096 entries each, a ring
    std::vector<std::uint32_t> acks;

    floor_cluster(std::size_t n, std::size_t b)
        : replicas(n), bytes(b), log(n, std::vector<unsigned char>(4096 * b)), acks(4096) {
        for (std::size_t i = 0; i < n; ++i) inbox.emplace_back(8192, i == 0 ? 0 : b);
    }
    unsigned char* entry(std::size_t replica, std::uint64_t slot) {
        return &log[replica][(slot & 4095) * bytes];
    }
};

floor_cluster* floor_make(std::size_t replicas, std::size_t bytes) {
    return new floor_cluster(replicas, bytes);
}
void floor_free(floor_cluster* cluster) { delete cluster; }

static void propose(floor_cluster& c, const unsigned char* command) {
    const std::uint64_t slot = c.next++;
    std::memcpy(c.entry(0, slot), command, c.bytes);
    c.acks[slot & 4095] = 1;
    for (std::size_t to = 1; to < c.replicas; ++to) {
        unsigned char* at = c.inbox[to].push();
        const header h{1, slot, 0, static_cast<std::uint32_t>(c.bytes)};
        std::memcpy(at, &h, sizeof h);
        std::memcpy(at + sizeof h, command, c.bytes);
    }
}

static void serve(floor_cluster& c, std::size_t self) {
    while (!c.inbox[self].empty()) {
        const unsigned char* at = c.inbox[self].pop();
        header h;
        std::memcpy(&h, at, sizeof h);
        std::memcpy(c.entry(self, h.slot), at + sizeof h, h.length);
        h.from = static_cast<std::uint32_t>(self);
        std::memcpy(c.inbox[0].push(), &h, sizeof h);
    }
}

static std::uint64_t collect(floor_cluster& c) {
    std::uint64_t done = 0;
    while (!c.inbox[0].empty()) {
        header h;
        std::memcpy(&h, c.inbox[0].pop(), sizeof h);
        done += ++c.acks[h.slot & 4095] == c.replicas;
    }
    return done;
}

std::uint64_t floor_run(floor_cluster* cluster, const unsigned char* command, std::uint64_t count,
                        std::size_t window) {
    std::uint64_t done = 0;
    for (std::uint64_t sent = 0; sent < count; sent += window) {
        for (std::size_t i = 0; i < window; ++i) propose(*cluster, command);
        for (std::size_t to = 1; to < cluster->replicas; ++to) serve(*cluster, to);
        done += collect(*cluster);
    }
    return done;
}
