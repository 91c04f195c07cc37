// tests/unit/testing/fenced_lock_model.cpp - which histories of a lock with tokens can be
// explained, and which cannot.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/fenced_lock_model.hpp>
#include <synod/testing/linearizability.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>

using namespace synod;
using testing::check_linearizability;
using testing::fenced_lock_model;
using testing::process_id;
using testing::verdict;

namespace {

using function = fenced_lock_model::function;

constexpr process_id ada(1);
constexpr process_id bob(2);
constexpr process_id eve(3);
constexpr std::size_t door = 0;
constexpr std::size_t gate = 1;

[[nodiscard]] constexpr fencing_token token(std::uint64_t counter) { return {1, counter}; }

/// A history in the making, and the grants behind it.
class story {
public:
    explicit story(bool has_lock_delays = false) : model_(has_lock_delays) {}

    story& grants(std::size_t lock, fencing_token under) {
        model_.add_grant(lock, under);
        return *this;
    }

    // Calls.
    story& asks(process_id who, std::size_t lock = door) {
        told_.invoke(who, {function::acquire, lock, {}});
        return *this;
    }
    story& gives_back(process_id who, fencing_token held, std::size_t lock = door) {
        told_.invoke(who, {function::release, lock, held});
        return *this;
    }
    story& looks(process_id who, std::size_t lock = door) {
        told_.invoke(who, {function::read, lock, {}});
        return *this;
    }

    // And what comes of them.
    story& is_told(process_id who, fencing_token answer = {}) {
        told_.complete(who, {false, answer});
        return *this;
    }
    story& is_told_busy(process_id who) {
        told_.complete(who, {true, {}});
        return *this;
    }
    story& gives_up(process_id who) {
        told_.abandon(who);
        return *this;
    }

    // What takes effect between two others.
    story& gets(process_id who, fencing_token under, std::size_t lock = door) {
        return asks(who, lock).is_told(who, under);
    }
    story& returns(process_id who, fencing_token held, std::size_t lock = door) {
        return gives_back(who, held, lock).is_told(who);
    }
    story& sees(process_id who, fencing_token holder, std::size_t lock = door) {
        return looks(who, lock).is_told(who, holder);
    }
    story& is_refused(process_id who, std::size_t lock = door) {
        return asks(who, lock).is_told_busy(who);
    }

    [[nodiscard]] bool holds() const {
        fenced_lock_model model = model_;
        model.note_reports(told_);
        return check_linearizability(model, told_).verdict == verdict::linearizable;
    }

private:
    fenced_lock_model model_;
    fenced_lock_model::history_type told_;
};

/// Of the door, under tokens 1 to `count`.
[[nodiscard]] story grants(std::uint64_t count, bool has_lock_delays = false) {
    story made(has_lock_delays);
    for (std::uint64_t i = 1; i <= count; ++i) made.grants(door, token(i));
    return made;
}

}  // namespace

TEST_CASE("one after another takes the lock and gives it back") {
    CHECK(grants(2)
              .gets(ada, token(1))
              .returns(ada, token(1))
              .gets(bob, token(2))
              .returns(bob, token(2))
              .holds());
}

TEST_CASE("nobody gets a lock that another holds and then gives back") {
    auto told = grants(2).gets(ada, token(1)).gets(bob, token(2));
    CHECK(told.holds());  // Ada may have lost it
    CHECK_FALSE(told.returns(ada, token(1)).holds());
}

TEST_CASE("nobody gets a token out of turn, or twice, or one that was never issued") {
    CHECK_FALSE(grants(2).gets(ada, token(2)).gets(bob, token(1)).holds());
    CHECK_FALSE(grants(1).gets(ada, token(1)).gets(bob, token(1)).holds());
    CHECK_FALSE(grants(1).gets(ada, token(3)).holds());
}

TEST_CASE("who waits gets the lock while another gives it back") {
    CHECK(grants(2)
              .gets(ada, token(1))
              .asks(bob)
              .gives_back(ada, token(1))
              .is_told(bob, token(2))
              .is_told(ada)
              .holds());
    CHECK_FALSE(grants(2)
                    .gets(ada, token(1))
                    .asks(bob)
                    .is_told(bob, token(2))
                    .gives_back(ada, token(1))
                    .is_told(ada)
                    .holds());
}

TEST_CASE("a hold is not given back twice, nor before it began") {
    CHECK_FALSE(
        grants(1).gets(ada, token(1)).returns(ada, token(1)).returns(ada, token(1)).holds());
    CHECK_FALSE(grants(1).returns(bob, token(1)).gets(ada, token(1)).holds());
}

TEST_CASE("who would not wait meets a holder, or nobody was told of one") {
    CHECK(grants(1).gets(ada, token(1)).is_refused(bob).returns(ada, token(1)).holds());
    CHECK_FALSE(grants(1).gets(ada, token(1)).returns(ada, token(1)).is_refused(bob).holds());
    CHECK_FALSE(grants(1).is_refused(bob).gets(ada, token(1)).holds());
    CHECK(grants(1).asks(ada).gives_up(ada).is_refused(bob).holds());
    CHECK_FALSE(story().is_refused(bob).holds());
}

TEST_CASE("who would not wait meets the lock-delay of a hold that was lost, and of no other") {
    for (const bool has_delays : {false, true}) {
        const auto lost = [has_delays](std::uint64_t count) {
            return grants(count, has_delays).gets(ada, token(1)).sees(eve, {}).is_refused(bob);
        };
        CHECK(lost(1).holds() == has_delays);
        CHECK(lost(2).gets(bob, token(2)).holds() == has_delays);
        auto returned = grants(1, has_delays).gets(ada, token(1)).returns(ada, token(1));
        CHECK_FALSE(returned.is_refused(bob).holds());
        CHECK_FALSE(grants(1, has_delays).is_refused(bob).gets(ada, token(1)).holds());
    }
}

TEST_CASE("who was not told of a grant may have had it, and lost it at any time") {
    CHECK(grants(2).asks(ada).gives_up(ada).gets(bob, token(2)).holds());
    CHECK(grants(3).gets(ada, token(1)).gets(bob, token(3)).holds());
    CHECK(grants(2).asks(ada).sees(eve, token(1)).sees(eve, {}).gets(bob, token(2)).holds());
}

TEST_CASE("a grant that somebody was told of has not come about before it was asked for") {
    CHECK_FALSE(grants(1).sees(eve, token(1)).gets(ada, token(1)).holds());
    CHECK_FALSE(grants(2).gets(bob, token(2)).gets(ada, token(1)).holds());
    CHECK(grants(1).asks(ada).sees(eve, token(1)).is_told(ada, token(1)).holds());
}

TEST_CASE("a reader sees who holds the lock, and nobody when nobody does") {
    auto told = grants(1).sees(eve, {}).gets(ada, token(1)).sees(eve, token(1));
    CHECK(told.holds());
    CHECK(told.returns(ada, token(1)).sees(eve, {}).holds());
    CHECK_FALSE(told.sees(eve, token(1)).holds());
}

TEST_CASE("a reader does not see a hold end that goes on") {
    CHECK_FALSE(grants(1)
                    .gets(ada, token(1))
                    .sees(eve, {})
                    .sees(bob, token(1))
                    .returns(ada, token(1))
                    .holds());
    CHECK_FALSE(grants(1).gets(ada, token(1)).sees(eve, {}).returns(ada, token(1)).holds());
}

TEST_CASE("readers never see a later holder before an earlier one") {
    CHECK(grants(2).sees(eve, token(1)).sees(eve, token(2)).holds());
    CHECK_FALSE(grants(2).sees(eve, token(2)).sees(eve, token(1)).holds());
}

TEST_CASE("locks go their ways apart") {
    story told;
    told.grants(door, token(1)).grants(gate, token(2));
    told.gets(ada, token(1), door).gets(bob, token(2), gate);
    told.returns(ada, token(1), door).sees(eve, token(2), gate).returns(bob, token(2), gate);
    CHECK(told.holds());
}

TEST_CASE("the token of one lock explains nothing of another") {
    story told;
    told.grants(door, token(1)).grants(gate, token(2));
    CHECK_FALSE(story(told).gets(ada, token(2), door).holds());
    CHECK_FALSE(story(told).sees(eve, token(2), door).holds());
    told.gets(ada, token(1), door);
    CHECK_FALSE(story(told).gives_back(bob, token(2), door).is_told(bob).holds());
    CHECK(told.returns(ada, token(1), door).holds());
}
