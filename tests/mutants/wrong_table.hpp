// tests/mutants/wrong_table.hpp - the lock table.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/errc.hpp>
#include <synod/lock/table.hpp>

#include "mutants/mutant.hpp"
#include "mutants/wrong_lock_rules.hpp"

#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace synod::mutants {

/// M23 lives on when its replica is gone, and has everything applied to it once more; M46 takes time from the replica's own clock; M48 releases
/// a lock by its name, whatever the token; M50 has no waiting requests in its snapshots; M55 takes slots for positions; M61 has every
/// hold once in its snapshots.
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

    void snapshot(byte_writer& out) const {
        base::snapshot(out);
        if (is(mutant::m48)) write_names(out);
        if (is(mutant::m23)) *survivor = std::make_unique<wrong_table>(*this);
    }
    [[nodiscard]] std::error_code restore(byte_reader& in) {
        if (const auto error = base::restore(in)) return error;
        if (is(mutant::m48)) read_names(in);
        if (is(mutant::m50)) lose_waiting();
        if (is(mutant::m61)) lose_acquisitions();
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

    [[nodiscard]] bytes by_name(bytes_view encoded) const {
        lock::command asked;
        bytes same = to_bytes(encoded);
        if (!decode(encoded, asked) || !holds_alternative<lock::release>(asked)) return same;
        auto& release = get<lock::release>(asked);
        const auto name = names_.find(release.token);
        if (name == names_.end()) return same;
        for (const lock::lock_record& one : describe().locks) {
            if (one.name == name->second && !one.holders.empty()) {
                release.token = one.holders.front().token;
            }
        }
        bytes changed;
        byte_writer out(changed);
        encode(asked, out);
        return changed;
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
    void lose_waiting() {
        const lock::state now = describe();
        for (const lock::lock_record& lock : now.locks) {
            for (const lock::request_record& one : lock.queue) {
                const request_stamp stamp{one.owner.session, one.sequence + 1'000'000, 0};
                static_cast<void>(execute({now.last, now.now}, lock::cancel{stamp, one.sequence}));
            }
        }
    }

    void lose_acquisitions() {
        const lock::state now = describe();
        std::uint64_t sequence = 1'000'000;
        for (const lock::lock_record& lock : now.locks) {
            for (const lock::request_record& one : lock.holders) {
                for (std::uint32_t left = one.count; left > 1; --left) {
                    const request_stamp stamp{one.owner.session, ++sequence, 0};
                    const lock::release back{stamp, one.owner.tag, one.token};
                    static_cast<void>(execute({now.last, now.now}, back));
                }
            }
        }
    }

    std::map<fencing_token, std::string> names_;  // of the locks that were ever held, by M48
    static inline for_a_run<std::unique_ptr<wrong_table>> survivor;
};

}  // namespace synod::mutants
