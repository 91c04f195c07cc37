// tests/unit/testing/lock_errands.cpp - what clients of a simulation are sent out for.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/table.hpp>
#include <synod/testing/lock_errands.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>

using namespace synod;
using namespace synod::testing;

namespace {

/// Carries errands to a table, each under the next stamp of one session.
class carrier {
public:
    explicit carrier(lock_errands& all) : all_(all) {
        const auto said = table_.execute(next(), lock::open_session{{0, 1}, 1, 60'000});
        session_ = get<lock::opened>(said).session;
    }

    /// The kind of command, and whether it was refused.
    std::pair<std::size_t, bool> carry(prng& random) {
        lock::command asked = all_.draw(random, 3 + random.below(2));
        ++sequence_;
        visit([this](auto& one) { stamp(one); }, asked);
        all_.sent(sequence_);
        const lock::reply said = table_.execute(next(), asked);
        all_.heard(said);
        static_cast<void>(
            table_.execute(next(), lock::keep_alive{{session_, ++sequence_, sequence_ - 1}}));
        return {asked.index(), holds_alternative<lock::refused>(said)};
    }

private:
    template <class Command>
    void stamp(Command& one) const {
        if constexpr (requires { one.stamp; }) one.stamp = {session_, sequence_, sequence_ - 1};
    }
    apply_context next() {
        at_ = {at_.slot.next(), 0};
        now_ = now_ + 20;
        return {at_, now_};
    }

    lock_errands& all_;
    lock::table table_ = std::move(*lock::table::make());
    session_id session_;
    std::uint64_t sequence_ = 0;
    position at_;
    log_time now_;
};

}  // namespace

TEST_CASE("errands are of every kind that a session carries, and each is sometimes granted") {
    lock_errands all{lock::config{}};
    carrier to_table(all);
    prng random(1);
    std::set<std::size_t> drawn;
    std::set<std::size_t> done;
    for (int i = 0; i < 20'000; ++i) {
        const auto [kind, is_refused] = to_table.carry(random);
        drawn.insert(kind);
        if (!is_refused) done.insert(kind);
    }
    constexpr std::size_t of_the_session_itself = 3;
    CHECK(drawn.size() == lock::command::count - of_the_session_itself);
    CHECK(done == drawn);
    CHECK(!drawn.contains(lock::command(lock::open_session{}).index()));
    CHECK(!drawn.contains(lock::command(lock::close_session{}).index()));
}

TEST_CASE("the same numbers draw the same errands") {
    lock_errands one{lock::config{}};
    lock_errands other{lock::config{}};
    prng random(7);
    prng same(7);
    for (int i = 0; i < 1'000; ++i) CHECK(one.draw(random, 3) == other.draw(same, 3));
}
