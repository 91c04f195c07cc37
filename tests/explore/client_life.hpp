// tests/explore/client_life.hpp - a real session of a client and the little program that uses it,
// as a value: all that it was told.
//
// The core of a session holds iterators into itself and is no value. But it is deterministic; so
// what stands for it is the list of its inputs, and the core is made anew, and told all of them,
// when there is one more.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/client/session_core.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/event.hpp>
#include <synod/lock/reply.hpp>
#include <synod/testing/interning.hpp>

#include "explore/lock_words.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace explore {

/// What travels between clients, the service, and the resource that a lock protects.
struct letter {
    enum class kind : std::uint8_t { request, reply, event, write };
    kind is = kind::request;
    std::uint32_t client = 0;      // from whom, or to whom
    std::uint64_t number = 0;      // of the transmission; of the one answered
    std::uint64_t index = 0;       // likewise, counted from the client's first
    synod::bytes content{};        // command, reply or event
    synod::fencing_token token{};  // of a write

    friend bool operator==(const letter&, const letter&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(is);
        sink.add(client);
        sink.add(number);
        sink.add(content);
        sink.add(token);
    }
};

template <class Said>
[[nodiscard]] std::string content_in_words(const letter& one) {
    Said said;
    return decode(one.content, said) ? in_words(said) : "";
}

/// Letters of different texts differ, and those of one text are equal.
[[nodiscard]] inline std::string to_string(const letter& one) {
    const std::string whose = name_of_client(one.client);
    const std::string index = std::to_string(one.index);
    switch (one.is) {
        case letter::kind::request:
            return "request " + index + " of " + whose + ": " +
                   content_in_words<synod::lock::command>(one);
        case letter::kind::reply:
            return "reply " + index + " to " + whose + ": " +
                   content_in_words<synod::lock::reply>(one);
        case letter::kind::event:
            return "event to " + whose + ": " + content_in_words<synod::lock::event>(one);
        case letter::kind::write: return "write of " + whose + " under " + in_words(one.token);
    }
    return {};
}

/// One thing that happens to a client.
struct client_input {
    enum class kind : std::uint8_t { begin, tick, receive, acquire, release };
    kind is = kind::begin;
    synod::instant local{};  // what its clock shows then
    letter came{};           // for `receive`

    friend bool operator==(const client_input&, const client_input&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(is);
        sink.add(local);
        sink.add(came);
    }
};

/// What a client shows after an input.
struct client_answer {
    enum class stage : std::uint8_t { resting, asking, holding, lost, releasing };
    stage is = stage::resting;
    synod::fencing_token token{};     // once it held
    synod::instant safe_until{};      // of its lease
    synod::session_id session{};      // in which it asked last
    std::uint64_t sequence = 0;       // of its acquire there; 0 before it was sent
    bool fails_for_sure = false;      // it was just told that its request had no effect
    std::vector<letter> sent{};       // by the newest input
    std::vector<std::string> told{};  // what it learnt by the newest input

    friend bool operator==(const client_answer&, const client_answer&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(is);
        sink.add(token);
        sink.add(safe_until);
        sink.add(session);
        sink.add(sequence);
        sink.add(fails_for_sure);
        sink.add(sent);
        for (const std::string& one : told) sink.add(one);
    }
};

/// The client itself, alive.
template <class Rules>
class client_life {
public:
    client_life(std::uint32_t self, const synod::client_config& config)
        : self_(self), config_(config) {}
    client_life(const client_life&) = delete;
    client_life& operator=(const client_life&) = delete;

    /// Precondition: the first input is `begin`, and no other.
    void take(const client_input& input) {
        outbox_.clear();
        shown_.sent.clear();
        shown_.told.clear();
        shown_.fails_for_sure = false;
        act(input);
        settle(input.local);
    }

    [[nodiscard]] client_answer show() const { return shown_; }

private:
    using stage = client_answer::stage;

    struct link {
        std::vector<synod::lock::client_request>* into;
        void send(synod::node_id /*to*/, synod::lock::client_request&& request) noexcept {
            into->push_back(std::move(request));
        }
    };
    using core = synod::client::session_core<link, synod::client::policy<Rules>>;

    static constexpr synod::node_id service{0};

    void act(const client_input& input) {
        switch (input.is) {
            case client_input::kind::begin: return begin(input.local);
            case client_input::kind::tick: return core_.front().tick(input.local);
            case client_input::kind::receive: return receive(input.came, input.local);
            case client_input::kind::acquire: return acquire(input.local);
            case client_input::kind::release:
                shown_.is = stage::releasing;
                return core_.front().release(request_);
        }
    }

    void begin(synod::instant now) {
        const synod::client_identity identity{
            synod::cluster_id(1), {service}, {1, self_}, std::uint64_t{self_} + 1};
        auto made = core::make(identity, config_, link{&outbox_}, {}, now);
        if (!made) throw std::logic_error("a client cannot be made as the world asks");
        core_.push_back(std::move(*made));
    }

    void acquire(synod::instant now) {
        request_ = core_.front().acquire({"a", 1}, now);
        shown_.is = stage::asking;
        shown_.sequence = 0;
        was_queued_ = false;
    }

    void receive(const letter& came, synod::instant now) {
        const synod::cluster_id cluster(1);
        if (came.is == letter::kind::event)
            return core_.front().receive(service, synod::lock::client_event{cluster, came.content},
                                         now);
        synod::lock::client_reply reply;
        reply.cluster = cluster;
        reply.number = came.number;
        reply.reply = came.content;
        core_.front().receive(service, reply, now);
    }

    void settle(synod::instant now) {
        core& session = core_.front();
        session.flush(now);
        note_request();
        session.drain([this](const synod::client::notice& told) {
            if (told.request == request_) hear(told);
        });
        session.flush(now);
        note_request();
        shown_.safe_until = session.lease().safe_until();
        for (synod::lock::client_request& one : outbox_) {
            if (first_number_ == 0) first_number_ = one.number;
            shown_.sent.push_back({letter::kind::request,
                                   self_,
                                   one.number,
                                   one.number - first_number_,
                                   std::move(one.command),
                                   {}});
        }
    }

    /// By what name the service knows the request.
    void note_request() {
        if (shown_.is != stage::asking) return;
        const synod::client::request* const asked = core_.front().find(request_);
        if (asked == nullptr || asked->sequence == 0) return;
        shown_.session = core_.front().session();
        shown_.sequence = asked->sequence;
        was_queued_ = asked->stage == synod::client::stage::queued;
    }

    void hear(const synod::client::notice& told) {
        using kind = synod::client::notice::kind;
        const std::string why = told.error ? ": " + told.error.message() : "";
        switch (told.is) {
            case kind::granted:
                shown_.token = told.token;
                return become(stage::holding, "holds a under " + in_words(told.token));
            case kind::failed:
                shown_.fails_for_sure = told.error == synod::errc::session_expired && !was_queued_;
                return become(stage::resting, "does not get a" + why);
            case kind::asked_back: return;
            case kind::lost: return become(stage::lost, "loses a");
            case kind::released: return become(stage::resting, "has given a back" + why);
        }
    }

    void become(stage next, const std::string& what) {
        shown_.is = next;
        shown_.told.push_back(name_of_client(self_) + ' ' + what);
    }

    std::uint32_t self_;
    synod::client_config config_;
    std::vector<synod::lock::client_request> outbox_;  // of the newest input; core_ points here
    std::vector<core> core_;                           // one, once it has begun
    synod::client::request_id request_;
    std::uint64_t first_number_ = 0;
    bool was_queued_ = false;  // the service has said that it waits
    client_answer shown_;
};

/// A client by all that it was told.
struct client_past {
    std::uint32_t self = 0;
    std::vector<synod::testing::interned<client_input>> inputs{};

    friend bool operator==(const client_past&, const client_past&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(self);
        sink.add(inputs);
    }
};

}  // namespace explore
