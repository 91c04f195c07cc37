// tests/mutants/wrong_table.hpp - the lock table.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/errc.hpp>
#include <synod/lock/detail/envelope.hpp>
#include <synod/lock/detail/sections.hpp>
#include <synod/lock/table.hpp>

#include "mutants/mutant.hpp"
#include "mutants/wrong_lock_rules.hpp"

#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace synod::mutants {

/// M23 lives on when its replica is gone, and has everything applied to it once more; M46 takes
/// time from the replica's own clock; M47 counts tokens from those that are held, in its snapshots
/// and under each new leader; M48 releases and renews a lock by its name, whatever the token; M50
/// leaves those who wait for locks out of its snapshots; M55 takes slots for positions; M61 has
/// every hold once in its snapshots.
class wrong_table : public lock::basic_table<wrong_lock_rules> {
    using base = lock::basic_table<wrong_lock_rules>;

public:
    [[nodiscard]] static result<wrong_table> make(const lock::config& config) {
        if (is(mutant::m23) && *survivor) return **survivor;
        auto made = base::make(config);
        if (!made) return unexpected(made.error());
        return wrong_table(std::move(*made));
    }

    void apply(const apply_context& context, bytes_view encoded, result_writer& result) {
        apply_context at = context;
        if (is(mutant::m55)) at.at.index = 0;
        if (!is(mutant::m48)) return base::apply(at, encoded, result);
        const bytes rewritten = by_name(encoded);
        base::apply(at, rewritten, result);
        note_names();
    }
    void advance(log_time to) { base::advance(is(mutant::m46) ? to + own_clock() : to); }
    void new_leader(ballot leader) {
        base::new_leader(leader);
        if (is(mutant::m47)) go_on_from_a_snapshot();
    }

    void snapshot(byte_writer& out) const {
        write_state(out);
        if (is(mutant::m48)) write_names(out);
        if (is(mutant::m23)) *survivor = std::make_unique<wrong_table>(*this);
    }
    [[nodiscard]] std::error_code restore(byte_reader& in) {
        if (const auto error = base::restore(in)) return error;
        if (is(mutant::m48)) read_names(in);
        return in.ok() ? std::error_code() : errc::snapshot_damaged;
    }

    friend bool operator==(const wrong_table& a, const wrong_table& b) {
        const base& left = a;
        return left == b && a.names_ == b.names_;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        base::fingerprint(sink);
        sink.add(names_.size());
        for (const auto& [token, name] : names_) {
            sink.add(token);
            sink.add(name);
        }
    }

private:
    explicit wrong_table(base right) : base(std::move(right)) {}

    /// What is in its snapshots.
    [[nodiscard]] lock::state kept_state() const {
        lock::state kept = describe();
        if (is(mutant::m47)) forget_last_token(kept);
        if (is(mutant::m50)) forget_waiting(kept);
        if (is(mutant::m61)) forget_acquisitions(kept);
        return kept;
    }
    void write_state(byte_writer& out) const {
        bytes all;
        byte_writer sections(all);
        lock::detail::for_each_section(config(), sessions(), kept_state(), [&](auto&& write) {
            lock::detail::write_section(sections, write);
        });
        lock::detail::write_envelope(all, out);
    }
    void go_on_from_a_snapshot() {
        bytes kept;
        byte_writer out(kept);
        write_state(out);
        byte_reader in(kept);
        const auto error = base::restore(in);
        SYNOD_ASSERT(!error);
        static_cast<void>(error);
    }

    void forget_last_token(lock::state& kept) const {
        kept.last_token = config().tokens_after;
        const auto note = [&kept](const auto& one) {
            if (kept.last_token < one.token) kept.last_token = one.token;
        };
        for (const lock::lock_record& lock : kept.locks) {
            for (const lock::request_record& one : lock.holders) note(one);
            for (const lock::delay_record& one : lock.delays) note(one);
        }
    }
    static void forget_waiting(lock::state& kept) {
        for (lock::lock_record& lock : kept.locks) lock.queue.clear();
        std::erase_if(kept.locks, [](const lock::lock_record& one) {
            return one.holders.empty() && one.delays.empty();
        });
    }
    static void forget_acquisitions(lock::state& kept) {
        for (lock::lock_record& lock : kept.locks) {
            for (lock::request_record& one : lock.holders) one.count = 1;
        }
    }

    [[nodiscard]] bytes by_name(bytes_view encoded) const {
        lock::command asked;
        if (!decode(encoded, asked)) return to_bytes(encoded);
        if (auto* const one = asked.get_if<lock::release>()) one->token = newest_like(one->token);
        if (auto* const one = asked.get_if<lock::renew_hold>())
            one->token = newest_like(one->token);
        bytes changed;
        byte_writer out(changed);
        encode(asked, out);
        return changed;
    }
    /// That of whoever holds the lock now that was once held under a token.
    [[nodiscard]] fencing_token newest_like(fencing_token token) const {
        const auto name = names_.find(token);
        if (name == names_.end()) return token;
        for (const lock::lock_record& one : describe().locks) {
            if (one.name == name->second && !one.holders.empty()) return one.holders.front().token;
        }
        return token;
    }
    void note_names() {
        for (const lock::lock_record& one : describe().locks) {
            if (!one.holders.empty()) names_[one.holders.front().token] = one.name;
        }
    }
    void write_names(byte_writer& out) const {
        out.number(std::uint64_t{names_.size()});
        for (const auto& [token, name] : names_) {
            out.number(token.value());
            out.text(name);
        }
    }
    void read_names(byte_reader& in) {
        names_.clear();
        for (auto left = in.number<std::uint64_t>(); left > 0 && in.ok(); --left) {
            const fencing_token token(in.number<std::uint64_t>());
            names_[token] = in.text();
        }
    }
    std::map<fencing_token, std::string> names_;  // of the locks that were ever held, by M48
    static inline for_a_run<std::unique_ptr<wrong_table>> survivor;
};

}  // namespace synod::mutants
