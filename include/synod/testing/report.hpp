// synod/testing/report.hpp - laws, and how each of them fared.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// One duty of what a user supplies. Laws are constants; two are the same when their names are.
struct law {
    std::string_view name;  // as tests and reports refer to it
    std::string_view says;  // the duty, in words

    friend constexpr bool operator==(const law& a, const law& b) { return a.name == b.name; }
};

/// How one law fared.
struct ruling {
    testing::law law;
    std::uint64_t cases = 0;  // how often it was put to the test; with none, nothing is known
    std::string reason;       // why it is broken, in one sentence; empty while it holds
    std::uint64_t seed = 0;   // of the run that broke it, if it had operations
    std::vector<std::string> operations;  // the shortest that were found to break it, in order

    [[nodiscard]] bool holds() const { return reason.empty(); }
};

/// What a kit found out about one subject. True when no law is broken. A value; not thread-safe.
class report {
public:
    report(std::string subject, std::initializer_list<law> laws) : subject_(std::move(subject)) {
        for (const law& one : laws) rulings_.push_back({one, 0, {}, 0, {}});
    }

    /// Whether no law is broken.
    [[nodiscard]] explicit operator bool() const {
        return std::ranges::all_of(rulings_, [](const ruling& one) { return one.holds(); });
    }

    /// All laws of the kit, in the order in which it documents them.
    [[nodiscard]] const std::vector<ruling>& rulings() const { return rulings_; }

    /// How `which` fared. Precondition: the kit has that law.
    [[nodiscard]] const ruling& of(const law& which) const { return rulings_[index_of(which)]; }

    /// The names of the laws that are broken.
    [[nodiscard]] std::vector<std::string_view> broken() const {
        std::vector<std::string_view> names;
        for (const ruling& one : rulings_) {
            if (!one.holds()) names.push_back(one.law.name);
        }
        return names;
    }

    /// The names of the laws that were never put to the test.
    [[nodiscard]] std::vector<std::string_view> untried() const {
        std::vector<std::string_view> names;
        for (const ruling& one : rulings_) {
            if (one.holds() && one.cases == 0) names.push_back(one.law.name);
        }
        return names;
    }

    /// Adds `cases` in which `which` was put to the test. For those who write kits.
    void count(const law& which, std::uint64_t cases) { rulings_[index_of(which)].cases += cases; }

    /// Notes that a law is broken; only the first such note of each law is kept. For those who
    /// write kits.
    void note(ruling broken) {
        ruling& kept = rulings_[index_of(broken.law)];
        if (!kept.holds()) return;
        broken.cases = kept.cases;
        kept = std::move(broken);
    }

    /// The whole report for people, each line ended by a line break: one for each law, and under a
    /// broken one how to break it.
    [[nodiscard]] std::string text() const {
        std::string all = summary() + '\n';
        for (const ruling& one : rulings_) all += line_of(one);
        return all;
    }

private:
    [[nodiscard]] std::size_t index_of(const law& which) const {
        std::size_t index = 0;
        while (index < rulings_.size() && rulings_[index].law != which) ++index;
        SYNOD_ASSERT(index < rulings_.size());
        return index;
    }

    [[nodiscard]] std::string summary() const {
        const std::size_t bad = broken().size();
        const std::size_t unknown = untried().size();
        std::string all = subject_ + ": " + std::to_string(rulings_.size() - bad - unknown) +
                          " of " + std::to_string(rulings_.size()) + " laws hold";
        if (bad > 0) all += ", " + std::to_string(bad) + " broken";
        if (unknown > 0) all += ", " + std::to_string(unknown) + " not put to the test";
        return all;
    }

    [[nodiscard]] static std::string line_of(const ruling& one) {
        const std::string name(one.law.name);
        const std::string says = name + ": " + std::string(one.law.says);
        if (!one.holds()) return "  BROKEN    " + says + '\n' + proof_of(one);
        if (one.cases == 0) return "  untested  " + says + '\n';
        return "  held      " + says + " (" + std::to_string(one.cases) + " cases)\n";
    }

    [[nodiscard]] static std::string proof_of(const ruling& one) {
        std::string all = "            " + one.reason;
        if (!one.operations.empty()) all += "; seed " + std::to_string(one.seed) + ", after";
        all += '\n';
        for (const std::string& operation : one.operations) {
            all += "              " + operation + '\n';
        }
        return all;
    }

    std::string subject_;
    std::vector<ruling> rulings_;
};

}  // namespace synod::inline SYNOD_ABI::testing
