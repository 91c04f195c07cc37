// tests/unit/testing/fault.cpp - classes of faults: their names, which are on, and how often each
// has struck.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/fault.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string_view>

using namespace synod;
using testing::fault;
using testing::fault_classes;
using testing::fault_set;
using testing::fault_tally;

namespace {

[[nodiscard]] fault nth(std::size_t index) { return static_cast<fault>(index); }

}  // namespace

TEST_CASE("each class has a name of its own, in the order of the source") {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < fault_classes; ++i) names.insert(to_text(nth(i)));
    CHECK(names.size() == fault_classes);
    CHECK_FALSE(names.contains(""));
    CHECK(to_text(fault::loss) == "loss");
    CHECK(to_text(fault::crash) == "crash");
    CHECK(to_text(fault::lost_suffix) == "lost_suffix");
    CHECK(to_text(fault::older_image) == "older_image");
    CHECK(to_text(fault::clock_freeze) == "clock_freeze");
    CHECK(to_text(fault::stale_token) == "stale_token");
}

TEST_CASE("a set holds the classes that were put into it and not taken out again") {
    fault_set some;
    for (std::size_t i = 0; i < fault_classes; ++i) CHECK_FALSE(some.contains(nth(i)));
    some.insert(fault::loss);
    some.insert(fault::stale_token);
    some.insert(fault::stale_token);
    some.insert(fault::pause);
    some.erase(fault::pause);
    some.erase(fault::crash);
    for (std::size_t i = 0; i < fault_classes; ++i) {
        CHECK(some.contains(nth(i)) == (nth(i) == fault::loss || nth(i) == fault::stale_token));
    }
}

TEST_CASE("each bit of a number turns one class on, and those above the last none") {
    const std::uint64_t beyond = ~std::uint64_t{0} << fault_classes;
    CHECK(fault_set::from_bits(beyond) == fault_set());
    CHECK(fault_set::from_bits(~std::uint64_t{0}) == fault_set::all());
    for (std::size_t i = 0; i < fault_classes; ++i) {
        const auto one = fault_set::from_bits(beyond | std::uint64_t{1} << i);
        for (std::size_t j = 0; j < fault_classes; ++j) CHECK(one.contains(nth(j)) == (i == j));
        CHECK(fault_set::all().contains(nth(i)));
    }
}

TEST_CASE(
    "what befalls single messages is common, and what befalls paths, nodes and disks is not") {
    using testing::is_common;
    for (const fault one : {fault::loss, fault::duplication, fault::reordering, fault::long_delay,
                            fault::ancient_message, fault::stale_token}) {
        CHECK(is_common(one));
    }
    for (const fault one :
         {fault::clogging, fault::ring_partition, fault::crash, fault::pause, fault::sync_error,
          fault::bit_flip, fault::clock_jump, fault::clock_freeze, fault::client_crash}) {
        CHECK_FALSE(is_common(one));
    }
}

TEST_CASE("a tally counts each class apart, and all together") {
    fault_tally counts;
    CHECK(counts.total() == 0);
    counts.count(fault::loss);
    counts.count(fault::stale_token);
    counts.count(fault::stale_token);
    CHECK(counts[fault::loss] == 1);
    CHECK(counts[fault::stale_token] == 2);
    CHECK(counts[fault::crash] == 0);
    CHECK(counts.total() == 3);
    CHECK(counts.grave() == 0);
    counts.count(fault::crash);
    counts.count(fault::slow_disk);
    CHECK(counts.total() == 5);
    CHECK(counts.grave() == 2);
}
