// tests/core/main.cpp - a lone replica of the lock service decides a command, without exceptions
// and run-time types.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/storage/memory.hpp>

#include "core_headers.hpp"

#include <cstdio>
#include <utility>

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "this program is to be built with -fno-exceptions -fno-rtti"
#endif

namespace {

using namespace synod;

/// A replica that is alone has nobody to say anything to.
struct silence {
    static constexpr bool is_single_threaded = true;
    template <class Message>
    void send(node_id /*to*/, Message&& /*message*/) noexcept {}
};

using lone_replica = replica<lock::table, silence, memory_storage<records<entry>>>;

/// Whether opening a session is decided and answered.
[[nodiscard]] bool opens_session(lone_replica& alone, instant now) {
    bytes command;
    byte_writer out(command);
    encode(lock::command(lock::open_session{{0, 1}, 1, 10'000, 0}), out);
    if (alone.propose(command, now).answer != answer::queued) return false;
    alone.flush(now);
    bool is_open = false;
    alone.drain([&is_open](const completion& end) {
        lock::reply said;
        is_open = end.outcome == outcome::decided && decode(end.result, said) &&
                  holds_alternative<lock::opened>(said);
    });
    return is_open;
}

}  // namespace

int main() {
    const node_id self(0);
    auto table = lock::table::make({});
    const auto members = group::make(cluster_id(1), self, {{self, incarnation(1)}});
    const log_policy<> policy{.quorums = *majority::make(node_set::first(1))};
    auto made = lone_replica::make(*members, std::move(*table), {}, {}, policy, instant());
    if (!made) return std::puts("no replica can be made"), 1;
    const instant now = made->next_deadline();
    made->tick(now);
    made->flush(now);
    if (!opens_session(*made, now)) return std::puts("no session is opened"), 1;
    return 0;
}
