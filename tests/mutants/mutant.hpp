// tests/mutants/mutant.hpp - the mistakes that can be made, and which of them is being made.
//
// All that can go wrong shares one set of types, so that everything is compiled once; which mistake
// is made is chosen at run time, and with none chosen those types do what those that ship do. A
// header here holds the types of one subject, each with one member that can go wrong.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace synod::mutants {

/// The mistakes of the list, by their numbers there, and one more.
enum class mutant : std::uint8_t {
    none = 0,
    m1 = 1,
    m2 = 2,
    m3 = 3,
    m4 = 4,
    m5 = 5,
    m6 = 6,
    m7 = 7,
    m8 = 8,
    m9 = 9,
    m10 = 10,
    m11 = 11,
    m12 = 12,
    m13 = 13,
    m14 = 14,
    m15 = 15,
    m16 = 16,
    m17 = 17,
    m18 = 18,
    m19 = 19,
    m20 = 20,
    m21 = 21,
    m23 = 23,
    m24 = 24,
    m25 = 25,
    m26 = 26,
    m28 = 28,
    m29 = 29,
    m31 = 31,
    m32 = 32,
    m33 = 33,
    m34 = 34,
    m38 = 38,
    m46 = 46,
    m47 = 47,
    m48 = 48,
    m49 = 49,
    m50 = 50,
    m51 = 51,
    m53 = 53,
    m54 = 54,
    m55 = 55,
    m56 = 56,
    m57 = 57,
    m58 = 58,
    m59 = 59,
    m60 = 60,
    m61 = 61,
    m62 = 62,
    m63 = 63,
    m64 = 64,
    m65 = 65,
    /// Whoever waits may always be overtaken once more. Not on the list.
    overtaking = 255,
};

/// The mistake that is being made. Checkers run on one thread.
inline mutant active = mutant::none;

[[nodiscard]] inline bool is(mutant which) { return active == which; }

/// As the header of a world names it: `none`, `overtaking`, or `m` and its number.
[[nodiscard]] inline std::string name_of(mutant which) {
    if (which == mutant::overtaking) return "overtaking";
    return which == mutant::none ? "none" : 'm' + std::to_string(static_cast<unsigned>(which));
}

/// Makes one mistake for as long as it lives.
class making {
public:
    explicit making(mutant which) { active = which; }
    ~making() { active = mutant::none; }
    making(const making&) = delete;
    making& operator=(const making&) = delete;
};

/// How many runs and searches have begun.
inline std::uint64_t runs_begun = 0;

/// Says that a run or a search begins: nothing that a mistake remembers of the one before is left.
inline void begin_run() { ++runs_begun; }

/// What a mistake remembers outside of the values that make it, and so must not remember for longer
/// than a run.
template <class Value>
class for_a_run {
public:
    [[nodiscard]] Value& operator*() {
        if (std::exchange(run_, runs_begun) != runs_begun) value_ = Value();
        return value_;
    }

private:
    Value value_{};
    std::uint64_t run_ = 0;  // in which it was looked at last
};

}  // namespace synod::mutants
