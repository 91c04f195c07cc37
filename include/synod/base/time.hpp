// synod/base/time.hpp - instants and durations without <chrono>, which costs more to include than
// the roles do.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <compare>
#include <concepts>
#include <cstdint>

namespace synod::inline SYNOD_ABI {

namespace detail {

template <class T>
concept like_chrono_duration = requires(const T& t) {
    { t.count() } -> std::convertible_to<std::int64_t>;
    T::period::num;
    T::period::den;
};

template <class T>
concept like_chrono_time_point = requires(const T& t) {
    { t.time_since_epoch() } -> like_chrono_duration;
};

}  // namespace detail

/// A length of time in nanoseconds. Any std::chrono::duration converts to it; what is finer than a
/// nanosecond is cut off, and what is longer than 290 years becomes the longest that there is.
class duration {
public:
    constexpr duration() = default;
    constexpr explicit duration(std::int64_t nanoseconds) : nanoseconds_(nanoseconds) {}

    template <detail::like_chrono_duration Chrono>
    constexpr duration(const Chrono& length) : nanoseconds_(nanoseconds_in(length)) {}

    [[nodiscard]] constexpr std::int64_t nanoseconds() const { return nanoseconds_; }

    friend constexpr duration operator+(duration a, duration b) {
        return duration(a.nanoseconds_ + b.nanoseconds_);
    }
    friend constexpr duration operator-(duration a, duration b) {
        return duration(a.nanoseconds_ - b.nanoseconds_);
    }
    friend constexpr duration operator*(duration a, std::int64_t factor) {
        return duration(a.nanoseconds_ * factor);
    }
    friend constexpr duration operator/(duration a, std::int64_t divisor) {
        return duration(a.nanoseconds_ / divisor);
    }
    /// How many times `unit` fits.
    friend constexpr std::int64_t operator/(duration length, duration unit) {
        return length.nanoseconds_ / unit.nanoseconds_;
    }
    friend constexpr auto operator<=>(duration, duration) = default;

    template <class Sink>
    constexpr void fingerprint(Sink& sink) const {
        sink.add(nanoseconds_);
    }

private:
    template <class Chrono>
    static constexpr std::int64_t nanoseconds_in(const Chrono& length) {
        static_assert(1'000'000'000 * Chrono::period::num % Chrono::period::den == 0,
                      "a duration finer than a nanosecond must be rounded by the caller");
        constexpr std::int64_t unit = 1'000'000'000 * Chrono::period::num / Chrono::period::den;
        using number = decltype(length.count());
        if constexpr (std::floating_point<number>) {
            // Less than 2^63 by more than the product is rounded up.
            constexpr auto end = static_cast<number>(9.2e18L / unit);
            if (!(length.count() < end)) return INT64_MAX;
            if (length.count() <= -end) return INT64_MIN;
            return static_cast<std::int64_t>(length.count() * static_cast<number>(unit));
        } else {
            const auto count = static_cast<std::int64_t>(length.count());
            if constexpr (std::unsigned_integral<number>) {
                if (count < 0) return INT64_MAX;
            }
            if (count > INT64_MAX / unit) return INT64_MAX;
            if (count < INT64_MIN / unit) return INT64_MIN;
            return count * unit;
        }
    }

    std::int64_t nanoseconds_ = 0;
};

[[nodiscard]] constexpr duration microseconds(std::int64_t count) {
    return duration(count * 1'000);
}
[[nodiscard]] constexpr duration milliseconds(std::int64_t count) {
    return duration(count * 1'000'000);
}
[[nodiscard]] constexpr duration seconds(std::int64_t count) {
    return duration(count * 1'000'000'000);
}

namespace detail {

template <like_chrono_duration Chrono>
[[nodiscard]] constexpr long double nanoseconds_in(const Chrono& length) {
    constexpr long double unit = 1e9L * Chrono::period::num / Chrono::period::den;
    return static_cast<long double>(length.count()) * unit;
}

/// Zero for a negative number, a century for a larger one.
[[nodiscard]] constexpr duration rounded_up(long double nanoseconds) {
    constexpr duration century = seconds(std::int64_t{100} * 365 * 24 * 3600);
    if (!(nanoseconds < static_cast<long double>(century.nanoseconds()))) return century;
    if (nanoseconds < 0) return duration(0);
    const auto whole = static_cast<std::int64_t>(nanoseconds);
    return duration(static_cast<long double>(whole) < nanoseconds ? whole + 1 : whole);
}

}  // namespace detail

/// A std::chrono::duration of any unit and representation in nanoseconds, rounded up; zero for a
/// negative one, a century for a longer one.
template <detail::like_chrono_duration Chrono>
[[nodiscard]] constexpr duration rounded_up(const Chrono& length) {
    return detail::rounded_up(detail::nanoseconds_in(length));
}

/// A point on the host's monotonic clock, in nanoseconds since some epoch that the host keeps to.
/// Any std::chrono::time_point converts to it; synod only ever compares instants of one host.
class instant {
public:
    constexpr instant() = default;
    constexpr explicit instant(std::int64_t nanoseconds) : nanoseconds_(nanoseconds) {}

    template <detail::like_chrono_time_point Chrono>
    constexpr instant(const Chrono& point)
        : nanoseconds_(duration(point.time_since_epoch()).nanoseconds()) {}

    /// Later than every instant that a clock shows: "no deadline".
    [[nodiscard]] static constexpr instant never() { return instant(INT64_MAX); }

    [[nodiscard]] constexpr std::int64_t nanoseconds() const { return nanoseconds_; }

    /// Saturates at `never()`.
    friend constexpr instant operator+(instant at, duration length) {
        const bool saturates =
            length > duration(0) && at.nanoseconds_ > never().nanoseconds_ - length.nanoseconds();
        return saturates ? never() : instant(at.nanoseconds_ + length.nanoseconds());
    }
    friend constexpr duration operator-(instant later, instant earlier) {
        return duration(later.nanoseconds_ - earlier.nanoseconds_);
    }
    friend constexpr auto operator<=>(instant, instant) = default;
    // Written out, for they are compared everywhere: a compiler inlines all of a <=> at each
    // comparison, and then has to unpick it.
    friend constexpr bool operator<(instant a, instant b) {
        return a.nanoseconds_ < b.nanoseconds_;
    }
    friend constexpr bool operator>(instant a, instant b) {
        return a.nanoseconds_ > b.nanoseconds_;
    }
    friend constexpr bool operator<=(instant a, instant b) {
        return a.nanoseconds_ <= b.nanoseconds_;
    }
    friend constexpr bool operator>=(instant a, instant b) {
        return a.nanoseconds_ >= b.nanoseconds_;
    }

    template <class Sink>
    constexpr void fingerprint(Sink& sink) const {
        sink.add(nanoseconds_);
    }

private:
    std::int64_t nanoseconds_ = 0;
};

/// The earlier of two deadlines.
[[nodiscard]] constexpr instant earlier(instant a, instant b) { return a < b ? a : b; }

/// Logical time of a replicated log, in milliseconds; only ever moved by decided entries, so it is
/// the same at every replica.
class log_time {
public:
    constexpr log_time() = default;
    constexpr explicit log_time(std::uint64_t milliseconds) : milliseconds_(milliseconds) {}

    /// Later than all: "no deadline".
    [[nodiscard]] static constexpr log_time never() { return log_time(UINT64_MAX); }

    [[nodiscard]] constexpr std::uint64_t milliseconds() const { return milliseconds_; }

    /// Saturates at `never()`.
    friend constexpr log_time operator+(log_time at, std::uint64_t milliseconds) {
        const std::uint64_t room = never().milliseconds_ - at.milliseconds_;
        return milliseconds > room ? never() : log_time(at.milliseconds_ + milliseconds);
    }
    friend constexpr auto operator<=>(log_time, log_time) = default;

    template <class Sink>
    constexpr void fingerprint(Sink& sink) const {
        sink.add(milliseconds_);
    }

private:
    std::uint64_t milliseconds_ = 0;
};

/// The earlier of two deadlines.
[[nodiscard]] constexpr log_time earlier(log_time a, log_time b) { return a < b ? a : b; }

namespace detail {

/// What is left until `end` by its own clock, rounded as by synod::rounded_up.
template <like_chrono_time_point End>
[[nodiscard]] duration time_until(const End& end) {
    return rounded_up(nanoseconds_in(end.time_since_epoch()) -
                      nanoseconds_in(End::clock::now().time_since_epoch()));
}

}  // namespace detail

}  // namespace synod::inline SYNOD_ABI
