// synod/lock/detail/watching.hpp - what has changed, and what there is: answers for those who
// watch.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/detail/elections.hpp>
#include <synod/lock/detail/journal.hpp>
#include <synod/lock/detail/values.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/watch_commands.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace synod::inline SYNOD_ABI::lock::detail {

/// Values, and the commands that read them together with elections. `Locks` is detail::electorate.
template <class Rules>
class watching : public values<Rules> {
    using core = values<Rules>;
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;

public:
    using reply = deferred<lock::reply>;

    using values<Rules>::answer_to;

    template <class Locks>
    [[nodiscard]] reply answer_to(const watch& asked, const Locks& locks) const {
        const lock::config& limits = locks.config();
        if (asked.prefix.size() > limits.max_name_bytes) return refused{refusal::name_too_long};
        const auto& journal = locks.elections().journal();
        if (!Rules::is_kept_from(asked.from_index, journal.compacted())) {
            return compacted{journal.compacted()};
        }
        const std::uint64_t end = journal.revision() + 1;
        deferred<watched> page;
        page.next_index = asked.from_index < end ? end : asked.from_index;
        const std::uint32_t most = page_size(asked.limit, limits);
        std::size_t bytes = 0;
        for (const change* one = journal.from(asked.from_index); one != journal.end(); ++one) {
            if (!begins_with(one->name, asked.prefix)) continue;
            if (!locks.lets_read(asked.stamp.session, one->name)) continue;
            const bool is_full = page.changes.size() >= most || bytes >= watch_page_bytes;
            if (is_full && one->index != page.changes.back().index) {
                page.next_index = one->index;
                break;
            }
            page.changes.push_back(*one);
            bytes += one->size();
        }
        return page;
    }

    template <class Locks>
    [[nodiscard]] reply answer_to(const read_prefix& asked, const Locks& locks) const {
        const lock::config& limits = locks.config();
        if (asked.prefix.size() > limits.max_name_bytes) return refused{refusal::name_too_long};
        deferred<prefix_read> page;
        page.index = locks.elections().journal().revision();
        const std::uint32_t most = page_size(asked.limit, limits);
        const std::string& first = asked.from_name < asked.prefix ? asked.prefix : asked.from_name;
        auto value = core::all().lower_bound(first);
        auto leader = locks.elections().leaders().lower_bound(first);
        std::size_t bytes = 0;
        for (std::uint32_t names = 0;;) {
            const std::string* name = value == core::all().end() ? nullptr : &value->first;
            const bool has_leader = leader != locks.elections().leaders().end();
            if (has_leader && (name == nullptr || leader->first < *name)) name = &leader->first;
            if (name == nullptr || !begins_with(*name, asked.prefix)) return page;
            const std::string_view now = *name;
            const bool is_shown = locks.lets_read(asked.stamp.session, now);
            if (is_shown && (names == most || bytes >= watch_page_bytes)) {
                page.next_name = now;
                return page;
            }
            const auto show = [&](const auto& its) {
                if (!is_shown) return;
                page.entries.push_back(change_of(std::string(now), its));
                bytes += page.entries.back().size();
            };
            if (is_shown) ++names;
            const bool has_value = value != core::all().end() && value->first == now;
            const bool is_led = has_leader && leader->first == now;
            if (has_value) show((value++)->second);
            if (is_led) show(locks.elections().of((leader++)->second));
        }
    }

private:
    [[nodiscard]] static std::uint32_t page_size(std::uint32_t asked, const lock::config& limits) {
        const std::uint32_t most = limits.watch.max_page;
        return asked == 0 || asked > most ? most : asked;
    }
    [[nodiscard]] static bool begins_with(std::string_view name, std::string_view prefix) {
        return name.substr(0, prefix.size()) == prefix;
    }

    [[nodiscard]] static deferred<change> change_of(const std::string& name,
                                                    const deferred<candidate>& its) {
        deferred<change> made;
        made.index = its.proclaimed;
        made.kind = change_kind::leader;
        made.name = name;
        made.token = its.token;
        made.value = its.value;
        return made;
    }
    [[nodiscard]] static deferred<change> change_of(const std::string& name,
                                                    const deferred<stored_value>& its) {
        return core::written(name, its);
    }
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
