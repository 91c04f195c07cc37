// synod/testing/simulated_rogue.hpp - a client that keeps to no rule: it releases twice, under
// other people's tokens, after its time.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/command.hpp>
#include <synod/lock/reply.hpp>
#include <synod/testing/simulated_client.hpp>

#include <cstdint>
#include <optional>
#include <utility>

namespace synod::inline SYNOD_ABI::testing {

/// Speaks the messages of lock/messages.hpp without a session_core. It renews nothing, so its
/// sessions end, and it goes on using them for a while. It overhears every token there is. Nothing
/// that it says may hurt anybody else.
template <class Suite, class Network>
class simulated_rogue {
public:
    using message_type = typename Suite::message;
    using setting_type = client_setting<Suite, Network>;

    simulated_rogue(setting_type& setting, node_id self)
        : setting_(setting), self_(self), asks_(setting.replicas.front()) {}

    [[nodiscard]] instant wake() const { return act_at_; }

    /// Does one thing that it should not, or prepares for it.
    void attend() {
        stage& run = setting_.run;
        run.acting = self_;
        act_at_ = run.now + run.between(milliseconds(20), milliseconds(200));
        if (!session_ || run.now > opened_at_ + setting_.config.ttl * 4) return open();
        const bool is_over = run.now > opened_at_ + setting_.config.ttl * 2;
        if (is_over) {
            if (run.strikes(fault::reused_session, 1'000'000)) acquire();
        } else if (token_ != fencing_token()) {
            const bool repeats = is_given_back_;
            if (!repeats || run.strikes(fault::repeated_release, 1'000'000)) release(token_);
            if (repeats) token_ = {};
            is_given_back_ = true;
        } else if (run.flip(50)) {
            acquire();
        } else if (const auto overheard = overhear();
                   overheard && run.strikes(fault::stale_token, 1'000'000)) {
            release(*overheard);
        }
    }

    void receive(message_type&& message) {
        setting_.run.acting = self_;
        const auto* const reply = message.template get_if<lock::client_reply>();
        if (reply == nullptr) return;
        if (reply->has_hint) asks_ = reply->hint;
        lock::reply said;
        if (!decode(reply->reply, said)) return;
        if (const auto* const opened = get_if<lock::opened>(&said)) {
            session_ = opened->session;
        } else if (const auto* const granted = get_if<lock::granted>(&said)) {
            token_ = granted->token;
            is_given_back_ = false;
        }
    }

private:
    void open() {
        session_.reset();
        token_ = {};
        opened_at_ = setting_.run.now;
        sequence_ = 0;
        const auto ttl = static_cast<std::uint64_t>(setting_.config.ttl / milliseconds(1));
        post(lock::open_session{{self_.value(), 0}, ++nonce_, ttl});
    }

    void acquire() {
        lock::acquire asked;
        asked.stamp = stamp();
        asked.name = "lock-" + std::to_string(setting_.run.random.below(setting_.locks));
        asked.wait_ms = lock::no_wait;
        post(asked);
    }

    void release(fencing_token token) { post(lock::release{stamp(), 0, token}); }

    /// A token that somebody has, or had.
    [[nodiscard]] std::optional<fencing_token> overhear() {
        const auto& grants = setting_.auditor.grants();
        if (grants.empty()) return std::nullopt;
        const std::size_t recent = grants.size() < 8 ? grants.size() : 8;
        return grants[grants.size() - 1 - setting_.run.random.below(recent)].token;
    }

    [[nodiscard]] request_stamp stamp() {
        ++sequence_;
        return {*session_, sequence_, sequence_ > 8 ? sequence_ - 8 : 0};
    }

    void post(const lock::command& asked) {
        stage& run = setting_.run;
        ++setting_.operations;
        lock::client_request made{setting_.cluster, ++number_, {}};
        byte_writer out(made.command);
        encode(asked, out);
        if (run.flip(20)) {
            asks_ = setting_.replicas[run.random.below(setting_.replicas.size())];
        }
        message_type message(std::move(made));
        const auto sent = run.trace.note_send(run.now, self_, digest_of(message), [&] {
            return "sends n" + to_string(asks_) + ' ' + describe(message);
        });
        setting_.network.post({self_, asks_, sent, std::move(message)}, run.now);
    }

    setting_type& setting_;
    node_id self_;
    node_id asks_;  // the replica that it speaks to
    std::optional<session_id> session_;
    fencing_token token_;  // that it holds or held
    bool is_given_back_ = false;
    instant act_at_;
    instant opened_at_;
    std::uint64_t sequence_ = 0;
    std::uint64_t nonce_ = 0;
    std::uint64_t number_ = 0;
};

}  // namespace synod::inline SYNOD_ABI::testing
