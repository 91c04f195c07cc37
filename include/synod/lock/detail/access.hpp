// synod/lock/detail/access.hpp - the one function that says whether a session may do what it asks
// for.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/lock/access.hpp>
#include <synod/lock/access_rules.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/detail/book.hpp>
#include <synod/lock/reply.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

namespace synod::inline SYNOD_ABI::lock::detail {

/// The access rules of a table. Judging takes time linear in their number for each name that a
/// command names, and none where there are no rules.
template <class Rules>
class access {
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;

public:
    using list = deferred<std::vector<access_rule>>;

    [[nodiscard]] const list& all() const { return all_; }
    void restore(const list& from) { all_ = from; }

    /// Whether a principal may run a command. `book` knows the names that tokens stand for.
    template <class Command>
    [[nodiscard]] bool allows(std::string_view principal, const Command& asked,
                              const book<Rules>& book) const {
        if (all_.empty()) return true;
        std::size_t names = 0;
        std::size_t denied = 0;
        for_each_need(asked, book, [&](std::string_view name, std::uint8_t needed) {
            ++names;
            if (denied == 0 && !lets(principal, name, needed)) ++denied;
        });
        return !Rules::is_denied(denied, names);
    }

    /// Whether a principal may look at what has that name.
    [[nodiscard]] bool lets_read(std::string_view principal, std::string_view name) const {
        return all_.empty() || Rules::suffices(rights_of(principal, name), may_read);
    }

    /// Whether a principal has a right to a name. Who administers all names administers each,
    /// whatever is said of that one; so what a rule denies can be allowed again.
    [[nodiscard]] bool lets(std::string_view principal, std::string_view name,
                            std::uint8_t needed) const {
        if (Rules::suffices(rights_of(principal, name), needed)) return true;
        return needed == may_administer && Rules::suffices(rights_of(principal, {}), needed);
    }

    /// What set_acl does; why it does not, if there is a reason.
    [[nodiscard]] std::optional<deferred<refusal>> change(const deferred<set_acl>& asked,
                                                          std::size_t most) {
        if ((asked.rule.rights & ~all_rights) != 0) return refusal::malformed;
        if (asked.rule.principal.size() > principal_bytes_end) return refusal::name_too_long;
        if (asked.rule.prefix.size() > name_bytes_end) return refusal::name_too_long;
        list changed;
        for (const access_rule& one : all_) {
            if (!is_of_same(one, asked.rule)) changed.push_back(one);
        }
        if (asked.change == access_change::put) insert(changed, asked.rule);
        if (changed.size() > most && changed.size() > all_.size()) return refusal::limit;
        std::size_t administrators = 0;
        for (const access_rule& one : changed) {
            const bool is_for_all = one.prefix.empty();
            if (is_for_all && (one.rights & may_administer) != 0) ++administrators;
        }
        if (!Rules::can_be_undone(changed.size(), administrators)) return refusal::denied;
        all_ = changed;
        return std::nullopt;
    }

private:
    [[nodiscard]] static bool is_of_same(const access_rule& a, const access_rule& b) {
        return a.prefix == b.prefix && a.principal == b.principal;
    }

    static void insert(list& into, const access_rule& one) {
        std::size_t at = 0;
        for (const access_rule& other : into) {
            const bool is_before = other.prefix < one.prefix ||
                                   (other.prefix == one.prefix && other.principal < one.principal);
            if (is_before) ++at;
        }
        into.insert(into.begin() + static_cast<std::ptrdiff_t>(at), one);
    }

    [[nodiscard]] std::uint8_t rights_of(std::string_view principal, std::string_view name) const {
        const access_rule* deciding = nullptr;
        for (const access_rule& one : all_) {
            const bool is_for = one.principal.empty() || one.principal == principal;
            if (!is_for || !name.starts_with(one.prefix)) continue;
            const bool is_rather =
                deciding == nullptr || Rules::decides_before(extent_of(one), extent_of(*deciding));
            if (is_rather) deciding = &one;
        }
        return deciding == nullptr ? std::uint8_t{no_rights} : deciding->rights;
    }
    [[nodiscard]] static specificity extent_of(const access_rule& one) {
        return {one.prefix.size(), !one.principal.empty()};
    }

    // What each command needs: `need(name, rights)` for every name that it concerns. A command that
    // is not here does not compile.

    template <class Command, class Need>
        requires(std::is_same_v<Command, keep_alive> || std::is_same_v<Command, close_session> ||
                 std::is_same_v<Command, release> || std::is_same_v<Command, release_all> ||
                 std::is_same_v<Command, renew_hold> || std::is_same_v<Command, convert> ||
                 std::is_same_v<Command, query> || std::is_same_v<Command, acknowledge> ||
                 std::is_same_v<Command, leave_double_barrier> ||
                 std::is_same_v<Command, proclaim> || std::is_same_v<Command, cancel>)
    static void for_each_need(const Command&, const book<Rules>&, Need&&) {}

    template <class Need>
    static void for_each_need(const acquire_view& asked, const book<Rules>&, Need&& need) {
        need(asked.name, may_lock);
    }
    template <class Need>
    static void for_each_need(const acquire_permits_view& asked, const book<Rules>&, Need&& need) {
        need(asked.name, may_lock);
    }
    template <class Need>
    static void for_each_need(const deferred<acquire_all>& asked, const book<Rules>&, Need&& need) {
        for (const wanted& one : asked.locks) need(one.name, may_lock);
    }
    template <class Need>
    static void for_each_need(const set_capacity& asked, const book<Rules>&, Need&& need) {
        need(asked.name, may_administer);
    }
    template <class Need>
    static void for_each_need(const check_token& asked, const book<Rules>&, Need&& need) {
        need(asked.name, may_read);
    }
    template <class Need>
    static void for_each_need(const deferred<list_locks>& asked, const book<Rules>&, Need&& need) {
        need(asked.prefix, may_read);
    }
    template <class Need>
    static void for_each_need(const request_revoke& asked, const book<Rules>& book, Need&& need) {
        const bool is_forced = asked.how == revocation::forced;
        const rights needed = is_forced ? may_administer : may_lock;
        if (asked.token == fencing_token())
            need(asked.name, needed);
        else
            need_of_hold(asked.token, book, needed, need);
    }
    template <class Need>
    static void for_each_need(const force_release& asked, const book<Rules>& book, Need&& need) {
        need_of_hold(asked.token, book, may_administer, need);
    }
    template <class Need>
    static void for_each_need(const deferred<set_acl>& asked, const book<Rules>&, Need&& need) {
        need(asked.rule.prefix, may_administer);
    }

    template <class Need>
    static void for_each_need(const deferred<guarded_txn>& asked, const book<Rules>&, Need&& need) {
        for (const condition& one : asked.conditions) need(one.name, may_read);
        for (const put& one : asked.puts) need(one.name, may_write);
        for (const auto& name : asked.deletes) need(name, may_write);
    }
    template <class Need>
    static void for_each_need(const deferred<compare_and_set>& asked, const book<Rules>&,
                              Need&& need) {
        need(asked.name, may_write);
    }
    template <class Need>
    static void for_each_need(const add_to_counter& asked, const book<Rules>&, Need&& need) {
        need(asked.name, may_write);
    }
    template <class Command, class Need>
        requires(std::is_same_v<Command, set_latch> || std::is_same_v<Command, count_down>)
    static void for_each_need(const Command& asked, const book<Rules>&, Need&& need) {
        need(asked.name, may_write);
    }
    template <class Command, class Need>
        requires(std::is_same_v<Command, await_latch> ||
                 std::is_same_v<Command, arrive_at_barrier> ||
                 std::is_same_v<Command, enter_double_barrier> || std::is_same_v<Command, campaign>)
    static void for_each_need(const Command& asked, const book<Rules>&, Need&& need) {
        need(asked.name, may_lock);
    }
    template <class Command, class Need>
        requires(std::is_same_v<Command, read_value> || std::is_same_v<Command, read_counter> ||
                 std::is_same_v<Command, observe>)
    static void for_each_need(const Command& asked, const book<Rules>&, Need&& need) {
        need(asked.name, may_read);
    }
    template <class Command, class Need>
        requires(std::is_same_v<Command, set_limits> || std::is_same_v<Command, bump_epoch>)
    static void for_each_need(const Command&, const book<Rules>&, Need&& need) {
        need(std::string_view(), may_administer);
    }

    template <class Command, class Need>
        requires is_about_changes<Command>
    static void for_each_need(const Command& asked, const book<Rules>&, Need&& need) {
        need(asked.prefix, may_read);
    }

    /// A token that nobody holds under stands for no name, and the command for nothing.
    template <class Need>
    static void need_of_hold(fencing_token token, const book<Rules>& book, rights needed,
                             Need&& need) {
        const handle one = book.find_hold(token);
        if (one != none) need(book.object_at(book.place_at(one).object).name.view(), needed);
    }

    list all_;  // in order of prefix, then of principal
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
