// tests/unit/testing/lock_audit.cpp - the auditor holds a table to the limits that it has at the
// time.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/rules.hpp>
#include <synod/lock/table.hpp>
#include <synod/testing/lock_audit.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

namespace lock = synod::lock;

namespace {

/// Whoever waits may always be overtaken once more.
struct unbounded_rules : lock::rules {
    [[nodiscard]] static bool may_be_overtaken(std::uint32_t /*bypassed*/, std::uint32_t /*most*/) {
        return true;
    }
};

/// A table under audit, and the one session that there is.
template <class Rules>
class audit {
public:
    audit() { ask(lock::open_session{{0, 1}, 1, 60'000}); }

    void ask(const lock::command& asked) {
        synod::bytes command;
        synod::byte_writer to_command(command);
        encode(asked, to_command);
        synod::bytes result;
        synod::byte_writer to_result(result);
        at_ = at_.next();
        machine_.apply({{at_, 0}, {}}, command, to_result);
    }

    void allow_bypass(std::uint32_t most) {
        lock::set_limits asked;
        asked.stamp = stamp();
        asked.limits = machine_.machine().config();
        asked.limits.max_bypass = most;
        ask(asked);
    }

    void acquire(std::uint8_t priority) {
        lock::acquire asked;
        asked.stamp = stamp();
        asked.owner = asked.stamp.sequence;
        asked.name = "a";
        asked.terms.priority = priority;
        asked.policy = lock::policy::priority;
        ask(asked);
    }

    [[nodiscard]] const std::string& violation() const { return run_.violation; }
    /// How often who was overtaken most was, of those who wait.
    [[nodiscard]] std::uint32_t bypassed() const {
        std::uint32_t most = 0;
        for (const lock::request_record& one : auditor_.state().locks.front().queue)
            most = std::max(most, one.standing.bypassed);
        return most;
    }

private:
    using table = lock::basic_table<Rules>;

    [[nodiscard]] synod::request_stamp stamp() {
        return {auditor_.state().sessions.front().session, ++sequence_, 0};
    }

    synod::testing::stage run_{1};
    synod::testing::lock_auditor auditor_{run_};
    synod::testing::simulated_process process_;
    synod::testing::audited<table, synod::testing::lock_auditor> machine_{
        std::move(*table::make({})), auditor_, process_, false};
    synod::slot at_;
    std::uint64_t sequence_ = 0;
};

/// One holds, one waits, and `urgent` others go ahead of that.
template <class Rules>
void overtake(audit<Rules>& shown, int urgent) {
    shown.acquire(0);
    shown.acquire(0);
    for (int i = 0; i < urgent; ++i) shown.acquire(1);
}

}  // namespace

TEST_CASE("locks 3.5: the auditor asks for the bound on overtaking that is in force") {
    audit<unbounded_rules> shown;
    shown.allow_bypass(2);
    overtake(shown, 2);
    CHECK(shown.violation().empty());
    CHECK(shown.bypassed() == 2);
    SECTION("it is met") { shown.acquire(1); }
    SECTION("it is lowered, and met at once") {
        shown.allow_bypass(1);
        CHECK(shown.violation().empty());
        shown.acquire(1);
    }
    SECTION("it is raised, and met later") {
        shown.allow_bypass(3);
        shown.acquire(1);
        CHECK(shown.violation().empty());
        shown.acquire(1);
    }
    CHECK(shown.violation() == "bypass_stays_bounded");
}

TEST_CASE("locks 3.5: a table that keeps to the bound on overtaking breaks nothing") {
    audit<lock::rules> shown;
    shown.allow_bypass(2);
    overtake(shown, 9);
    CHECK(shown.violation().empty());
    CHECK(shown.bypassed() == 2);
    shown.allow_bypass(1);
    shown.acquire(1);
    CHECK(shown.violation().empty());
}
