// tests/unit/client/fork.cpp - a forked child: it holds nothing, and lets go of nothing.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/client/mutex.hpp>
#include <synod/client/session.hpp>

#include "support/catch.hpp"
#include "threaded_cluster.hpp"

#include <optional>
#include <sys/wait.h>
#include <unistd.h>

using namespace synod;
using namespace synod::client_test;

namespace {

/// What the child finds; zero when all is as it should be.
int child(std::optional<session>& client, std::optional<synod::mutex>& door, const hold& mine) {
    if (!mine.lost()) return 1;
    if (door->try_acquire().error() != errc::stopped) return 2;
    door->unlock();
    if (door->release() != errc::not_owner) return 3;
    door.reset();
    client.reset();
    return 0;
}

}  // namespace

TEST_CASE("locks 3.12/84: a child of fork neither renews nor releases its parent's holds") {
    threaded_cluster all;
    std::optional<session> client(all.connect());
    std::optional<synod::mutex> door(std::in_place, *client, "door");
    door->lock();
    const hold mine = *door->held();
    const pid_t made = ::fork();
    if (made == 0) ::_exit(child(client, door, mine));
    int status = -1;
    REQUIRE(::waitpid(made, &status, 0) == made);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    CHECK(!mine.lost());
    CHECK(!door->release());
}
