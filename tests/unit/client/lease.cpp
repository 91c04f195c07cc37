// tests/unit/client/lease.cpp - a lease by two clocks that drift: who relies on it, and who ends
// it.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/prng.hpp>
#include <synod/client/lease.hpp>
#include <synod/client/policy.hpp>
#include <synod/log/session_table.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <cstdlib>
#include <optional>

using namespace synod;

TEST_CASE("locks R4: the safe part of a lease takes off both drifts and the margin") {
    CHECK(safe_part(seconds(10), 0, duration(0)) == seconds(10));
    CHECK(safe_part(seconds(10), 0, milliseconds(100)) == milliseconds(9'900));
    CHECK(safe_part(seconds(101), 10'000, duration(0)) == seconds(99));
    CHECK(safe_part(seconds(3), 500'000, duration(0)) == seconds(1));
    CHECK(safe_part(milliseconds(50), 0, milliseconds(100)) < duration(0));
    CHECK(safe_part(duration(instant::never().nanoseconds()), 1, duration(0)) >
          seconds(9'000'000'000));
}

TEST_CASE(
    "a lease only rises while its session lives, and is over before it is opened and after it has "
    "ended") {
    client_config config;
    client::lease lease(config);
    CHECK(lease.safe_until() == client::lease::over);
    CHECK(lease.jeopardy_from() == client::lease::over);
    CHECK(lease.renewal_due() == instant::never());
    REQUIRE(lease.open(seconds(10), instant(1'000)));
    const duration length = lease.length();
    CHECK(lease.safe_until() == instant(1'000) + length);
    CHECK(lease.renewal_due() == instant(1'000) + length / 4);
    lease.renew(instant(5'000));
    lease.renew(instant(3'000));
    CHECK(lease.safe_until() == instant(5'000) + length);
    lease.end();
    CHECK(lease.safe_until() == client::lease::over);
    CHECK(!lease.open(milliseconds(90), instant(1'000)));
    CHECK(lease.safe_until() == client::lease::over);
}

namespace {

constexpr std::uint32_t bound = 50'000;  // the drift that the client reckons with, in millionths

/// A clock that runs wrong by up to `drift` millionths, as the real one shows it.
struct drifting {
    drifting(prng& chance, std::uint32_t drift)
        : rate(1'000'000 - std::int64_t{drift} +
               static_cast<std::int64_t>(chance.below(2 * std::uint64_t{drift} + 1))),
          offset(static_cast<std::int64_t>(chance.below(1'000'000'000))) {}

    [[nodiscard]] instant shows(instant real) const {
        return instant(offset + real.nanoseconds() / 1'000'000 * rate);
    }
    /// The first real time at which it shows `point`, or a little later.
    [[nodiscard]] instant when(instant point) const {
        return instant((point.nanoseconds() - offset + rate - 1) / rate * 1'000'000);
    }

    std::int64_t rate;  // in millionths
    std::int64_t offset;
};

/// What one random schedule has come to.
struct verdict {
    bool is_live = false;   // the session lived to the end of it
    bool overlaps = false;  // the client relied on its lease when the service had ended it
};

/// One client renews a session of a real session table, through messages that are delayed, lost,
/// sent again and answered late; the table's time is that of a leader's clock, in whole
/// milliseconds.
template <class Rules = client::rules>
class schedule {
public:
    schedule(std::uint64_t seed, std::uint32_t drift)
        : chance_(seed), client_(chance_, drift), service_(chance_, drift), lease_(config()) {}

    verdict run() {
        session_config limits;
        limits.min_ttl_ms = 1;
        auto table = session_table::make(limits);
        const auto opened = open(*table);
        for (int i = 0; i < 4; ++i) renew(*table, opened.session);
        const instant trusts_until = client_.when(lease_.safe_until());
        const auto deadline = table->deadline_of(opened.session);
        if (!deadline) return {};  // it has ended while its client was too late
        const instant ends = ends_at(*deadline);
        return {true, trusts_until > ends};
    }

private:
    [[nodiscard]] static client_config config() {
        client_config made;
        made.ttl = milliseconds(ttl_ms);
        made.drift_per_million = bound;
        made.margin = milliseconds(2);
        return made;
    }

    [[nodiscard]] duration some(std::uint64_t most_ms) {
        return milliseconds(static_cast<std::int64_t>(chance_.below(most_ms + 1)));
    }

    /// Log time as a leader stamps it: whole milliseconds of its clock since it took over.
    [[nodiscard]] log_time stamp() const {
        const duration since = service_.shows(now_) - service_.shows(instant());
        return log_time(static_cast<std::uint64_t>(since / milliseconds(1)));
    }
    /// The real time at which it stamps `at`.
    [[nodiscard]] instant ends_at(log_time at) const {
        return service_.when(service_.shows(instant()) +
                             milliseconds(static_cast<std::int64_t>(at.milliseconds())));
    }

    session_table::opening open(session_table& table) {
        now_ = now_ + some(50);
        const instant sent = client_.shows(now_);
        now_ = now_ + some(100);
        table.move_time(stamp());
        const auto opened = table.open({slot(1), 0}, {1, 1}, 1, ttl_ms);
        static_cast<void>(lease_.open(milliseconds(ttl_ms), sent));
        return opened;
    }

    /// Sent once or twice; the service acts on the first that arrives, and either may be the one
    /// that is answered.
    void renew(session_table& table, session_id session) {
        now_ = now_ + some(300);
        const instant first = client_.shows(now_);
        const bool is_slow = chance_.below(4) == 0;
        now_ = now_ + some(is_slow ? 400 : 20);
        table.move_time(stamp());
        while (table.expire_one()) {
        }
        const bool is_kept = table.renew(session).has_value();
        now_ = now_ + some(is_slow ? 300 : 20);
        const instant last = client_.shows(now_);
        const bool is_answered = chance_.below(5) != 0;
        const bool is_in_time = last < lease_.safe_until();
        if (is_kept && is_answered && is_in_time) lease_.renew(Rules::renewed_at(first, last));
    }

    static constexpr std::uint64_t ttl_ms = 1'000;

    prng chance_;
    drifting client_;
    drifting service_;
    client::lease lease_;
    instant now_;  // real time
};

struct timed_from_resend : client::rules {
    [[nodiscard]] static instant renewed_at(instant, instant last_sent) { return last_sent; }
};

[[nodiscard]] std::uint64_t schedules() {
    const char* const asked = std::getenv("SYNOD_SCHEDULES");
    return asked == nullptr ? 1'000'000 : std::strtoull(asked, nullptr, 10);
}

}  // namespace

TEST_CASE(
    "locks R4: no client relies on a lease that the service has ended, while clocks drift no more "
    "than is reckoned with") {
    std::uint64_t live = 0;
    std::uint64_t overlaps = 0;
    const std::uint64_t count = schedules();
    for (std::uint64_t seed = 1; seed <= count; ++seed) {
        const verdict found = schedule<>(seed, bound).run();
        live += found.is_live ? 1 : 0;
        overlaps += found.overlaps ? 1 : 0;
    }
    CHECK(live > count / 2);
    CHECK(overlaps == 0);
}

TEST_CASE("a client that times its lease from the resend is found out (M56)") {
    std::uint64_t overlaps = 0;
    for (std::uint64_t seed = 1; seed <= 100'000; ++seed) {
        overlaps += schedule<timed_from_resend>(seed, bound).run().overlaps ? 1 : 0;
    }
    CHECK(overlaps > 100);
}

TEST_CASE("with clocks that drift beyond that an overlap is found") {
    std::uint64_t overlaps = 0;
    for (std::uint64_t seed = 1; seed <= 100'000; ++seed) {
        overlaps += schedule<>(seed, 3 * bound).run().overlaps ? 1 : 0;
    }
    CHECK(overlaps > 100);
}
