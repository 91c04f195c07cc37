// tests/unit/paxos/text_log.cpp - a line for each event, and one that names the reason of each
// refusal.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/paxos/text_log.hpp>

#include "unit/paxos/world.hpp"

#include <string_view>

namespace {

using namespace world;

struct keep_lines {
    void operator()(std::string_view line) const { lines->emplace_back(line); }

    std::vector<std::string>* lines;
};

static_assert(observer<text_log<keep_lines>>);

}  // namespace

TEST_CASE("each event is one line") {
    std::vector<std::string> lines;
    text_log log(keep_lines{&lines});
    log.refused(b, refusal::wrong_cluster);
    log.promised(p1);
    log.accepted(slot(4), q2);
    log.chosen(slot(5));
    log.elected(p1);
    log.stepped_down(p1);
    log.applied(slot(4));
    log.fell_behind(slot(1), slot(9));
    log.failed(make_error_code(errc::stopped));
    CHECK(lines == std::vector<std::string>{
                       "refused a message from node 1: wrong_cluster",
                       "promised ballot 1.3",
                       "voted in slot 4, ballot 2.4",
                       "every slot below 5 is chosen",
                       "leads with ballot 1.3",
                       "gave ballot 1.3 up",
                       "applied slot 4",
                       "fell behind: needs slot 1, the others have forgotten those below 9",
                       "the storage failed: stopped",
                   });
}

TEST_CASE("every reason has a name of its own") {
    std::vector<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(refusal::unexpected); ++i) {
        const auto name = to_text(static_cast<refusal>(i));
        CHECK(name != "unknown");
        for (const auto& other : names) CHECK(other != name);
        names.push_back(name);
    }
}

TEST_CASE("a role writes its log while it works") {
    std::vector<std::string> lines;
    using logged = policy<majority, text_log<keep_lines>>;
    const logged policy{.quorums = quorums(), .observer = text_log(keep_lines{&lines})};
    auto one = *acceptor<text, wire, disk, logged>::make(seen_by(a), {}, {}, policy);
    one.receive(p, accept_of(p1, 0, "x"), start);
    one.receive(q, accept_of(p1, 0, "x"), start);
    CHECK(lines == std::vector<std::string>{"voted in slot 0, ballot 1.3",
                                            "refused a message from node 4: invalid_ballot"});
}
