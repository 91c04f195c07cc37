// tests/unit/log/entry.cpp - entries from this node's own commands, and from bytes that came from
// elsewhere.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/log/entry.hpp>

#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace synod;

namespace {

const ballot first_leader(7, node_id(2));

bytes frames_of(const std::vector<std::string>& commands) {
    bytes frames;
    byte_writer out(frames);
    for (const std::string& one : commands) out.block(as_bytes(one));
    return frames;
}

std::vector<std::string> commands_of(const entry& from) {
    std::vector<std::string> all;
    from.for_each([&all](std::uint32_t index, bytes_view command) {
        CHECK(index == all.size());
        all.emplace_back(as_text(command));
    });
    return all;
}

struct subject {
    [[nodiscard]] entry batch(const std::vector<std::string>& commands) {
        return entry::make(pool, entry_kind::commands, first_leader, 1'500,
                           static_cast<std::uint32_t>(commands.size()), frames_of(commands));
    }
    [[nodiscard]] bool parses(bytes_view from) { return entry::parse(pool, from).has_value(); }

    buffer_pool pool{sharing::one_thread};
};

}  // namespace

TEST_CASE("an entry says what it was made of, and its bytes are the same entry again") {
    subject t;
    const std::vector<std::string> commands{"one", "", "three"};
    const entry made = t.batch(commands);
    const auto again = entry::parse(t.pool, made.view());
    REQUIRE(again.has_value());
    for (const entry& one : {made, *again}) {
        CHECK(one.kind() == entry_kind::commands);
        CHECK(one.origin() == first_leader);
        CHECK(one.elapsed_ms() == 1'500);
        CHECK(one.count() == 3);
        CHECK(commands_of(one) == commands);
    }
    CHECK(*again == made);
    CHECK(again->view().data() != made.view().data());
    CHECK(made != t.batch({"one", "", "thre3"}));
}

TEST_CASE("a leader's own entries are bytes, too") {
    subject t;
    for (const entry_kind kind : {entry_kind::no_op, entry_kind::new_leader}) {
        const auto again = entry::parse(t.pool, entry::make(t.pool, kind, first_leader, 0).view());
        REQUIRE(again.has_value());
        CHECK(again->kind() == kind);
        CHECK(commands_of(*again).empty());
    }
    CHECK(!entry().exists());
}

TEST_CASE("what ends too soon or goes on too long is no entry") {
    subject t;
    bytes good = to_bytes(t.batch({"one", "two"}).view());
    for (std::size_t size = 0; size < good.size(); ++size) {
        CHECK(entry::parse(t.pool, bytes_view(good).first(size)).error() ==
              make_error_code(errc::malformed));
    }
    good.push_back(std::byte{0});
    CHECK(!t.parses(good));
}

TEST_CASE(
    "an entry of no kind, of no leader, or with more or fewer commands than it says is none") {
    subject t;
    const bytes good = to_bytes(t.batch({"one", "two"}).view());
    const auto with = [&good](std::size_t at, unsigned char value) {
        bytes changed = good;
        changed[at] = std::byte{value};
        return changed;
    };
    CHECK(t.parses(with(8, 1)));  // another time is another entry
    CHECK(!t.parses(with(12, 3)));
    bytes of_no_kind = to_bytes(entry::make(t.pool, entry_kind::no_op, first_leader, 0).view());
    of_no_kind[12] = std::byte{3};
    CHECK(!t.parses(of_no_kind));
    CHECK(!t.parses(with(12, static_cast<unsigned char>(entry_kind::no_op))));
    CHECK(!t.parses(with(0, max_nodes)));
    CHECK(!t.parses(with(1, 0)));
    for (const int count : {0, 1, 3, 255}) {
        CHECK(!t.parses(with(13, static_cast<unsigned char>(count))));
    }
    CHECK(!t.parses(with(15, 255)));
    for (const std::size_t at : {16U, 19U, 23U, 26U}) CHECK(!t.parses(with(at, 255)));
}

TEST_CASE("whatever one byte is changed to, an entry that is taken can be walked through") {
    subject t;
    const bytes good = to_bytes(t.batch({"one", "", "three"}).view());
    int taken = 0;
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (unsigned value = 0; value < 256; ++value) {
            bytes changed = good;
            changed[at] = static_cast<std::byte>(value);
            const auto parsed = entry::parse(t.pool, changed);
            if (!parsed) continue;
            ++taken;
            CHECK(commands_of(*parsed).size() == parsed->count());
            CHECK(to_bytes(parsed->view()) == changed);
        }
    }
    CHECK(taken > 256);
}
