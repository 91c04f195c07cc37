// tests/unit/testing/trace.cpp - a trace tells runs apart by a number, and keeps who knew of what.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/trace.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <string>
#include <vector>

using namespace synod;
using testing::to_mermaid;
using testing::to_string;
using testing::trace;

namespace {

constexpr node_id ada(0);
constexpr node_id bob(2);
constexpr instant noon(12'345'678);

using vector_clock = std::vector<std::uint64_t>;

/// The text of a line. Asking for it counts.
struct line_text {
    std::string text;
    int* asked = nullptr;

    [[nodiscard]] std::string operator()() const {
        if (asked != nullptr) ++*asked;
        return text;
    }
};

/// Ada does something and sends Bob what he receives; then both do something.
[[nodiscard]] trace conversation(bool keeps_lines) {
    trace made(keeps_lines);
    made.note(noon, ada, 1, line_text{"wakes"});
    const auto sent = made.note_send(noon, ada, 2, line_text{"sends n2 greetings"});
    made.note(noon + microseconds(1), ada, 3, line_text{"sleeps"});
    made.note_arrival(noon + microseconds(5), bob, ada, sent, 2, line_text{"greetings"});
    made.note(noon + microseconds(6), bob, 4, line_text{"smiles"});
    return made;
}

}  // namespace

TEST_CASE("equal events have equal hashes, whether or not lines are kept") {
    CHECK(conversation(true).hash() == conversation(true).hash());
    CHECK(conversation(true).hash() == conversation(false).hash());
}

TEST_CASE("a hash tells apart when, who, what and in which order") {
    const auto hash_of = [](auto&& tell) {
        trace made;
        tell(made);
        return made.hash();
    };
    const auto usual = hash_of([](trace& made) { made.note(noon, ada, 1, line_text{}); });
    CHECK(usual != trace().hash());
    CHECK(usual !=
          hash_of([](trace& made) { made.note(noon + duration(1), ada, 1, line_text{}); }));
    CHECK(usual != hash_of([](trace& made) { made.note(noon, bob, 1, line_text{}); }));
    CHECK(usual != hash_of([](trace& made) { made.note(noon, ada, 2, line_text{}); }));

    const auto both = [](std::uint64_t first, std::uint64_t second) {
        return [=](trace& made) {
            static_cast<void>(made.note_send(noon, ada, first, line_text{}));
            made.note_arrival(noon, bob, ada, 1, second, line_text{});
        };
    };
    CHECK(hash_of(both(1, 2)) != hash_of(both(2, 1)));
    CHECK(hash_of(both(1, 2)) != hash_of(both(1, 3)));
    CHECK(hash_of(both(1, 2)) != hash_of(both(3, 2)));
}

TEST_CASE("lines are neither kept nor made unless they are asked for") {
    int asked = 0;
    trace quiet;
    quiet.note(noon, ada, 1, line_text{"wakes", &asked});
    const auto sent = quiet.note_send(noon, ada, 2, line_text{"sends n2 greetings", &asked});
    quiet.note_arrival(noon, bob, ada, sent, 2, line_text{"greetings", &asked});
    CHECK(asked == 0);
    CHECK(quiet.lines().empty());
    CHECK(conversation(true).lines().size() == 5);
}

TEST_CASE("sends are numbered from one, with lines and without") {
    for (const bool keeps_lines : {false, true}) {
        trace made(keeps_lines);
        CHECK(made.note_send(noon, ada, 7, line_text{}) == 1);
        CHECK(made.note_send(noon, bob, 7, line_text{}) == 2);
    }
}

TEST_CASE("an arrival knows all that its sender knew when it sent, and nothing later") {
    const trace made = conversation(true);
    CHECK(made.lines()[0].clock == vector_clock{1});
    CHECK(made.lines()[1].clock == vector_clock{2});
    CHECK(made.lines()[2].clock == vector_clock{3});
    CHECK(made.lines()[3].clock == vector_clock{2, 0, 1});
    CHECK(made.lines()[4].clock == vector_clock{2, 0, 2});
}

TEST_CASE("what arrives late takes nothing from what is known already") {
    trace made(true);
    const auto first = made.note_send(noon, ada, 1, line_text{"sends n2 one"});
    const auto second = made.note_send(noon, ada, 2, line_text{"sends n2 two"});
    made.note_arrival(noon, bob, ada, second, 2, line_text{"two"});
    made.note_arrival(noon, bob, ada, first, 1, line_text{"one"});
    CHECK(made.lines()[2].clock == vector_clock{2, 0, 1});
    CHECK(made.lines()[3].clock == vector_clock{2, 0, 2});
}

TEST_CASE("a message that arrives twice is known of twice") {
    trace made(true);
    const auto sent = made.note_send(noon, ada, 1, line_text{"sends n2 greetings"});
    made.note_arrival(noon, bob, ada, sent, 1, line_text{"greetings"});
    made.note_arrival(noon, bob, ada, sent, 1, line_text{"greetings"});
    CHECK(made.lines()[2].clock == vector_clock{1, 0, 2});
}

TEST_CASE("a line says when, who, from whom, what, and what is known") {
    const trace made = conversation(true);
    CHECK(to_string(made.lines()[0]) == "12345 n0 wakes [1]");
    CHECK(to_string(made.lines()[3]) == "12350 n2 from n0 greetings [2 0 1]");
}

TEST_CASE("a diagram has an arrow for what arrived, and a note for everything else but sends") {
    CHECK(to_mermaid(conversation(true).lines()) ==
          "sequenceDiagram\n"
          "    Note over n0: wakes\n"
          "    Note over n0: sleeps\n"
          "    n0->>n2: greetings\n"
          "    Note over n2: smiles\n");
}

TEST_CASE("what would end a line of a diagram is replaced in it") {
    trace made(true);
    made.note(noon, ada, 1, line_text{"fails; error #5"});
    CHECK(to_mermaid(made.lines()) == "sequenceDiagram\n    Note over n0: fails, error ,5\n");
}
