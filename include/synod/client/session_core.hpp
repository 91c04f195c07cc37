// synod/client/session_core.hpp - a client's session without thread, clock or socket: what every
// face of the client stands on.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/result.hpp>
#include <synod/client/claims.hpp>
#include <synod/client/lease.hpp>
#include <synod/client/policy.hpp>
#include <synod/lock/event.hpp>
#include <synod/lock/messages.hpp>

#include <cstdint>
#include <system_error>
#include <type_traits>
#include <utility>

namespace synod::inline SYNOD_ABI::client {

/// What a session is about.
enum class phase : std::uint8_t {
    idle,  // there is none; the next request opens one
    opening,
    open,
    closing,
    closed,  // for good
};

/// One session of a client, and the locks it asks for. (locks 3.2, R4, R5)
///
/// The host hands it what arrives (`receive`), calls `tick` at `next_deadline()`, asks with
/// `acquire` and `release`, and calls `flush` after any of these; `drain` hands out what came of
/// the requests. A session is opened at once, and renewed as long as it lives. When it has expired,
/// its holds are lost for good, its requests fail, and the next request opens another one; nothing
/// is ever acquired again by itself.
///
/// A lease that has run out here while the service still keeps the session loses the holds all the
/// same, and a grant that arrives after its own safe window is given back and reported as
/// hold_lost, never as held.
///
/// Not thread-safe. Destroying it leaves the session to expire; `close` before it frees its locks
/// at once.
template <transport<lock::to_replica> Transport, class Policy = policy<>>
class session_core {
    using rules = std::remove_cvref_t<decltype(std::declval<Policy&>().rules)>;
    using claims = client::claims<Transport, rules>;
    using parcel = typename claims::parcel;
    using delivery = typename claims::delivery;
    using event = synod::detail::deferred<lock::event, Transport>;

public:
    /// Errors: what the two `validate` of config.hpp say.
    [[nodiscard]] static result<session_core> make(const client_identity& identity,
                                                   const client_config& config, Transport transport,
                                                   Policy policy, instant now) {
        if (const auto error = validate(config)) return unexpected(error);
        if (const auto error = validate(identity)) return unexpected(error);
        session_core made(identity, config, std::move(transport), std::move(policy));
        made.open(now);
        return made;
    }

    /// Asks for a lock. Ends in a notice: granted or failed. Errors in it: busy, timed_out,
    /// unreachable, hold_lost, session_expired, outcome_unknown, stopped, and what the service
    /// refuses. Whatever the error, nothing stays held that is not reported.
    request_id acquire(client::wish wish, instant now) {
        return begin(claims_.add(std::move(wish)), now);
    }

    /// Carries a command of the caller's own, any but those that open, renew and close sessions
    /// (unsupported); its stamp is set here. Ends in a conclusion: the reply, which for a command
    /// that had to wait is that of its end; or an error: timed_out, at a `deadline` by this
    /// client's clock; outcome_unknown for what may or may not have taken effect; unreachable,
    /// session_expired, hold_lost, stopped as for `acquire`. What it is granted is not looked
    /// after: whoever asks renews leases of holds and gives back what is held.
    request_id run(typename claims::command what, std::uint64_t owner, instant deadline,
                   instant now) {
        const bool is_own_affair = holds_alternative<lock::open_session>(what) ||
                                   holds_alternative<lock::keep_alive>(what) ||
                                   holds_alternative<lock::close_session>(what);
        const request_id asked = claims_.add(std::move(what), {{}, owner, true, deadline});
        if (is_own_affair) {
            claims_.fail(asked, errc::unsupported);
            return asked;
        }
        return begin(asked, now);
    }

    /// Withdraws a request, granted or not, or an errand; nothing more is said of it. Whatever the
    /// service makes of it meanwhile, it is not held in the end, unless an errand has acquired
    /// again what was held before; what else an errand does may be done, see may_take_back. Nothing
    /// happens for a request that has ended.
    void cancel(request_id which) { claims_.cancel(which); }

    /// Whether nothing that was asked for with it remains in effect once it is cancelled.
    [[nodiscard]] bool may_take_back(request_id which) const {
        const request* const one = find(which);
        return one == nullptr || one->is_undone || one->stage == stage::unsent;
    }

    /// Gives a hold back. Ends in the notice `released`: when the service has answered, with
    /// outcome_unknown when the lease runs out before that, and at once, with hold_lost, for a hold
    /// that is lost. Nothing happens for a request that holds nothing.
    void release(request_id which) { claims_.release(which); }

    /// Ends the session and all its holds, and fails what waits. `phase()` is closed once the
    /// service has answered, and at once if there is no session.
    void close() {
        claims_.fail_waiting(errc::stopped);
        commands().withdraw_all();
        if (phase_ == phase::open) {
            commands().send(lock::close_session{}, {});
            phase_ = phase::closing;
        } else if (phase_ != phase::closing) {
            finish();
        }
    }

    /// A replica answered.
    void receive(node_id from, const lock::client_reply& came, instant now) {
        note_lapse(now);
        if (!admits(from, came.cluster)) return;
        const auto ended =
            commands().receive(from, came, now, [&](refusal why) { refuse(from, why); });
        if (!ended) return;
        heard_ = now;
        if (ended->by_another) claims_.query_all(now);
        if (phase_ == phase::open && is_expiry(ended->reply)) return expire(&*ended, now);
        conclude(*ended, now);
    }

    /// A replica tells of its own accord.
    void receive(node_id from, const lock::client_event& came, instant now) {
        note_lapse(now);
        if (!admits(from, came.cluster)) return;
        event happened;
        if (!decode(came.event, happened)) return refuse(from, refusal::malformed);
        const bool is_ours = phase_ == phase::open && session_of(happened) == session();
        if (!is_ours) return refuse(from, refusal::other_session);
        if (holds_alternative<lock::session_ended>(happened)) return expire(nullptr, now);
        claims_.learn(happened, is_safe(now));
    }

    /// Either of them.
    void receive(node_id from, const lock::to_client& came, instant now) {
        visit([&](const auto& one) { receive(from, one, now); }, came);
    }

    /// Does what it is time for.
    void tick(instant now) {
        note_lapse(now);
        claims_.attend(now);
        if (claims_.all().waiting() > 0 && now >= heard_ + config_.patience) {
            claims_.give_up_all(errc::unreachable);
        }
        if (phase_ == phase::open && lease_.renewal_due() <= now) renew(now);
        commands().tick(now);
    }

    /// Sends. The only function that calls the transport.
    void flush(instant now) {
        if (phase_ == phase::open && is_safe(now)) claims_.ask(now);
        commands().flush(now, [this](node_id to) { policy_.observer.sent(to); });
    }

    /// When to call `tick` next.
    [[nodiscard]] instant next_deadline() const {
        const auto& all = claims_.all();
        instant next = earlier(claims_.commands().next_deadline(), all.first_due().first);
        if (phase_ == phase::open) next = earlier(next, lease_.renewal_due());
        if (all.leased() > 0) next = earlier(next, lease_.safe_until());
        if (all.waiting() > 0) next = earlier(next, heard_ + config_.patience);
        return next;
    }

    /// Hands each notice to `take(const notice&)`, in the order in which they came about. It may
    /// call back into this session.
    template <class Take>
    void drain(Take&& take) {
        claims_.drain(take);
    }

    /// The same for the ends of errands, each a `const conclusion<lock::reply>&`.
    template <class Take>
    void drain_errands(Take&& take) {
        claims_.drain_errands(take);
    }

    [[nodiscard]] client::phase phase() const { return phase_; }
    [[nodiscard]] session_id session() const { return claims_.commands().session(); }
    [[nodiscard]] const client::lease& lease() const { return lease_; }
    [[nodiscard]] const client_config& config() const { return config_; }
    [[nodiscard]] const request* find(request_id which) const { return claims_.all().find(which); }
    [[nodiscard]] std::size_t on_their_way() const { return claims_.commands().on_their_way(); }
    /// How many ids are kept to be sent. At most twice as many as requests wait, when one was just
    /// made.
    [[nodiscard]] std::size_t unsent() const { return claims_.unsent(); }
    [[nodiscard]] Policy& policy() { return policy_; }
    [[nodiscard]] Transport& transport() { return commands().transport(); }

private:
    session_core(const client_identity& identity, const client_config& config, Transport transport,
                 Policy policy)
        : identity_(identity),
          config_(config),
          policy_(std::move(policy)),
          claims_(identity, config, std::move(transport)),
          lease_(config) {}

    /// Somebody waits from now on.
    request_id begin(request_id asked, instant now) {
        if (claims_.all().waiting() == 1 && heard_ < now) heard_ = now;
        if (phase_ == phase::closing || phase_ == phase::closed) claims_.fail(asked, errc::stopped);
        if (phase_ == phase::idle) open(now);
        return asked;
    }

    [[nodiscard]] courier<Transport>& commands() { return claims_.commands(); }

    void refuse(node_id from, refusal why) { policy_.observer.refused(from, why); }

    /// Whether a message is one to look at.
    [[nodiscard]] bool admits(node_id from, cluster_id cluster) {
        if (cluster != identity_.cluster) {
            refuse(from, refusal::wrong_cluster);
            return false;
        }
        for (const node_id replica : identity_.replicas) {
            if (replica == from) return true;
        }
        refuse(from, refusal::unknown_sender);
        return false;
    }

    /// The same client with the same nonce is given the same session, however often this is sent.
    /// (locks R5)
    void open(instant now) {
        heard_ = now;
        phase_ = phase::opening;
        const auto whole = static_cast<std::uint64_t>(config_.ttl / milliseconds(1));
        const duration rounded = config_.lock_delay + milliseconds(1) - duration(1);
        const auto delay = static_cast<std::uint64_t>(rounded / milliseconds(1));
        commands().open(
            lock::open_session{identity_.client, ++nonce_, whole, delay, identity_.principal});
    }

    /// Errands are commands of any kind; all others are of those that are named here.
    void conclude(const delivery& ended, instant now) {
        if (claims_.conclude_errand(ended, now, is_safe(now))) return;
        ended.parcel.command
            .template visit_some<lock::open_session, lock::keep_alive, lock::close_session>(
                [&](const auto& asked) { conclude(asked, ended, now); });
        ended.parcel.command
            .template visit_some<lock::acquire, lock::query, lock::cancel, lock::release>(
                [&](const auto& asked) { claims_.conclude(asked, ended, now, is_safe(now)); });
    }

    void conclude(const lock::open_session& /*asked*/, const delivery& ended, instant now) {
        const auto* const opened = get_if<lock::opened>(&ended.reply);
        if (opened == nullptr) {
            return give_up_opening(lock::error_of(get<lock::refused>(ended.reply).reason));
        }
        if (!lease_.open(duration_of(opened->ttl_ms), first_sent(ended))) {
            return give_up_opening(errc::lease_below_clock_error);
        }
        phase_ = phase::open;
        has_lapsed_ = !lasts(now);
        commands().serve(opened->session);
        policy_.observer.opened(opened->session, now);
    }

    [[nodiscard]] static duration duration_of(std::uint64_t length_ms) {
        constexpr auto longest =
            static_cast<std::uint64_t>(instant::never().nanoseconds()) / 1'000'000;
        return milliseconds(static_cast<std::int64_t>(length_ms < longest ? length_ms : longest));
    }

    [[nodiscard]] instant first_sent(const delivery& ended) const {
        return policy_.rules.renewed_at(ended.parcel.first_sent, ended.parcel.last_sent);
    }

    void give_up_opening(std::error_code error) {
        phase_ = phase::idle;
        commands().clear();
        lease_.end();
        claims_.fail_waiting(error);
    }

    /// Each renewal is a command of its own, so one that is slow to be answered does not hold up
    /// the next. Those whose answer could not help any more are forgotten.
    void renew(instant now) {
        forget_renewals([&](const parcel& one) { return one.first_sent + lease_.length() <= now; });
        lease_.begin_renewal(now);
        commands().post(lock::keep_alive{}, {});
    }

    void conclude(const lock::keep_alive& /*asked*/, const delivery& ended, instant now) {
        if (!holds_alternative<lock::kept>(ended.reply)) return;
        const std::uint64_t newest = ended.parcel.sequence;
        forget_renewals([newest](const parcel& one) { return one.sequence < newest; });
        lease_.renew(first_sent(ended));
        if (lasts(now)) has_lapsed_ = false;
        policy_.observer.renewed(lease_.safe_until(), now);
    }

    template <class Which>
    void forget_renewals(Which&& is_useless) {
        commands().withdraw_if([&](const parcel& one) {
            return holds_alternative<lock::keep_alive>(one.command) && is_useless(one);
        });
    }

    /// Whether the lease is to be relied on. One that has run out once is not, until it is renewed:
    /// a clock that is set back revives nothing. (locks R4)
    [[nodiscard]] bool is_safe(instant now) const { return !has_lapsed_ && lasts(now); }
    [[nodiscard]] bool lasts(instant now) const {
        return policy_.rules.is_safe(now, lease_.safe_until());
    }

    /// The lease has run out by this clock: every hold is lost, and stays so. (locks R4)
    void note_lapse(instant now) {
        const bool has_lease = phase_ == phase::open || phase_ == phase::closing;
        if (!has_lease || has_lapsed_ || lasts(now)) return;
        has_lapsed_ = true;
        policy_.observer.lapsed(now);
        claims_.lapse();
    }

    [[nodiscard]] static bool is_expiry(const typename claims::reply& reply) {
        const auto* const refused = get_if<lock::refused>(&reply);
        return refused != nullptr && refused->reason == lock::refusal::session_expired;
    }

    /// The service has forgotten the session. `told` is the command that was answered so, if it was
    /// one.
    void expire(const delivery* told, instant now) {
        policy_.observer.expired(session(), now);
        claims_.expire(told);
        lease_.end();
        phase_ = phase::idle;
        if (claims_.all().waiting() > 0) open(now);
    }

    void conclude(const lock::close_session& /*asked*/, const delivery& /*ended*/,
                  instant /*now*/) {
        finish();
    }

    void finish() {
        phase_ = phase::closed;
        lease_.end();
        claims_.finish();
    }

    synod::detail::deferred<client_identity, Transport> identity_;
    client_config config_;
    [[no_unique_address]] Policy policy_;
    claims claims_;
    client::lease lease_;
    instant heard_;            // when a replica answered last, or anybody began to wait
    std::uint64_t nonce_ = 0;  // of the session that was opened last
    client::phase phase_ = phase::idle;
    bool has_lapsed_ = true;  // the lease has run out since it was last renewed
};

}  // namespace synod::inline SYNOD_ABI::client
