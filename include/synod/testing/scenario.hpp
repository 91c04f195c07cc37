// synod/testing/scenario.hpp - a walk through a world, written down with what must come of each
// step.
//
//     # The second ballot is bound by a vote that it was told of.
//     world profile_t acceptors=3 values=2 max_ballot=1
//     send prepare 0
//     deliver prepare 0 to acceptor 1
//       acceptor 1 promises ballot 0
//     holds
//
// The first line that is no comment names the world and its parameters. A line that is not indented
// is a step, by its text; indented lines are the facts that the world tells of it, all of them.
// `holds` claims that no step so far broke an invariant, and `broken <invariant>` that the latest
// step broke that one. The last of all is a claim.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/worlds.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// Says what is wrong with a scenario, and in which line, counted from one.
class scenario_error : public std::runtime_error {
public:
    scenario_error(std::size_t line, const std::string& what)
        : std::runtime_error(what), line_(line) {}

    [[nodiscard]] std::size_t line() const { return line_; }

private:
    std::size_t line_;
};

namespace detail {

/// Reads a scenario line by line, and writes it anew with the facts as they are.
class scenario_reader {
public:
    enum class mode : std::uint8_t { compare_facts, replace_facts };

    scenario_reader(const world_register& worlds, mode treatment)
        : worlds_(worlds), mode_(treatment) {}

    void read(std::string_view line) {
        ++line_number_;
        const std::size_t begin = line.find_first_not_of(" \t\r");
        if (begin == std::string_view::npos || line[begin] == '#') return write(line);
        const std::string_view text =
            line.substr(begin, line.find_last_not_of(" \t\r") + 1 - begin);
        if (begin > 0) return read_fact(text);
        end_facts();
        write(text);
        if (const auto claimed = after(text, "broken ")) return read_broken(*claimed);
        if (text == "holds") return read_holds();
        if (const auto named = after(text, "world ")) return read_world(*named);
        read_step(text);
    }

    /// Returns the scenario as it ought to be.
    [[nodiscard]] std::string end() {
        end_facts();
        if (world_ == nullptr) fail("a scenario names its world");
        if (!ends_with_claim_) fail("a scenario ends with `holds` or `broken <invariant>`");
        return std::move(written_);
    }

private:
    [[noreturn]] void fail(const std::string& what) const {
        throw scenario_error(line_number_, what);
    }

    void write(std::string_view line) { written_.append(line).append("\n"); }

    /// What follows `word`, if `text` begins with it.
    [[nodiscard]] static std::optional<std::string_view> after(std::string_view text,
                                                               std::string_view word) {
        if (!text.starts_with(word)) return {};
        return text.substr(word.size());
    }

    void need_world() const {
        if (world_ == nullptr)
            fail("a scenario begins with its world: world <name> <key>=<value>...");
    }

    void read_world(std::string_view text) {
        if (world_ != nullptr) fail("the world is named once");
        try {
            world_ = worlds_.make(text);
        } catch (const bad_parameter& error) {
            fail(error.what());
        }
        first_broken_ = latest_broken_ = world_->broken();
        first_broken_line_ = line_number_;
    }

    void read_step(std::string_view text) {
        need_world();
        any_world::walked step = world_->take(text);
        if (step.came == any_world::outcome::ambiguous)
            fail("several steps have this text: " + std::string(text));
        if (step.came == any_world::outcome::not_enabled) refuse_step(text);
        ends_with_claim_ = false;
        latest_broken_ = std::move(step.broken);
        if (first_broken_.empty() && !latest_broken_.empty()) {
            first_broken_ = latest_broken_;
            first_broken_line_ = line_number_;
        }
        facts_ = std::move(step.facts);
        facts_read_ = 0;
        step_line_ = line_number_;
        for (const std::string& fact : facts_) write("  " + fact);
    }

    [[noreturn]] void refuse_step(std::string_view text) const {
        std::string what = "not enabled: " + std::string(text) + "; enabled are";
        for (const std::string& one : world_->enabled()) what += "\n  " + one;
        fail(what);
    }

    void read_fact(std::string_view fact) {
        if (mode_ == mode::replace_facts) return;
        need_world();
        if (facts_read_ == facts_.size())
            fail("this is no fact of the step above: " + std::string(fact));
        const std::string& actual = facts_[facts_read_++];
        if (actual != fact) fail("the fact is: " + actual);
    }

    /// Called where no more facts of the latest step can follow.
    void end_facts() {
        if (mode_ == mode::compare_facts && facts_read_ < facts_.size()) {
            throw scenario_error(step_line_,
                                 "a fact of this step is missing: " + facts_[facts_read_]);
        }
        facts_.clear();
        facts_read_ = 0;
    }

    void read_holds() {
        need_world();
        ends_with_claim_ = true;
        if (first_broken_.empty()) return;
        fail(first_broken_ + " is broken since line " + std::to_string(first_broken_line_));
    }

    void read_broken(std::string_view claimed) {
        need_world();
        ends_with_claim_ = true;
        if (latest_broken_ == claimed) return;
        fail(latest_broken_.empty() ? "nothing is broken here"
                                    : "what is broken here is " + latest_broken_);
    }

    const world_register& worlds_;
    mode mode_;
    std::size_t line_number_ = 0;
    std::unique_ptr<any_world> world_;  // none before the line that names it
    bool ends_with_claim_ = false;      // nothing has happened since the latest claim
    std::string first_broken_;          // empty while everything holds
    std::size_t first_broken_line_ = 0;
    std::string latest_broken_;       // by the latest step
    std::vector<std::string> facts_;  // of the latest step
    std::size_t facts_read_ = 0;
    std::size_t step_line_ = 0;
    std::string written_;
};

[[nodiscard]] inline std::string read_scenario(const world_register& worlds, std::string_view text,
                                               scenario_reader::mode mode) {
    scenario_reader reader(worlds, mode);
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        reader.read(line);
        text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
    return reader.end();
}

}  // namespace detail

/// Walks through the scenario in `text`. Throws scenario_error at the first thing that is not as
/// written.
inline void replay_scenario(const world_register& worlds, std::string_view text) {
    static_cast<void>(
        detail::read_scenario(worlds, text, detail::scenario_reader::mode::compare_facts));
}

/// The scenario in `text` with the facts as they are. Throws scenario_error for everything but
/// facts that differ.
[[nodiscard]] inline std::string rewrite_scenario(const world_register& worlds,
                                                  std::string_view text) {
    return detail::read_scenario(worlds, text, detail::scenario_reader::mode::replace_facts);
}

/// The scenario of what a search found: its schedule, with the facts, and what it breaks. `name`
/// and `given` are what the world that was searched was made of.
[[nodiscard]] inline std::string scenario_of(const world_register& worlds, std::string_view name,
                                             const parameters& given, const findings& found) {
    std::string text = "world " + std::string(name) + given.text() + '\n';
    for (const std::string& step : found.schedule) text += step + '\n';
    text += found.broken.empty() ? "holds\n" : "broken " + found.broken + '\n';
    return rewrite_scenario(worlds, text);
}

}  // namespace synod::inline SYNOD_ABI::testing
