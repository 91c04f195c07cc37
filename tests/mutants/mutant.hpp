// tests/mutants/mutant.hpp - the mistakes, by their numbers, and which of them is being made.
//
// All that can go wrong shares one set of types, so that everything is compiled once; which mistake is made is chosen at run time, and
// with none chosen those types do what those that ship do. A header here holds the types of one subject, each with one member that can go
// wrong.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <cstdint>

namespace synod::mutants {

/// The mistakes of the list, by their numbers there.
enum class mutant : std::uint8_t {
    none,
    m1,
    m2,
    m3,
    m4,
    m5,
    m6,
    m7,
    m8,
    m9,
    m10,
    m11,
    m12,
    m13,
    m14,
    m15,
    m16,
    m17,
    m18,
    m19,
    m20,
    m21,
    m23,
    m24,
    m25,
    m26,
    m28,
    m29,
    m31,
    m32,
    m33,
    m34,
    m38,
    m46,
    m47,
    m48,
    m49,
    m50,
    m51,
    m53,
    m54,
    m55,
    m56,
    m57,
    m58,
    m59,
    m60,
    m64,
    m65,
};

/// The mistake that is being made. Checkers run on one thread.
inline mutant active = mutant::none;

[[nodiscard]] inline bool is(mutant which) { return active == which; }

/// Makes one mistake for as long as it lives.
class making {
public:
    explicit making(mutant which) { active = which; }
    ~making() { active = mutant::none; }
    making(const making&) = delete;
    making& operator=(const making&) = delete;
};

}  // namespace synod::mutants
