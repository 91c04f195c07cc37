// synod/testing/check_transport.hpp - whether a transport obeys its laws.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/base/time.hpp>
#include <synod/log/messages.hpp>
#include <synod/testing/detail/sending_threads.hpp>
#include <synod/testing/detail/transport_run.hpp>
#include <synod/testing/network.hpp>
#include <synod/testing/report.hpp>
#include <synod/testing/transport_laws.hpp>
#include <synod/testing/trial.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// How a transport is tried.
struct transport_options {
    effort runs{};
    std::uint32_t nodes = 3;             // at least two
    std::size_t flood = 10'000;          // messages sent to a node that takes none
    duration patience = seconds(10);     // real time in which at least one send returns
    std::uint64_t many = 100;            // messages of which one should arrive
    bool uses_threads = false;           // each node may send from a thread of its own
    std::size_t sent_by_thread = 1'000;  // messages
};

namespace detail {

/// Notes what a trial without operations has broken.
inline void settle(const witness& seen, report& out) {
    seen.tell(out);
    if (const violation* const broken = seen.broken()) {
        out.note({broken->law, 0, broken->reason, 0, {}});
    }
}

/// Random runs in one thread; and whether of all that was sent in them anything arrived.
template <class Network, class Message, class Make>
void try_runs(Make& make, const transport_options& how, report& out) {
    deliveries total;
    try_seeds(
        out, how.runs,
        [&how](std::uint64_t seed) {
            return transport_operations(seed, how.runs.operations, how.nodes);
        },
        [&](const std::vector<transport_operation>& operations, witness& seen) {
            transport_run<Network, Message>(make, how.nodes, seen, total).play(operations);
        },
        [](const transport_operation& one) { return to_string<Message>(one); });
    witness seen;
    if (out) total.judge(how.many, seen);
    settle(seen, out);
}

}  // namespace detail

/// Sends random messages of every kind that is in `Message` over networks that `make()` makes, and
/// looks at what arrives. Loss, delay, repetition and another order are no fault. The laws are in
/// `transport_laws`.
///
/// One law needs a second thread even for a transport that has none: it sends while this one
/// watches whether it ever returns. After it was broken, that thread and its network are left as
/// they hang.
template <class Message = replica_message, std::invocable Make>
    requires network_of<std::invoke_result_t<Make&>, Message>
[[nodiscard]] report check_transport(Make make, const transport_options& how = {}) {
    namespace laws = transport_laws;
    using network = std::invoke_result_t<Make&>;
    report out("transport", {laws::invents_nothing, laws::unchanged, laws::right_receiver,
                             laws::right_sender, laws::keeps_no_reference, laws::calls_nobody,
                             laws::never_waits, laws::delivers, laws::counts});
    testing::detail::try_runs<network, Message>(make, how, out);
    witness flooded;
    testing::detail::try_flood<network, Message>(make, how.flood, how.patience, flooded);
    testing::detail::settle(flooded, out);
    if (!how.uses_threads || !out) return out;
    witness threaded;
    testing::detail::try_threads<network, Message>(make, how.nodes, how.sent_by_thread,
                                                   how.patience, threaded);
    testing::detail::settle(threaded, out);
    return out;
}

}  // namespace synod::inline SYNOD_ABI::testing
