// synod/testing/transport_laws.hpp - the laws that a transport must obey; it may lose, delay,
// repeat and reorder.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/report.hpp>

namespace synod::inline SYNOD_ABI::testing::transport_laws {

/// Nothing arrives that nobody sent.
inline constexpr law invents_nothing{"transport.invents_nothing", "what arrives was sent"};

/// What arrives equals what was sent in every field and every byte, each time that it arrives.
inline constexpr law unchanged{"transport.unchanged", "what arrives is as it was sent"};

/// A message arrives at the node that it was sent to and at no other.
inline constexpr law right_receiver{"transport.right_receiver",
                                    "a message arrives where it was sent to"};

/// A message arrives under the name of the node that sent it.
inline constexpr law right_sender{"transport.right_sender",
                                  "a message arrives from the node that sent it"};

/// The sender may change or destroy its message as soon as `send` has returned.
inline constexpr law keeps_no_reference{"transport.keeps_no_reference",
                                        "what becomes of the sender's message changes nothing"};

/// `send` hands nothing to anybody, also when it is called while something is delivered.
inline constexpr law calls_nobody{"transport.calls_nobody", "send delivers nothing itself"};

/// `send` returns, however much it is given for a node that takes nothing.
inline constexpr law never_waits{"transport.never_waits",
                                 "send does not wait for a receiver that takes nothing"};

/// Of many messages some arrive: from each node at each other, and of each kind.
inline constexpr law delivers{"transport.delivers", "not everything is lost"};

/// A network's `deliver` returns how many messages it handed over.
inline constexpr law counts{"transport.counts", "deliver returns how many it delivered"};

}  // namespace synod::inline SYNOD_ABI::testing::transport_laws
