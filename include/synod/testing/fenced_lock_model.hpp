// synod/testing/fenced_lock_model.hpp - a lock with fencing tokens as a sequential object, to judge
// what its clients were told.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/testing/history.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// Locks that are taken under rising tokens and given back, or lost when a session ends. The model
/// is told, by `add_grant`, every token that was ever issued, and looks in the history for those
/// whose grant or end nobody was told of: these may come about at any time.
///
/// So one lock goes through a chain of states: free, held under its first token, free, held under
/// its second, and so on; every operation needs one of them, or any that is held or free, and the
/// search only asks when each link of the chain was passed. A state is the number of links that
/// were. (locks 3.2)
///
/// With lock-delays, a lock whose holder was lost may be closed to others until the next grant,
/// though nobody holds it. (locks 3.6)
class fenced_lock_model {
public:
    enum class function : std::uint8_t { acquire, release, read };

    struct input {
        fenced_lock_model::function function = function::acquire;
        std::size_t lock = 0;
        fencing_token token;  // of a release
    };
    struct output {
        bool is_busy =
            false;            // of an acquire that would not wait, and met a holder or a lock-delay
        fencing_token token;  // of an acquire; of a read, the holder's, or none
    };
    using state = std::uint64_t;
    using history_type = history<input, output>;

    explicit fenced_lock_model(bool has_lock_delays = false) : has_lock_delays_(has_lock_delays) {}

    /// `lock` was granted under `token`, after all grants that were added before.
    void add_grant(std::size_t lock, fencing_token token) {
        auto& own = chains_[lock];
        own.push_back({});
        places_[token] = {lock, own.size() - 1};
    }

    /// Takes note of what callers were told of. Comes after all grants.
    void note_reports(const history_type& told) {
        for (const auto& one : told.operations()) {
            if (!one.operation.output || one.operation.output->is_busy) continue;
            const input& asked = one.operation.input;
            if (asked.function == function::acquire) {
                if (link* const its = find(one.operation.output->token)) its->is_grant_told = true;
            } else if (asked.function == function::release) {
                if (link* const its = find(asked.token)) its->is_end_told = true;
            }
        }
    }

    [[nodiscard]] std::size_t key(const input& asked) const { return asked.lock; }
    [[nodiscard]] state initial() const { return 0; }

    [[nodiscard]] bool step(state& passed, const operation<input, output>& next) const {
        if (!next.output) return true;  // what it came to is a link that nobody was told of
        const input& asked = next.input;
        switch (asked.function) {
            case function::acquire:
                if (next.output->is_busy) {
                    return may_be_closed(asked.lock, passed) || reach_any(asked.lock, passed, held);
                }
                return reach(asked.lock, passed, before_grant(asked.lock, next.output->token), 1);
            case function::release:
                return reach(asked.lock, passed, after_grant(asked.lock, asked.token), 1);
            case function::read: break;
        }
        if (next.output->token == fencing_token()) return reach_any(asked.lock, passed, unheld);
        return reach(asked.lock, passed, after_grant(asked.lock, next.output->token), 0);
    }

private:
    /// One token: its grant is link 2n of the chain, and its end link 2n + 1.
    struct link {
        bool is_grant_told = false;
        bool is_end_told = false;
    };
    static constexpr state nowhere = ~state{0};
    static constexpr state unheld = 0;  // as the remainder of a state
    static constexpr state held = 1;

    [[nodiscard]] link* find(fencing_token token) {
        const auto place = places_.find(token);
        return place == places_.end() ? nullptr
                                      : &chains_[place->second.first][place->second.second];
    }

    /// The state in which `lock` is granted under `token`; nowhere if it never was.
    [[nodiscard]] state before_grant(std::size_t lock, fencing_token token) const {
        const auto place = places_.find(token);
        const bool was_granted = place != places_.end() && place->second.first == lock;
        return was_granted ? 2 * place->second.second : nowhere;
    }
    [[nodiscard]] state after_grant(std::size_t lock, fencing_token token) const {
        const state before = before_grant(lock, token);
        return before == nowhere ? nowhere : before + 1;
    }

    /// Whether link `which` may be passed unseen.
    [[nodiscard]] bool is_silent(std::size_t lock, state which) const {
        const auto chain = chains_.find(lock);
        if (chain == chains_.end() || which / 2 >= chain->second.size()) return false;
        const link& its = chain->second[which / 2];
        return which % 2 == 0 ? !its.is_grant_told : !its.is_end_told;
    }

    /// Whether the lock is free, and the hold before that was not given back as far as anybody was
    /// told.
    [[nodiscard]] bool may_be_closed(std::size_t lock, state passed) const {
        const bool had_holder = passed % 2 == unheld && passed > 0;
        return has_lock_delays_ && had_holder && is_silent(lock, passed - 1);
    }

    /// Passes silent links up to `wanted`, and then `links` more.
    [[nodiscard]] bool reach(std::size_t lock, state& passed, state wanted, state links) const {
        if (wanted == nowhere || passed > wanted) return false;
        for (; passed < wanted; ++passed) {
            if (!is_silent(lock, passed)) return false;
        }
        passed += links;
        return true;
    }

    /// Passes silent links until the lock is held, or is not. To pass fewer is never worse: the
    /// others can be passed later.
    [[nodiscard]] bool reach_any(std::size_t lock, state& passed, state wanted) const {
        for (; passed % 2 != wanted; ++passed) {
            if (!is_silent(lock, passed)) return false;
        }
        return true;
    }

    bool has_lock_delays_;
    std::map<std::size_t, std::vector<link>> chains_;  // by lock, in the order of the tokens
    // By token: the lock, and the index in its chain.
    std::map<fencing_token, std::pair<std::size_t, std::size_t>> places_;
};

}  // namespace synod::inline SYNOD_ABI::testing
