// tests/unit/testing/simulated_client.cpp - a simulated client whose time runs out in two ways at
// once gives up once.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/lock_suite.hpp>
#include <synod/testing/simulated_client.hpp>
#include <synod/testing/simulated_network.hpp>

#include "support/catch.hpp"

using namespace synod;
using testing::fault;
using testing::lock_suite;

namespace {

using network = testing::simulated_network<lock_suite::message>;
using client = testing::simulated_client<lock_suite, network>;

/// A client whom nobody answers.
struct lonely {
    testing::stage run{1};
    network paths{run, 2};
    testing::fenced_resource<lock_suite::gate> resource{run, 3};
    testing::lock_auditor auditor{run};
    testing::fenced_lock_model::history_type history;
    client::setting_type setting{run,     paths,         resource,    auditor,
                                 history, cluster_id(7), {node_id(0)}};
    client one{setting, node_id(1),
               testing::virtual_clock(run.now, instant(seconds(1).nanoseconds()))};
};

}  // namespace

TEST_CASE("a client that comes late to the end of its wait and of its interest gives up once") {
    lonely all;
    all.run.faults.insert(fault::abandoned_request);
    for (int i = 0; i < 20'000; ++i) {
        all.run.now = earlier(all.one.wake(), all.run.now + seconds(20)) + seconds(10);
        all.one.attend();
    }
    CHECK(all.setting.operations > 1'000);
    CHECK(all.run.tally[fault::abandoned_request] > 100);
}
