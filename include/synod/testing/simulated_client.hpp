// synod/testing/simulated_client.hpp - a client of the lock service that takes, holds, writes,
// gives back, and misbehaves.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/client/session_core.hpp>
#include <synod/testing/describe.hpp>
#include <synod/testing/fenced_lock_model.hpp>
#include <synod/testing/fenced_resource.hpp>
#include <synod/testing/lock_audit.hpp>
#include <synod/testing/lock_errands.hpp>
#include <synod/testing/stage.hpp>
#include <synod/testing/virtual_clock.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// What the clients of one run share.
template <class Suite, class Network>
struct client_setting {
    stage& run;
    Network& network;
    fenced_resource<typename Suite::gate>& resource;
    const lock_auditor& auditor;
    fenced_lock_model::history_type& history;
    cluster_id cluster;
    std::vector<node_id> replicas{};
    client_config config{};
    lock::config table{};  // what the service was told
    std::size_t locks = 3;
    bool hurries = false;          // nobody rests, and nobody holds for long
    std::uint64_t operations = 0;  // asked for, by all of them
};

/// A real session under a clock of its own, with one lock at a time in hand, and one errand at a
/// time beside that. Now and then it closes the session, and opens another.
template <class Suite, class Network>
class simulated_client {
public:
    using message_type = typename Suite::message;
    using setting_type = client_setting<Suite, Network>;

    class link {
    public:
        explicit link(simulated_client& owner) : owner_(&owner) {}
        template <class One>
        void send(node_id to, One&& message) noexcept {
            owner_->send(to, message_type(std::forward<One>(message)));
        }

    private:
        simulated_client* owner_;
    };

    using core_type = client::session_core<link, client::policy<typename Suite::client_rules>>;

    simulated_client(setting_type& setting, node_id self, virtual_clock shows)
        : clock(shows), setting_(setting), self_(self) {
        start();
    }
    simulated_client(const simulated_client&) = delete;
    simulated_client& operator=(const simulated_client&) = delete;

    /// The process dies, and another takes its place that knows nothing of it.
    void crash() {
        setting_.run.acting = self_;
        note("crashes");
        if (setting_.history.is_pending(process())) setting_.history.abandon(process());
        core_.reset();
        start();
    }

    void receive(node_id from, message_type&& message) {
        setting_.run.acting = self_;
        message.visit([&](auto& one) {
            if constexpr (requires { core_->receive(from, one, instant()); }) {
                core_->receive(from, one, clock.at(setting_.run.now));
            }
        });
        settle();
    }

    [[nodiscard]] instant wake() const { return wake_ < paused_until_ ? paused_until_ : wake_; }

    /// What is due may have changed with the clock.
    void reschedule() {
        wake_ = earlier(clock.when(core_->next_deadline(), setting_.run.now),
                        earlier(act_at_, errand_at_));
    }

    void attend() {
        setting_.run.acting = self_;
        const instant local = clock.at(setting_.run.now);
        if (core_->next_deadline() <= local) core_->tick(local);
        if (act_at_ <= setting_.run.now) act();
        if (errand_at_ <= setting_.run.now) run_errand();
        settle();
    }

    /// Stands still until then, and does not know it.
    void pause(instant until) { paused_until_ = until; }
    [[nodiscard]] instant paused_until() const { return paused_until_; }
    [[nodiscard]] bool is_awake() const { return setting_.run.now >= paused_until_; }

    /// Whether it believes, by its own clock, that it holds `lock`.
    [[nodiscard]] bool believes_to_hold(std::size_t lock) const {
        return stage_ == stage_of_life::holding && lock_ == lock &&
               clock.at(setting_.run.now) < core_->lease().safe_until();
    }

    /// Cycles from acquire to release, each without a loss.
    [[nodiscard]] std::uint64_t cycles() const { return cycles_; }
    [[nodiscard]] node_id self() const { return self_; }
    [[nodiscard]] std::size_t lock() const { return lock_; }

    /// Called with each grant: who got which lock.
    template <class OnGrant>
    void on_grant(OnGrant&& tell) {
        tell_ = std::forward<OnGrant>(tell);
    }

    virtual_clock clock;

private:
    enum class stage_of_life : std::uint8_t { resting, asking, holding, releasing };

    void start() {
        setting_.run.acting = self_;
        const std::uint64_t luck = setting_.run.random.next();
        const client_identity identity{
            setting_.cluster, setting_.replicas, {luck, self_.value()}, luck % 1'000'003};
        auto made =
            core_type::make(identity, setting_.config, link(*this), {}, clock.at(setting_.run.now));
        SYNOD_ASSERT(made.has_value());
        core_.emplace(std::move(*made));
        errands_.emplace(setting_.table);
        errand_.reset();
        plan_errand(seconds(1));
        rest();
        settle();
    }

    void rest() {
        stage_ = stage_of_life::resting;
        act_at_ = setting_.run.now + pastime(milliseconds(40));
    }

    [[nodiscard]] duration pastime(duration most) {
        return setting_.hurries ? duration(0) : setting_.run.between(duration(0), most);
    }

    void act() {
        switch (stage_) {
            case stage_of_life::resting: return setting_.run.flip(1) ? leave() : ask();
            case stage_of_life::asking: return abandon();
            case stage_of_life::holding: return use();
            case stage_of_life::releasing: break;
        }
        act_at_ = instant::never();
    }

    /// Goes as it should, without waiting for the answer.
    void leave() {
        note("closes its session");
        ++setting_.operations;
        core_->close();
        core_->flush(clock.at(setting_.run.now));
        start();
    }

    /// The next errand, or the end of one that takes too long.
    void plan_errand(duration most) {
        errand_at_ = setting_.run.now + setting_.run.between(milliseconds(1), most);
    }

    void run_errand() {
        stage& run = setting_.run;
        if (errand_) core_->cancel(*errand_);
        errand_.reset();
        plan_errand(seconds(1));
        if (setting_.hurries) return;
        const instant local = clock.at(run.now);
        const std::uint64_t owner = 3 + run.random.below(2);  // no owner of what is done beside
        lock::command asked = errands_->draw(run.random, owner);
        errand_ = core_->run(std::move(asked), errands_->owner(), local + seconds(3), local);
    }

    void hear(const client::conclusion<lock::reply>& told) {
        if (told.errand != errand_) return;
        if (!told.error) errands_->heard(told.reply);
        ++setting_.operations;
        errand_.reset();
        plan_errand(seconds(1));
    }

    void ask() {
        stage& run = setting_.run;
        lock_ = static_cast<std::size_t>(run.random.below(setting_.locks));
        const bool waits = !run.flip(25);
        const instant local = clock.at(run.now);
        const instant deadline = waits && run.flip(20)
                                     ? local + run.between(milliseconds(1), seconds(2))
                                     : instant::never();
        request_ =
            core_->acquire({name_of(lock_), 1 + run.random.below(2), waits, deadline}, local);
        setting_.history.invoke(process(), {fenced_lock_model::function::acquire, lock_, {}});
        sequence_ = 0;
        stage_ = stage_of_life::asking;
        act_at_ = run.strikes(fault::abandoned_request, 30'000)
                      ? run.now + run.between(duration(0), milliseconds(50))
                      : instant::never();
        ++setting_.operations;
    }

    [[nodiscard]] process_id process() const { return process_id(self_.value()); }

    [[nodiscard]] static std::string name_of(std::size_t lock) {
        return "lock-" + std::to_string(lock);
    }

    /// Nobody wants it any more.
    void abandon() {
        setting_.history.abandon(process());
        core_->cancel(request_);
        ++setting_.operations;
        rest();
    }

    /// Writes under its token, and comes to an end; a write may be on its way for longer than the
    /// lease lasts.
    void use() {
        stage& run = setting_.run;
        if (writes_left_-- > 0) {
            const bool is_slow = run.flip(3);
            setting_.resource.write(lock_, token_,
                                    run.now + (is_slow
                                                   ? run.between(seconds(1), seconds(20))
                                                   : run.between(duration(0), milliseconds(3))));
            act_at_ = run.now + run.between(duration(0), milliseconds(10));
            return;
        }
        stage_ = stage_of_life::releasing;
        act_at_ = instant::never();
        give_back();
        ++setting_.operations;
    }

    void settle() {
        const instant local = clock.at(setting_.run.now);
        core_->flush(local);
        note_sequence();
        core_->drain([&](const client::notice& told) {
            // Whoever rests has given up on it before this was told.
            if (told.request == request_ && stage_ != stage_of_life::resting) hear(told);
        });
        core_->drain_errands([&](const client::conclusion<lock::reply>& told) { hear(told); });
        core_->flush(local);
        reschedule();
    }

    /// What the service knows the request by, so that an auditor can be asked about it.
    void note_sequence() {
        const client::request* const errand = errand_ ? core_->find(*errand_) : nullptr;
        if (errand != nullptr && errand->sequence != 0) errands_->sent(errand->sequence);
        if (stage_ != stage_of_life::asking) return;
        const client::request* const asked = core_->find(request_);
        if (asked == nullptr || asked->sequence == 0) return;
        session_ = core_->session();
        sequence_ = asked->sequence;
        was_queued_ = asked->stage == client::stage::queued;
    }

    void hear(const client::notice& told) {
        using kind = client::notice::kind;
        switch (told.is) {
            case kind::granted: return hold(told.token);
            case kind::failed: return fail(told.error);
            case kind::asked_back: return note("is asked for lock " + std::to_string(lock_));
            case kind::lost: return lose();
            case kind::released: return finish(told.error);
        }
    }

    void hold(fencing_token token) {
        note("holds lock " + std::to_string(lock_) + " under " + to_string(token));
        token_ = token;
        setting_.history.complete(process(), {false, token});
        stage_ = stage_of_life::holding;
        writes_left_ = setting_.hurries ? 0 : static_cast<int>(setting_.run.random.below(3));
        act_at_ = setting_.run.now + pastime(milliseconds(20));
        if (tell_) tell_(*this);
    }

    void fail(const std::error_code& why) {
        note("does not get lock " + std::to_string(lock_) + ": " + why.message());
        if (why == errc::busy) {
            setting_.history.complete(process(), {true, {}});
        } else {
            setting_.history.abandon(process());
        }
        const bool is_definite = why == errc::session_expired && !was_queued_;
        if (is_definite && sequence_ != 0 && setting_.auditor.was_granted(session_, sequence_)) {
            setting_.run.violate("failures_are_definite: " + why.message());
        }
        rest();
    }

    void lose() {
        if (stage_ != stage_of_life::holding) return;  // it is being given back already
        note("loses lock " + std::to_string(lock_));
        stage_ = stage_of_life::releasing;
        act_at_ = instant::never();
        give_back();
    }

    void give_back() {
        setting_.history.invoke(process(), {fenced_lock_model::function::release, lock_, token_});
        core_->release(request_);
    }

    void finish(const std::error_code& why) {
        note("gave lock " + std::to_string(lock_) + " back");
        if (!why) {
            setting_.history.complete(process(), {});
            ++cycles_;
        } else {
            setting_.history.abandon(process());
        }
        rest();
    }

    void send(node_id to, message_type&& message) {
        stage& run = setting_.run;
        const auto sent = run.trace.note_send(run.now, self_, digest_of(message), [&] {
            return "sends n" + to_string(to) + ' ' + describe(message);
        });
        setting_.network.post({self_, to, sent, std::move(message)}, run.now);
    }

    void note(const std::string& what) {
        stage& run = setting_.run;
        run.trace.note(run.now, self_, fingerprint_of(what).low, [&] { return what; });
    }

    setting_type& setting_;
    node_id self_;
    std::optional<core_type> core_;
    std::optional<lock_errands> errands_;       // of this life
    std::optional<client::request_id> errand_;  // on its way
    instant errand_at_;                         // true time
    stage_of_life stage_ = stage_of_life::resting;
    client::request_id request_;
    std::size_t lock_ = 0;
    fencing_token token_;  // of the hold, once there was one
    int writes_left_ = 0;
    instant act_at_;  // true time
    instant wake_;    // likewise
    instant paused_until_;
    session_id session_;          // in which the request went out last
    std::uint64_t sequence_ = 0;  // of its acquire there; 0 before
    bool was_queued_ = false;     // the service has said that it waits
    std::uint64_t cycles_ = 0;
    std::function<void(const simulated_client&)> tell_;
};

}  // namespace synod::inline SYNOD_ABI::testing
