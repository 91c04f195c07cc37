// tests/unit/lock/reference_watch.hpp - changes again, as one list, to compare the real ones with.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/command.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/state.hpp>

#include <algorithm>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <vector>

namespace synod::lock_test {

class reference_watch {
public:
    explicit reference_watch(const lock::config& config) : config_(config) {}

    void set_limits(const lock::config& config) { config_ = config; }

    /// Takes the next revision, and tells all that has changed with it.
    void tell(std::vector<lock::change> together) {
        ++revision_;
        for (lock::change& one : together) {
            one.index = revision_;
            all_.push_back(one);
        }
        while (all_.size() > config_.watch.max_changes || size() > config_.watch.max_change_bytes) {
            compacted_ = all_.front().index;
            all_.remove_if([this](const lock::change& one) { return one.index == compacted_; });
        }
    }
    [[nodiscard]] std::uint64_t revision() const { return revision_; }

    /// `is_shown` tells of a name whether whoever asks may look at it.
    template <class Shown>
    [[nodiscard]] lock::reply run(const lock::watch& asked, const Shown& is_shown) const {
        if (asked.prefix.size() > config_.max_name_bytes)
            return lock::refused{lock::refusal::name_too_long};
        if (asked.from_index <= compacted_) return lock::compacted{compacted_};
        lock::watched page{std::max(revision_ + 1, asked.from_index), {}};
        for (const lock::change& one : all_) {
            if (one.index < asked.from_index || !one.name.starts_with(asked.prefix)) continue;
            if (!is_shown(one.name)) continue;
            if (page.changes.size() >= at_most(asked.limit) &&
                page.changes.back().index < one.index) {
                page.next_index = one.index;
                break;
            }
            page.changes.push_back(one);
        }
        return page;
    }

    /// `values` and `leaders` are all that there are.
    template <class Shown>
    [[nodiscard]] lock::reply run(const lock::read_prefix& asked, const lock::value_state& values,
                                  const std::vector<lock::change>& leaders,
                                  const Shown& is_shown) const {
        if (asked.prefix.size() > config_.max_name_bytes)
            return lock::refused{lock::refusal::name_too_long};
        std::map<std::string, std::vector<lock::change>> by_name;
        for (const lock::value_record& one : values.values) {
            const bool counts = one.kind == lock::value_kind::counter;
            by_name[one.name].push_back(
                {one.version,
                 counts ? lock::change_kind::counter : lock::change_kind::value,
                 lock::change_effect::written,
                 one.name,
                 {},
                 one.value,
                 one.number});
        }
        for (const lock::change& one : leaders) by_name[one.name].push_back(one);
        lock::prefix_read page{revision_, {}, {}};
        std::uint32_t names = 0;
        for (const auto& [name, entries] : by_name) {
            if (!name.starts_with(asked.prefix) || name < asked.from_name) continue;
            if (!is_shown(name)) continue;
            if (names++ == at_most(asked.limit)) {
                page.next_name = name;
                break;
            }
            page.entries.insert(page.entries.end(), entries.begin(), entries.end());
        }
        return page;
    }

    void describe(lock::state& out) const {
        out.values.revision = revision_;
        out.watch = {compacted_, {all_.begin(), all_.end()}};
    }

private:
    [[nodiscard]] std::uint64_t size() const {
        std::uint64_t total = 0;
        for (const lock::change& one : all_) total += one.name.size() + one.value.size();
        return total;
    }
    [[nodiscard]] std::uint32_t at_most(std::uint32_t asked) const {
        return asked == 0 ? config_.watch.max_page : std::min(asked, config_.watch.max_page);
    }

    lock::config config_;
    std::list<lock::change> all_;
    std::uint64_t revision_ = 0;
    std::uint64_t compacted_ = 0;
};

}  // namespace synod::lock_test
