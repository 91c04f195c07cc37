// tests/unit/lock/reference.hpp - the lock table again, as lists and loops, to compare the real one with.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/command.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/event.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/state.hpp>
#include <synod/log/state_machine.hpp>

#include "reference_access.hpp"
#include "reference_gates.hpp"
#include "reference_listing.hpp"
#include "reference_overtaking.hpp"
#include "reference_requests.hpp"
#include "reference_revocation.hpp"
#include "reference_values.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace synod::lock_test {

/// One flat list of requests in order of arrival; everything else is found by looking through it.
class reference {
public:
    explicit reference(const lock::config& config)
        : config_(config),
          watch_(config),
          values_(config, watch_),
          gates_(config),
          last_(config.tokens_after.value()) {}

    lock::reply execute(const apply_context& context, const lock::command& asked) {
        advance(context.now);
        at_ = context.at;
        return visit([this](const auto& one) { return once(one); }, asked);
    }

    void advance(log_time now) {
        if (now.milliseconds() <= now_) return;
        now_ = now.milliseconds();
        while (fire()) {
        }
        grant();
    }

    void new_leader(ballot leader) {
        if (leader <= leader_) return;
        leader_ = leader;
        for (session& one : sessions_) {
            const std::uint64_t wanted = now_ + std::min(one.ttl, config_.sessions.grace_ms);
            if (wanted <= one.deadline) continue;
            const std::uint64_t left = one.ttl * config_.sessions.max_extensions - one.extended;
            const std::uint64_t extra = std::min(wanted - one.deadline, left);
            one.extended += extra;
            one.deadline += extra;
        }
        for (request& one : requests_.all) {
            lock::lease& its = one.is.lease;
            const std::uint64_t wanted = now_ + std::min(its.ttl_ms, config_.sessions.grace_ms);
            if (one.is.state != state::granted || its.ttl_ms == 0) continue;
            if (log_time(wanted) <= its.deadline) continue;
            const std::uint64_t left =
                its.ttl_ms * config_.sessions.max_extensions - its.extended_ms;
            const std::uint64_t extra = std::min(wanted - its.deadline.milliseconds(), left);
            its.extended_ms += extra;
            its.deadline = its.deadline + extra;
        }
    }

    std::vector<lock::event> events() { return std::exchange(events_, {}); }

    [[nodiscard]] const lock::config& config() const { return config_; }

    /// What `table::describe` should say.
    [[nodiscard]] lock::state describe() const {
        lock::state out;
        out.now = log_time(now_);
        out.leader = leader_;
        out.last = at_;
        out.last_token = fencing_token(last_);
        for (const session& one : sessions_) {
            out.sessions.push_back({one.id, log_time(one.deadline), one.client, one.lock_delay,
                                    one.principal, one.meta});
            for (const request& r : requests_.all) {
                const bool is_over =
                    r.is.token == fencing_token() && r.is.state != lock::request_state::queued;
                if (r.is.owner.session == one.id && is_over) out.ended.push_back(r.is);
            }
        }
        out.locks = requests_.locks();
        out.forced_ends = forced_.sorted();
        out.access = access_.sorted();
        out.values = values_.describe();
        out.gates = gates_.describe(requests_);
        watch_.describe(out);
        return out;
    }

private:
    struct session {
        session_id id;
        client_uuid client;
        std::uint64_t nonce, ttl, deadline, extended, acknowledged, lock_delay;
        std::map<std::uint64_t, lock::reply> replies;
        std::string principal;
        std::string meta;
    };
    using request = reference_requests::request;
    using ghost = reference_requests::ghost;
    using overtaking = reference_overtaking;
    using state = lock::request_state;

    static lock::reply no(lock::refusal reason) { return lock::refused{reason}; }

    session* find(session_id id) {
        for (session& one : sessions_) {
            if (one.id == id) return &one;
        }
        return nullptr;
    }
    /// Whichever of two ends first, and of those that end together the first; nullptr is none.
    template <class T, class When>
    static T* earlier(T* one, T* other, When when) {
        if (one == nullptr || other == nullptr) return one == nullptr ? other : one;
        return when(*other) < when(*one) ? other : one;
    }

    /// Ends what is over first: at one moment sessions, then leases, forced ends, waits and lock-delays.
    bool fire() {
        forced_.forget_all_but(requests_.all);
        session* own = nullptr;
        for (session& one : sessions_)
            own = earlier(own, &one, [](const session& is) { return is.deadline; });
        request* hold = nullptr;
        request* wait = nullptr;
        for (request& one : requests_.all) {
            const auto end = [](const request& of) {
                return std::pair(of.is.lease.deadline, of.is.token);
            };
            if (one.is.lease.deadline < log_time::never()) hold = earlier(hold, &one, end);
            if (one.is.state != state::queued) continue;
            wait = earlier(wait, &one, [](const request& of) { return of.is.deadline; });
        }
        ghost* delay = nullptr;
        for (ghost& one : requests_.ghosts) {
            delay = earlier(delay, &one,
                            [](const ghost& of) { return std::pair(of.is.until, of.is.token); });
        }
        const std::uint64_t never = log_time::never().milliseconds();
        const std::uint64_t ends[] = {
            own == nullptr ? never : own->deadline,
            hold == nullptr ? never : hold->is.lease.deadline.milliseconds(),
            forced_.first() == nullptr ? never : forced_.first()->deadline.milliseconds(),
            wait == nullptr ? never : wait->is.deadline.milliseconds(),
            delay == nullptr ? never : delay->is.until.milliseconds(),
        };
        const auto* const first = std::ranges::min_element(ends);
        if (*first > now_) return false;
        if (first == &ends[0]) return expire(own->id);
        if (first == &ends[1]) return end_lease(*hold);
        if (first == &ends[2]) return end_by_force(*forced_.first());
        if (first == &ends[3]) return time_out(*wait);
        touch(delay->name);
        requests_.ghosts.remove_if([&](const ghost& one) { return &one == delay; });
        return true;
    }

    /// Ends who waits at a gate, and tells all but `quiet_`.
    auto end_and_tell() {
        return [this](request& one, state how) {
            end(one, how);
            if (&one == quiet_) return;
            events_.push_back(lock::wait_ended{one.is.owner.session, one.is.sequence, how});
        };
    }

    bool expire(session_id gone) {
        for (const request& one : requests_.all) {
            if (one.is.owner.session == gone && one.is.state == state::granted)
                haunt(one, find(gone)->deadline);
        }
        drop(gone);
        events_.push_back(lock::session_ended{gone});
        return true;
    }
    bool end_lease(request& hold) {
        const lock::hold_ended over{hold.is.owner.session, hold.is.token};
        haunt(hold, hold.is.lease.deadline.milliseconds());
        let_go(hold, hold.is.count);
        events_.push_back(over);
        return true;
    }
    bool end_by_force(lock::forced_end how) {
        request& hold = *requests_.held(how.token);
        const session_id whose = hold.is.owner.session;
        haunt(hold, how.deadline.milliseconds());
        let_go(hold, hold.is.count);
        events_.push_back(lock::hold_revoked{whose, how.token, how.by, how.principal});
        forced_.forget_all_but(requests_.all);
        return true;
    }
    bool time_out(request& wait) {
        const session_id whose = wait.is.owner.session;
        if (wait.gate != 0) {
            gates_.give_up(wait, state::timed_out, requests_, end_and_tell());
            return true;
        }
        end(wait, state::timed_out);
        events_.push_back(lock::wait_ended{whose, wait.is.sequence, state::timed_out});
        return true;
    }

    /// A hold is about to end that was not given back.
    void haunt(const request& hold, std::uint64_t deadline) {
        const session& whose = *find(hold.is.owner.session);
        const std::uint64_t lasts = std::min(whose.lock_delay, config_.max_lock_delay_ms);
        if (lasts == 0) return;
        ghost left{{hold.is.token, hold.is.mode, hold.is.permits, whose.client,
                    log_time(deadline + lasts)},
                   hold.name};
        for (const ghost& one : requests_.ghosts) {
            if (!is_like(one, left)) continue;
            left.is.until = std::max(left.is.until, one.is.until);
            left.is.token = std::max(left.is.token, one.is.token);
        }
        requests_.ghosts.remove_if([&](const ghost& one) { return is_like(one, left); });
        requests_.ghosts.push_back(left);
    }
    /// Of a lock, a client leaves one in each mode.
    static bool is_like(const ghost& one, const ghost& other) {
        return one.name == other.name && one.is.client == other.is.client &&
               one.is.mode == other.is.mode && one.is.permits == 0 && other.is.permits == 0;
    }

    /// What waited at several locks has ended once.
    void end(request& one, state how) {
        for (const request* place : requests_.places_of(one)) touch(place->name);
        requests_.all.remove_if(
            [&](const request& other) { return &other != &one && other.is.at == one.is.at; });
        one.is.state = how;
        one.is.deadline = log_time::never();
        one.is.upgrades = {};
        one.is.mode = one.is.before = lock::mode::exclusive;
        one.is.permits = 0;
        one.is.lease = {};
        one.is.standing = {};
        one.is.reclaims = false;
        one.is.has_value = false;
        one.is.value.clear();
    }

    /// Who leads has a value that everybody is told, and so is that it leads no more.
    void take_office(request& one) {
        if (!one.is.has_value || one.is.state != state::granted) return;
        watch_.tell({{0, lock::change_kind::leader, {}, one.name, one.is.token, one.is.value, 0}});
        one.is.proclaimed = watch_.revision();
    }
    void resign(request& one) {
        if (one.is.has_value && one.is.state == state::granted) {
            watch_.tell({{0, lock::change_kind::leader, lock::change_effect::gone, one.name,
                          one.is.token, "", 0}});
        }
        one.is.has_value = false;
        one.is.value.clear();
        one.is.proclaimed = 0;
    }
    [[nodiscard]] bool has_room_for(const std::string& value, std::uint64_t without) const {
        std::uint64_t total = 0;
        for (const request& one : requests_.all) total += one.is.value.size();
        if (value.size() > config_.values.max_value_bytes) return false;
        return value.size() <= without ||
               total - without + value.size() <= config_.values.max_candidate_bytes;
    }

    void drop(session_id id) {
        sessions_.remove_if([&](const session& one) { return one.id == id; });
        for (const request& one : requests_.all) {
            const bool counts = one.is.state == state::queued || one.is.state == state::granted;
            if (one.is.owner.session == id && counts) touch(one.name);
            if (one.is.owner.session == id) note_writer(one);
        }
        for (request& one : requests_.all) {
            if (one.is.owner.session == id) resign(one);
        }
        const auto broken = gates_.broken_by(id, requests_);
        requests_.all.remove_if([&](const request& one) { return one.is.owner.session == id; });
        gates_.shatter_all(broken, requests_, end_and_tell());
    }

    /// Its hold is about to end, or to be weaker.
    void note_writer(const request& one) {
        if (one.is.state == state::granted && one.is.mode == lock::mode::exclusive)
            had_writer_.insert(one.name);
    }

    void drop(const request* gone) {
        note_writer(*gone);
        if (gone->is.state == state::granted) touch(gone->name);
        for (request& one : requests_.all) {
            if (&one == gone) resign(one);
        }
        requests_.all.remove_if([&](const request& one) { return &one == gone; });
    }

    /// Locks in the order in which they first changed; each hands itself on.
    void touch(const std::string& name) {
        if (name.empty()) return;
        if (std::ranges::find(changed_, name) == changed_.end()) changed_.push_back(name);
    }
    void grant() {
        do {
            while (!changed_.empty()) {
                const std::string name = changed_.front();
                changed_.pop_front();
                grant(name);
            }
        } while (break_a_circle());
    }
    /// Of those who give way in circles, the youngest goes first.
    bool break_a_circle() {
        const auto chosen = requests_.victim();
        if (!chosen) return false;
        request& victim = *std::ranges::find_if(
            requests_.all, [&](const request& other) { return other.is.at == *chosen; });
        const lock::wait_deadlocked told{victim.is.owner.session, victim.is.sequence, {}};
        end(victim, state::victim);
        if (*chosen != at_now()) events_.push_back(told);
        return true;
    }
    void grant(const std::string& name) {
        const bool is_fair = requests_.policy_of(name) == lock::policy::phase_fair;
        if (had_writer_.erase(name) > 0 && is_fair) overtaking::end_phase(requests_, name);
        while (request* const front = requests_.front(name)) {
            std::vector<request*> places = requests_.places_of(*front);
            const bool is_grantable = std::ranges::all_of(places, [this](const request* one) {
                return requests_.front(one->name) == one && fits(*one);
            });
            request* const passing = is_grantable ? nullptr : overtaking::passing(requests_, name);
            if (!is_grantable && passing == nullptr) return;
            if (passing != nullptr) places = {passing};
            const auto queue = overtaking::queue_of(requests_, name);
            const auto overtaken = passing != nullptr ? std::ranges::find(queue, passing)
                                   : front->barges    ? queue.end() - 1
                                                      : queue.begin();
            const auto several = static_cast<std::size_t>(overtaken - queue.begin());
            const lock::request_record asked = places.front()->is;
            const bool is_exhausted =
                fencing_token::max_counter - (last_ & fencing_token::max_counter) < places.size();
            if (is_exhausted) end(*places.front(), state::token_space_exhausted);
            const std::uint64_t first = last_ + 1;
            for (request* one : places) {
                if (is_exhausted) break;
                one->is.first = fencing_token(first);
                hold(*one);
            }
            if (!is_exhausted) overtaking::count(requests_, name, several, config_);
            if (asked.at == at_now()) continue;
            if (is_exhausted) {
                events_.push_back(lock::wait_ended{asked.owner.session, asked.sequence,
                                                   state::token_space_exhausted});
            } else {
                events_.push_back(
                    lock::wait_granted{asked.owner.session, asked.sequence, fencing_token(first)});
            }
        }
    }
    bool fits(const request& one) {
        if (one.is.permits > 0) return requests_.has_permits(one.name, one.is.permits);
        return requests_.fits(one.name, one.is.mode, one.is.upgrades,
                              one.is.reclaims ? &find(one.is.owner.session)->client : nullptr);
    }
    void hold(request& one) {
        one.is.state = state::granted;
        one.is.standing = {};
        one.is.deadline = log_time::never();
        one.is.token = fencing_token(++last_);
        if (one.is.lease.ttl_ms > 0) one.is.lease.deadline = log_time(now_) + one.is.lease.ttl_ms;
        touch(one.name);
        take_office(one);
        if (std::exchange(one.is.reclaims, false)) {
            const client_uuid& self = find(one.is.owner.session)->client;
            requests_.ghosts.remove_if(
                [&](const ghost& left) { return left.name == one.name && left.is.client == self; });
        }
        const fencing_token replaced = std::exchange(one.is.upgrades, {});
        const request* const old = requests_.held(replaced);
        if (old == nullptr) return;
        one.is.count = old->is.count;
        one.is.before = old->is.mode;
        one.is.lease = old->is.lease;
        forced_.rename(replaced, one.is.token);
        requests_.all.remove_if([&](const request& gone) { return &gone == old; });
    }
    /// The position of the acquire that is being answered: it is told by its reply.
    [[nodiscard]] position at_now() const {
        return answering_ ? at_ : position{slot(~std::uint64_t{0}), 0};
    }

    lock::reply once(const lock::open_session& asked) {
        for (const session& one : sessions_) {
            if (one.client != asked.client || one.nonce != asked.nonce) continue;
            if (one.principal != asked.principal) return no(lock::refusal::denied);
            return lock::opened{one.id, one.ttl};
        }
        if (asked.principal.size() > 128) return no(lock::refusal::name_too_long);
        if (asked.meta.size() > config_.max_meta_bytes) return no(lock::refusal::limit);
        std::uint32_t alike = 0;
        for (const session& one : sessions_) alike += one.principal == asked.principal ? 1 : 0;
        if (alike >= config_.max_sessions_per_principal || is_full())
            return no(lock::refusal::limit);
        if (asked.ttl_ms == 0 || asked.ttl_ms >> 63U != 0)
            return no(lock::refusal::ttl_out_of_range);
        if (sessions_.size() >= config_.sessions.max_sessions) return no(lock::refusal::limit);
        const auto ttl =
            std::clamp(asked.ttl_ms, config_.sessions.min_ttl_ms, config_.sessions.max_ttl_ms);
        sessions_.push_back({session_id(at_),
                             asked.client,
                             asked.nonce,
                             ttl,
                             now_ + ttl,
                             0,
                             0,
                             std::min(asked.lock_delay_ms, config_.max_lock_delay_ms),
                             {},
                             asked.principal,
                             asked.meta});
        return lock::opened{session_id(at_), ttl};
    }

    template <class Command>
    lock::reply once(const Command& asked) {
        session* const self = find(asked.stamp.session);
        const auto sequence = asked.stamp.sequence;
        if (self == nullptr) return no(lock::refusal::session_expired);
        if (sequence <= asked.stamp.acknowledged || sequence <= self->acknowledged) {
            return no(lock::refusal::stale_sequence);
        }
        self->acknowledged = std::max(self->acknowledged, asked.stamp.acknowledged);
        std::erase_if(self->replies,
                      [&](const auto& one) { return one.first <= self->acknowledged; });
        if (self->replies.contains(sequence)) return again(asked, self->replies[sequence]);
        constexpr bool is_ordinary = !(
            std::is_same_v<Command, lock::keep_alive> ||
            std::is_same_v<Command, lock::close_session> ||
            std::is_same_v<Command, lock::release> || std::is_same_v<Command, lock::release_all> ||
            std::is_same_v<Command, lock::acknowledge> || std::is_same_v<Command, lock::cancel>);
        const std::uint64_t room = config_.sessions.max_outstanding +
                                   (is_ordinary ? 0 : config_.sessions.reserved_outstanding);
        if (self->replies.size() >= room) return no(lock::refusal::too_many_outstanding);
        const bool is_allowed = access_.allows(self->principal, asked, requests_);
        const lock::reply answer = is_allowed ? run(asked, *self) : no(lock::refusal::denied);
        forced_.forget_all_but(requests_.all);
        if (session* const still = find(asked.stamp.session)) still->replies[sequence] = answer;
        return answer;
    }

    template <class Command>
    static constexpr bool is_passing = std::is_same_v<Command, lock::await_latch> ||
                                       std::is_same_v<Command, lock::arrive_at_barrier> ||
                                       std::is_same_v<Command, lock::enter_double_barrier> ||
                                       std::is_same_v<Command, lock::leave_double_barrier>;
    template <class Command>
    static constexpr bool is_asking =
        std::is_same_v<Command, lock::acquire> || std::is_same_v<Command, lock::acquire_all> ||
        std::is_same_v<Command, lock::acquire_permits> || std::is_same_v<Command, lock::convert> ||
        is_passing<Command> || std::is_same_v<Command, lock::campaign>;

    template <class Command>
    lock::reply again(const Command& asked, const lock::reply& stored) {
        const request* const one = requests_.find(asked.stamp.session, asked.stamp.sequence);
        const bool had_to_wait = holds_alternative<lock::queued>(stored);
        if (is_asking<Command> && had_to_wait && one != nullptr && one->is.state == state::granted)
            return lock::granted{one->is.first};
        return stored;
    }

    template <class Command>
        requires lock::is_about_values<Command>
    lock::reply run(const Command& asked, session&) {
        return values_.run(asked, [this](const auto& name, fencing_token token, lock::mode as) {
            const request* const one = requests_.held(token);
            return one != nullptr && one->name == name && covers(*one, as);
        });
    }

    lock::reply run(const lock::campaign& asked, session& self) {
        if (!has_room_for(asked.value, 0)) return no(lock::refusal::limit);
        const lock::reply said =
            run(lock::acquire{asked.stamp, asked.owner, asked.name, lock::mode::exclusive,
                              asked.wait_ms, lock::no_flags, asked.hold_ttl_ms},
                self);
        request* const one = requests_.find(self.id, asked.stamp.sequence);
        if (one == nullptr) return said;
        one->is.has_value = true;
        one->is.value = asked.value;
        take_office(*one);
        return said;
    }
    lock::reply run(const lock::proclaim& asked, session& self) {
        request* const one = requests_.held(asked.token);
        if (one == nullptr) return no(lock::refusal::stale_token);
        if (one->is.owner != lock::owner_id{self.id, asked.owner})
            return no(lock::refusal::not_owner);
        if (one->is.mode != lock::mode::exclusive) return no(lock::refusal::not_leader);
        if (!has_room_for(asked.value, one->is.value.size())) return no(lock::refusal::limit);
        one->is.has_value = true;
        one->is.value = asked.value;
        take_office(*one);
        return lock::proclaimed{watch_.revision()};
    }
    lock::reply run(const lock::observe& asked, session&) {
        if (asked.name.empty()) return no(lock::refusal::name_empty);
        if (asked.name.size() > config_.max_name_bytes) return no(lock::refusal::name_too_long);
        for (const request& one : requests_.all) {
            if (one.name == asked.name && one.is.proclaimed != 0)
                return lock::observed{watch_.revision(), one.is.token, one.is.value};
        }
        return lock::observed{watch_.revision(), {}, {}};
    }
    /// Whether a session may look at what has that name.
    auto shown_to(const session& self) const {
        return [this, &self](const std::string& name) {
            return access_.rules.empty() || access_.may(self.principal, name, lock::may_read);
        };
    }
    lock::reply run(const lock::watch& asked, session& self) {
        return watch_.run(asked, shown_to(self));
    }
    lock::reply run(const lock::read_prefix& asked, session& self) {
        std::vector<lock::change> leaders;
        for (const request& one : requests_.all) {
            if (one.is.proclaimed != 0)
                leaders.push_back({one.is.proclaimed,
                                   lock::change_kind::leader,
                                   {},
                                   one.name,
                                   one.is.token,
                                   one.is.value,
                                   0});
        }
        return watch_.run(asked, values_.describe(), leaders, shown_to(self));
    }

    template <class Command>
        requires is_passing<Command> || std::is_same_v<Command, lock::set_latch> ||
                 std::is_same_v<Command, lock::count_down>
    lock::reply run(const Command& asked, session&) {
        return gates_.run(asked, {requests_, at_, log_time(now_)}, end_and_tell());
    }

    lock::reply run(const lock::keep_alive&, session& self) {
        self.deadline = now_ + self.ttl;
        self.extended = 0;
        return lock::kept{self.ttl};
    }

    lock::reply run(const lock::close_session& asked, session&) {
        drop(asked.stamp.session);
        grant();
        return lock::closed{};
    }

    lock::reply run(const lock::acquire& asked, session& self) {
        if (asked.name.empty()) return no(lock::refusal::name_empty);
        if (asked.name.size() > config_.max_name_bytes) return no(lock::refusal::name_too_long);
        if (asked.hold_ttl_ms >> 63U != 0) return no(lock::refusal::ttl_out_of_range);
        if (asked.flags > 7) return no(lock::refusal::malformed);
        if (asked.wait_ms > config_.max_wait_ms) return no(lock::refusal::limit);
        if (requests_.capacity_of(asked.name) > 0) return no(lock::refusal::kind_mismatch);
        if (is_other_policy(asked.name, asked.policy)) return no(lock::refusal::policy_mismatch);
        const lock::owner_id owner{self.id, asked.owner};
        request* const own = requests_.held(asked.name, owner);
        if ((asked.flags & 1) != 0 && own != nullptr) {
            if (own->is.mode < asked.mode) return no(lock::refusal::self_deadlock);
            if (own->is.count >= config_.max_reentrancy) return no(lock::refusal::limit);
            ++own->is.count;
            if (own->is.lease.ttl_ms > 0 && asked.hold_ttl_ms > 0)
                renew(own->is.lease, asked.hold_ttl_ms);
            return lock::granted{own->is.token};
        }
        const auto has_lost = [&](const ghost& one) {
            return one.name == asked.name && one.is.client == self.client &&
                   one.is.mode >= asked.mode;
        };
        const bool reclaims = (asked.flags & 4) != 0;
        const bool fits =
            requests_.fits(asked.name, asked.mode, {}, reclaims ? &self.client : nullptr);
        const request* const first = requests_.front(asked.name);
        const bool passes = reclaims && fits && std::ranges::any_of(requests_.ghosts, has_lost) &&
                            (first == nullptr || !reference_requests::is_upgrade(first->is));
        const bool barges = first != nullptr && !passes && fits && (asked.flags & 2) != 0 &&
                            overtaking::may_barge(requests_, asked.name, config_);
        const bool is_free = passes || barges || (first == nullptr && fits);
        if (!is_free && asked.wait_ms == 0) return lock::busy{};
        if (own != nullptr) return no(lock::refusal::self_deadlock);
        if (requests_.is_over_limits(config_, {asked.name}, self.id, !is_free))
            return no(lock::refusal::limit);
        if (is_full_for(self, 1)) return no(lock::refusal::limit);
        come_into_being(asked.name, asked.policy);
        return queue_up(asked, {{asked.name, asked.mode}}, {}, passes || barges, barges);
    }

    lock::reply run(const lock::acquire_all& asked, session& self) {
        std::map<std::string, lock::mode> sorted;
        for (const lock::wanted& one : asked.locks) {
            sorted.try_emplace(one.name, one.mode);
            sorted[one.name] = std::max(sorted[one.name], one.mode);
        }
        if (sorted.empty() || sorted.begin()->first.empty()) return no(lock::refusal::name_empty);
        std::vector<std::string> names;
        bool is_free = true;
        bool holds_one = false;
        for (const auto& [name, mode] : sorted) {
            if (name.size() > config_.max_name_bytes) return no(lock::refusal::name_too_long);
            if (requests_.capacity_of(name) > 0) return no(lock::refusal::kind_mismatch);
            names.push_back(name);
            is_free = is_free && requests_.front(name) == nullptr && requests_.fits(name, mode, {});
            holds_one = holds_one || requests_.held(name, {self.id, asked.owner}) != nullptr;
        }
        lock::policy common = asked.policy;
        for (const std::string& name : names) {
            if (common == lock::policy::any) common = requests_.policy_of(name);
        }
        if (common == lock::policy::any) common = lock::policy::fifo;
        if (common == lock::policy::phase_fair) return no(lock::refusal::policy_mismatch);
        for (const std::string& name : names) {
            if (is_other_policy(name, common)) return no(lock::refusal::policy_mismatch);
        }
        if (asked.hold_ttl_ms >> 63U != 0) return no(lock::refusal::ttl_out_of_range);
        if (names.size() > config_.max_locks_per_request) return no(lock::refusal::limit);
        if (asked.wait_ms > config_.max_wait_ms) return no(lock::refusal::limit);
        if (!is_free && asked.wait_ms == 0) return lock::busy{};
        if (holds_one) return no(lock::refusal::self_deadlock);
        if (requests_.is_over_limits(config_, names, self.id, !is_free))
            return no(lock::refusal::limit);
        if (is_full_for(self, names.size())) return no(lock::refusal::limit);
        for (const std::string& name : names) come_into_being(name, common);
        return queue_up(asked, sorted, {});
    }

    lock::reply run(const lock::acquire_permits& asked, session& self) {
        if (asked.name.empty()) return no(lock::refusal::name_empty);
        if (asked.name.size() > config_.max_name_bytes) return no(lock::refusal::name_too_long);
        if (asked.hold_ttl_ms >> 63U != 0) return no(lock::refusal::ttl_out_of_range);
        if ((asked.flags & ~10U) != 0) return no(lock::refusal::malformed);
        if (asked.wait_ms > config_.max_wait_ms) return no(lock::refusal::limit);
        const bool is_there = requests_.exists(asked.name);
        if (!is_there && asked.capacity == 0) return no(lock::refusal::unknown_lock);
        const auto capacity = is_there ? requests_.capacity_of(asked.name) : asked.capacity;
        if (capacity == 0 || (asked.capacity != 0 && asked.capacity != capacity))
            return no(lock::refusal::kind_mismatch);
        if (asked.policy == lock::policy::phase_fair || is_other_policy(asked.name, asked.policy))
            return no(lock::refusal::policy_mismatch);
        if (asked.permits == 0 || asked.permits > capacity)
            return no(lock::refusal::permits_out_of_range);
        if (!is_there) requests_.capacities[asked.name] = capacity;
        const bool is_enough = requests_.has_permits(asked.name, asked.permits);
        const bool passes = is_enough && overtaking::all_let_pass(requests_, asked.name);
        const bool barges = is_enough && !passes && (asked.flags & 2) != 0 &&
                            overtaking::may_barge(requests_, asked.name, config_);
        const bool is_free = passes || barges;
        if (!is_free && asked.wait_ms == 0) return lock::busy{};
        if (requests_.is_over_limits(config_, {asked.name}, self.id, !is_free))
            return no(lock::refusal::limit);
        if (is_full_for(self, 1)) return no(lock::refusal::limit);
        come_into_being(asked.name, asked.policy);
        return queue_up(asked, {{asked.name, lock::mode::shared}}, {}, barges, barges);
    }

    lock::reply run(const lock::set_capacity& asked, session&) {
        if (asked.capacity == 0) return no(lock::refusal::permits_out_of_range);
        if (!requests_.exists(asked.name)) return no(lock::refusal::unknown_lock);
        const std::uint32_t before = requests_.capacity_of(asked.name);
        if (before == 0) return no(lock::refusal::kind_mismatch);
        requests_.capacities[asked.name] = asked.capacity;
        touch(asked.name);
        grant();
        return lock::resized{before};
    }

    lock::reply run(const lock::convert& asked, session& self) {
        request* const own = requests_.held(asked.token);
        if (own == nullptr) return no(lock::refusal::stale_token);
        if (own->is.owner != lock::owner_id{self.id, asked.owner})
            return no(lock::refusal::not_owner);
        if (own->is.permits > 0) return no(lock::refusal::kind_mismatch);
        const request* const first = requests_.front(own->name);
        const bool one_waits = first != nullptr && reference_requests::is_upgrade(first->is);
        if (one_waits && first->is.upgrades == asked.token)
            return no(lock::refusal::upgrade_conflict);
        if (asked.to <= own->is.mode) {
            if (asked.to != lock::mode::exclusive) note_writer(*own);
            own->is.mode = own->is.before = asked.to;
            if (asked.to != lock::mode::exclusive) resign(*own);
            touch(own->name);
            grant();
            return lock::granted{asked.token};
        }
        if (one_waits) return no(lock::refusal::upgrade_conflict);
        for (const request& other : requests_.by_token(own->name)) {
            const bool may_upgrade = other.is.mode == lock::mode::update;
            if (may_upgrade && other.is.token != asked.token)
                return no(lock::refusal::upgrade_conflict);
        }
        const bool would_wait = !requests_.fits(own->name, asked.to, asked.token);
        if (would_wait && asked.wait_ms == 0) return lock::busy{};
        if (asked.wait_ms > config_.max_wait_ms) return no(lock::refusal::limit);
        if (would_wait && requests_.is_over_limits(config_, {own->name}, self.id, true))
            return no(lock::refusal::limit);
        return queue_up(asked, {{own->name, asked.to}}, asked.token);
    }

    bool is_other_policy(const std::string& name, lock::policy asked) {
        const lock::policy has = requests_.policy_of(name);
        return has != lock::policy::any && asked != lock::policy::any && has != asked;
    }
    void come_into_being(const std::string& name, lock::policy by) {
        if (requests_.exists(name)) return;
        requests_.policies[name] = by == lock::policy::any ? lock::policy::fifo : by;
    }

    template <class Command>
    lock::reply queue_up(const Command& asked, const std::map<std::string, lock::mode>& locks,
                         fencing_token upgrades, bool passes_the_queue = false,
                         bool barges = false) {
        std::vector<std::string> names;
        for (const auto& [name, wanted] : locks) names.push_back(name);
        const bool is_ranked = !passes_the_queue && upgrades == fencing_token();
        const std::uint64_t rank =
            is_ranked ? overtaking::rank(requests_, names, asked.terms, now_, config_) : 0;
        const std::uint64_t left =
            fencing_token::max_counter - (last_ & fencing_token::max_counter);
        const bool counts = requests_.policies.at(names.front()) == lock::policy::priority;
        if (is_ranked && counts && left >= names.size())
            overtaking::count_behind(requests_, names, rank, config_);
        const bool is_limited = asked.wait_ms != 0 && asked.wait_ms != lock::wait_forever;
        for (const auto& [name, wanted] : locks) {
            request fresh;
            fresh.name = name;
            fresh.passes_the_queue = passes_the_queue;
            fresh.barges = barges;
            fresh.is.owner = {asked.stamp.session, asked.owner};
            fresh.is.sequence = asked.stamp.sequence;
            fresh.is.at = at_;
            fresh.is.deadline = is_limited ? log_time(now_ + asked.wait_ms) : log_time::never();
            fresh.is.mode = fresh.is.before = wanted;
            fresh.is.upgrades = upgrades;
            fresh.is.standing.terms = asked.terms;
            fresh.is.standing.rank = rank;
            if constexpr (requires { asked.hold_ttl_ms; }) {
                if (asked.hold_ttl_ms > 0) fresh.is.lease.ttl_ms = clamped(asked.hold_ttl_ms);
            }
            if constexpr (requires { asked.flags; }) fresh.is.reclaims = (asked.flags & 4) != 0;
            if constexpr (requires { asked.permits; }) {
                fresh.is.permits = asked.permits;
                fresh.is.standing.lets_pass = (asked.flags & 8) != 0 && config_.max_bypass > 0;
            }
            const bool is_upgrade = reference_requests::is_upgrade(fresh.is);
            fresh.is.kind =
                is_upgrade ? lock::request_kind::upgrade : lock::request_kind::acquisition;
            requests_.all.push_back(fresh);
            touch(name);
        }
        answering_ = true;
        grant();
        answering_ = false;
        const request& now = *requests_.find(asked.stamp.session, asked.stamp.sequence);
        if (now.is.state == state::granted) return lock::granted{now.is.first};
        if (now.is.state == state::queued) return lock::queued{};
        const bool gave_way = now.is.state == state::victim;
        drop(&now);
        if (gave_way) return lock::would_deadlock{};
        return no(lock::refusal::token_space_exhausted);
    }

    lock::reply run(const lock::release& asked, session& self) {
        request* const one = requests_.held(asked.token);
        if (one == nullptr) return no(lock::refusal::stale_token);
        if (one->is.owner != lock::owner_id{self.id, asked.owner})
            return no(lock::refusal::not_owner);
        const std::uint32_t left = let_go(*one);
        grant();
        return lock::released{left};
    }

    lock::reply run(const lock::release_all& asked, session& self) {
        const std::multiset<fencing_token> tokens(asked.tokens.begin(), asked.tokens.end());
        lock::not_released wrong;
        for (auto one = tokens.begin(); one != tokens.end(); one = tokens.upper_bound(*one)) {
            const request* const held = requests_.held(*one);
            if (held == nullptr || tokens.count(*one) > held->is.count)
                wrong.holds.push_back({*one, lock::refusal::stale_token});
            if (held != nullptr && held->is.owner != lock::owner_id{self.id, asked.owner}) {
                if (tokens.count(*one) > held->is.count) wrong.holds.pop_back();
                wrong.holds.push_back({*one, lock::refusal::not_owner});
            }
        }
        if (!wrong.holds.empty()) return wrong;
        for (const fencing_token one : tokens) let_go(*requests_.held(one));
        std::uint32_t most = 0;
        for (const fencing_token one : tokens) {
            const request* const left = requests_.held(one);
            if (left != nullptr) most = std::max(most, left->is.count);
        }
        grant();
        return lock::released{most};
    }

    [[nodiscard]] std::uint64_t clamped(std::uint64_t ttl) const {
        return std::clamp(ttl, config_.sessions.min_ttl_ms, config_.sessions.max_ttl_ms);
    }

    lock::reply run(const lock::renew_hold& asked, session& self) {
        if (asked.ttl_ms == 0 || asked.ttl_ms >> 63U != 0)
            return no(lock::refusal::ttl_out_of_range);
        request* const one = requests_.held(asked.token);
        if (one == nullptr) return no(lock::refusal::stale_token);
        if (one->is.owner != lock::owner_id{self.id, asked.owner})
            return no(lock::refusal::not_owner);
        if (one->is.lease.ttl_ms == 0) return lock::kept{lock::wait_forever};
        renew(one->is.lease, asked.ttl_ms);
        return lock::kept{one->is.lease.deadline.milliseconds() - now_};
    }
    void renew(lock::lease& its, std::uint64_t ttl) const {
        its.extended_ms = 0;
        const log_time wanted(now_ + clamped(ttl));
        if (wanted <= its.deadline) return;
        its = {clamped(ttl), wanted, 0};
    }

    lock::reply run(const lock::request_revoke& asked, session& self) {
        if (const auto* const wrong = complaint_about(asked)) return no(*wrong);
        std::vector<fencing_token> tokens;
        for (const request& one : requests_.by_token(asked.name)) tokens.push_back(one.is.token);
        if (asked.name.empty()) {
            if (requests_.held(asked.token) == nullptr) return no(lock::refusal::stale_token);
            tokens = {asked.token};
        } else if (!requests_.exists(asked.name)) {
            return no(lock::refusal::unknown_lock);
        }
        const bool forced = asked.how == lock::revocation::forced;
        for (const fencing_token token : tokens) {
            const lock::forced_end wanted{token, log_time(now_) + asked.grace_ms, self.id,
                                          self.principal};
            if (forced && asked.grace_ms == 0) {
                end_by_force(wanted);
                continue;
            }
            if (forced) forced_.add(wanted);
            lock::revoke_requested told{requests_.held(token)->is.owner.session, token, self.id,
                                        asked.reason, asked.grace_ms};
            if (const auto* const known = forced_.of(token)) {
                told.remaining_ms = known->deadline.milliseconds() - now_;
                told.how = lock::revocation::forced;
            }
            events_.push_back(told);
        }
        grant();
        return lock::revoking{static_cast<std::uint32_t>(tokens.size())};
    }

    lock::reply run(const lock::force_release& asked, session& self) {
        if (requests_.held(asked.token) == nullptr) return no(lock::refusal::stale_token);
        end_by_force({asked.token, log_time(now_), self.id, self.principal});
        grant();
        return lock::released{0};
    }

    lock::reply run(const lock::list_locks& asked, session& self) {
        return list_of(asked, requests_.locks(), [&](const std::string& name) {
            return access_.rules.empty() || access_.may(self.principal, name, 1);
        });
    }

    lock::reply run(const lock::set_limits& asked, session&) {
        if (validate(asked.limits)) return no(lock::refusal::malformed);
        const fencing_token begin = config_.tokens_after;
        config_ = asked.limits;
        config_.tokens_after = begin;
        values_.set_limits(config_);
        watch_.set_limits(config_);
        gates_.set_limits(config_);
        overtaking::bound(requests_, config_);
        grant();
        return lock::administered{};
    }
    lock::reply run(const lock::bump_epoch& asked, session&) {
        if (asked.epoch <= last_ >> 48U) return no(lock::refusal::stale_token);
        last_ = std::uint64_t{asked.epoch} << 48U;
        return lock::administered{};
    }
    /// Whether nothing more may be taken in for want of memory.
    bool is_full() const {
        std::uint64_t use = 0;
        std::set<position> several;
        for (const request& one : requests_.all) {
            const bool is_on = one.is.state == state::granted || one.is.state == state::queued;
            use += is_on && one.gate == 0 ? 64 : 0;
            if (several.insert(one.is.at).second) use += 96;
        }
        for (const auto& one : requests_.locks()) use += 128 + one.name.size();
        for (const session& one : sessions_) use += 384 + one.principal.size() + one.meta.size();
        return use >= config_.soft_memory_bytes;
    }
    bool is_full_for(const session& self, std::size_t more) const {
        const auto held = requests_.count([&](const request& one) {
            return one.is.owner.session == self.id && one.is.state == state::granted;
        });
        return held + more > config_.max_holds_per_session || is_full();
    }
    lock::reply run(const lock::set_acl& asked, session&) {
        const auto wrong = access_.change(asked, config_.max_access_rules);
        if (wrong) return no(*wrong);
        return lock::administered{};
    }

    static bool covers(const request& hold, lock::mode asked) {
        return hold.is.permits > 0 || hold.is.mode >= asked;
    }
    lock::reply run(const lock::check_token& asked, session&) {
        for (const request& one : requests_.by_token(asked.name)) {
            if (one.is.token == asked.token && covers(one, asked.mode))
                return lock::token_checked{lock::validity::valid};
        }
        return lock::token_checked{lock::validity::stale};
    }

    std::uint32_t let_go(request& one, std::uint32_t times = 1) {
        one.is.count -= times;
        if (one.is.count > 0) return one.is.count;
        for (request& other : requests_.all) {
            if (other.is.upgrades != one.is.token) continue;
            end(other, state::cancelled);
            events_.push_back(
                lock::wait_ended{other.is.owner.session, other.is.sequence, state::cancelled});
        }
        drop(&one);
        return 0;
    }

    lock::reply run(const lock::query& asked, session& self) {
        const request* const one = requests_.find(self.id, asked.request);
        if (one == nullptr) return no(lock::refusal::unknown_request);
        return lock::request_status{one->is.state, one->is.first};
    }

    lock::reply run(const lock::acknowledge& asked, session& self) {
        const request* const one = requests_.find(self.id, asked.request);
        if (one == nullptr || one->is.state == state::granted) return lock::acknowledged{};
        if (one->is.state == state::queued) return lock::request_status{state::queued, {}};
        drop(one);
        return lock::acknowledged{};
    }

    lock::reply run(const lock::cancel& asked, session& self) {
        const bool is_unseen =
            asked.request > self.acknowledged && !self.replies.contains(asked.request);
        if (is_unseen && asked.request < asked.stamp.sequence) {
            self.replies[asked.request] = lock::cancelled{};
            return lock::cancelled{};
        }
        request* const one = requests_.find(self.id, asked.request);
        if (one == nullptr) return no(lock::refusal::unknown_request);
        if (one->gate != 0 && one->is.state == state::queued) {
            quiet_ = one;
            gates_.give_up(*one, state::cancelled, requests_, end_and_tell());
            quiet_ = nullptr;
            if (one->is.state != state::cancelled) return lock::request_status{one->is.state, {}};
            return lock::cancelled{};
        }
        if (one->is.state == state::queued) {
            end(*one, state::cancelled);
            grant();
            return lock::cancelled{};
        }
        if (one->is.state == state::cancelled) return lock::cancelled{};
        if (one->is.state != state::granted) return lock::request_status{one->is.state, {}};
        const bool is_release = asked.on_granted == lock::on_granted::release;
        if (is_release && one->is.kind == lock::request_kind::acquisition) {
            std::uint32_t most = 0;
            for (request* place : requests_.places_of(*one)) most = std::max(most, let_go(*place));
            grant();
            return lock::released{most};
        }
        if (is_release) {
            if (one->is.before != lock::mode::exclusive) note_writer(*one);
            one->is.mode = one->is.before;
            if (one->is.mode != lock::mode::exclusive) resign(*one);
            touch(one->name);
            grant();
        }
        return lock::already_granted{one->is.first};
    }

    lock::config config_;
    reference_watch watch_;
    reference_values values_;
    reference_gates gates_;
    const request* quiet_ = nullptr;  // is told by its reply
    std::uint64_t now_ = 0;
    std::uint64_t last_ = 0;
    ballot leader_;
    position at_;
    bool answering_ = false;
    std::list<session> sessions_;  // in order of opening
    reference_requests requests_;
    reference_revocation forced_;
    reference_access access_;
    std::deque<std::string> changed_;
    std::set<std::string> had_writer_;  // of those
    std::vector<lock::event> events_;
};

}  // namespace synod::lock_test
