// tests/mutants/known.hpp - the list of mistakes: what each is, and who waits for what is not built
// yet.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include "mutants/mutant.hpp"

#include <array>
#include <string_view>

namespace synod::mutants {

/// One mistake.
struct known_mutant {
    mutant which;
    std::string_view number;
    std::string_view mistake;
};

inline constexpr std::array known_mutants{
    known_mutant{mutant::m1, "M1", "a promise is told and never kept"},
    known_mutant{mutant::m2, "M2", "votes are told before they are durable"},
    known_mutant{mutant::m3, "M3", "a vote ignores the promise"},
    known_mutant{mutant::m4, "M4", "a vote raises no promise"},
    known_mutant{mutant::m5, "M5", "a promise reports no votes"},
    known_mutant{mutant::m6, "M6", "a promise reports a vote under the promised ballot"},
    known_mutant{mutant::m7, "M7", "a vote is written in two parts"},
    known_mutant{mutant::m8, "M8", "a failed sync is tried again, and believed"},
    known_mutant{mutant::m9, "M9", "a wiped disk comes back as the same member"},
    known_mutant{mutant::m10, "M10", "a proposer keeps its own value"},
    known_mutant{mutant::m11, "M11", "a proposer adopts the first report, not the highest"},
    known_mutant{mutant::m12, "M12", "ballots begin at one again after a restart"},
    known_mutant{mutant::m13, "M13", "ballots of one round are not told apart"},
    known_mutant{mutant::m14, "M14", "a promise of another attempt counts"},
    known_mutant{mutant::m15, "M15", "answers are counted, not acceptors"},
    known_mutant{mutant::m16, "M16", "half is taken for a majority"},
    known_mutant{mutant::m17, "M17", "a refusal counts as a promise"},
    known_mutant{mutant::m18, "M18", "a no-op is taken for nothing"},
    known_mutant{mutant::m19, "M19", "votes of different ballots are counted together"},
    known_mutant{mutant::m20, "M20", "votes for one value are counted over different ballots"},
    known_mutant{mutant::m21, "M21", "a follower takes its own vote for what is chosen"},
    known_mutant{mutant::m23, "M23", "a machine gets everything again after a restart"},
    known_mutant{mutant::m24, "M24", "a new leader ignores slots that only others know"},
    known_mutant{mutant::m25, "M25", "one promise is taken for a quorum"},
    known_mutant{mutant::m26, "M26", "a report in part is taken for the whole"},
    known_mutant{mutant::m28, "M28", "a forgotten slot is taken for a new one"},
    known_mutant{mutant::m29, "M29", "a message goes out under the ballot of the moment"},
    known_mutant{mutant::m31, "M31", "a leader counts its own vote before it is written"},
    known_mutant{mutant::m32, "M32", "reads before the leader's first entry is applied"},
    known_mutant{mutant::m33, "M33", "a read is confirmed by an older heartbeat"},
    known_mutant{mutant::m34, "M34", "a deposed leader answers reads"},
    known_mutant{mutant::m38, "M38", "sessions expire by each replica's own clock"},
    known_mutant{mutant::m46, "M46", "holds expire by each replica's own clock"},
    known_mutant{mutant::m47, "M47", "tokens are counted anew after a snapshot or a new leader"},
    known_mutant{mutant::m48, "M48", "a release, or a renewal, is of whatever hold there is"},
    known_mutant{mutant::m49, "M49", "what may have happened is called a failure"},
    known_mutant{mutant::m50, "M50", "a snapshot leaves out who waits"},
    known_mutant{mutant::m51, "M51", "a repeated answer does not wait for the first one's sync"},
    known_mutant{mutant::m53, "M53", "an older leader's entry rewinds the clock"},
    known_mutant{mutant::m54, "M54", "log time loses its fractions"},
    known_mutant{mutant::m55, "M55", "a slot is taken for a position"},
    known_mutant{mutant::m56, "M56", "a lease is timed from the resend"},
    known_mutant{mutant::m57, "M57", "another session gives a hold back"},
    known_mutant{mutant::m58, "M58", "a renewal revives what has expired"},
    known_mutant{mutant::m59, "M59", "a lock is granted to a session whose time is over"},
    known_mutant{mutant::m60, "M60", "who comes last goes first"},
    known_mutant{mutant::m61, "M61",
                 "a snapshot has every hold once, however often it was acquired"},
    known_mutant{mutant::m62, "M62", "a cancel gives back one lock of several"},
    known_mutant{mutant::m63, "M63", "of those who wait for each other a hash says who gives way"},
    known_mutant{mutant::m64, "M64", "a resource lets in whoever comes"},
    known_mutant{mutant::m65, "M65", "a sync of an earlier life releases a vote"},
};

/// Those that wait, and for what.
struct waiting_mutant {
    std::string_view number;
    std::string_view needs;
};

inline constexpr std::array waiting_mutants{
    waiting_mutant{"M27", "snapshots: what is trimmed is in one"},
    waiting_mutant{"M35", "leader leases"},
    waiting_mutant{"M36", "leader leases"},
    waiting_mutant{"M37", "snapshots that are installed"},
    waiting_mutant{"M39", "snapshots that are stored"},
    waiting_mutant{"M40", "snapshots that are installed"},
    waiting_mutant{"M41", "membership in snapshots"},
    waiting_mutant{"M42", "membership changes"},
    waiting_mutant{"M43", "membership changes"},
    waiting_mutant{"M44", "a storage in files"},
    waiting_mutant{"M45", "a storage in files"},
    waiting_mutant{"M52", "grid quorums"},
};

}  // namespace synod::mutants
