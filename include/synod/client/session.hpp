// synod/client/session.hpp - a client's session with the lock service, kept alive by a thread of
// its own.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/result.hpp>
#include <synod/client/config.hpp>
#include <synod/client/connection.hpp>
#include <synod/client/detail/entropy.hpp>
#include <synod/client/detail/session_engine.hpp>
#include <synod/client/session_primitives.hpp>
#include <synod/host/clock.hpp>
#include <synod/host/detail/owners.hpp>

#include <stop_token>
#include <utility>

namespace synod::inline SYNOD_ABI {

template <class Policy>
class basic_mutex;

/// One session, for any number of locks and threads; mutexes are locked through it, and it has a
/// function for each other command. It is opened in the background, and renewed as long as this
/// object lives; locks wait for it to be open.
///
/// When it expires, because no replica was reached for too long, every hold is lost, every call
/// that waits ends with errc::session_expired or outcome_unknown, and the next call opens another
/// session. Nothing is acquired again by itself.
///
/// Destroying it closes the session, which frees its locks at once; if no replica answers within
/// client_config::farewell, the service frees them when the session expires. Holds that are left
/// are lost, calls that wait end with errc::stopped, and so do later ones through mutexes that
/// outlive it. In a forked child it does nothing, and nothing is held.
///
/// Thread-safety: all of it, but for moving and destroying.
template <class Policy = client::policy<>>
class basic_session : public session_primitives<basic_session<Policy>> {
    using connection_ptr = std::unique_ptr<detail::deferred<client::connection, Policy>>;

public:
    /// Connects node `self`, which no replica and no other client has, to a `thread_network` or
    /// something of its shape, which must outlive the session. An identity without a client uuid is
    /// given a random one, and a seed. Does not wait.
    ///
    /// `clock` should count the time that the machine sleeps. Errors: those of the two `validate`
    /// in config.hpp, such as lease_below_clock_error; those of Network::connect; the system's if
    /// there is no thread to be had.
    template <class Network, host::clock Clock = host::boot_clock>
    [[nodiscard]] static result<basic_session>
    connect(Network& network, node_id self, client_identity identity,
            const client_config& config = {}, Clock clock = {}, Policy policy = {}) {
        if (identity.client == client_uuid{}) draw(identity);
        auto end = client::network_connection<Network>::make(network, self);
        if (!end) return unexpected(end.error());
        return start(std::move(*end), identity, config, std::move(clock), std::move(policy));
    }

    /// The same over any connection.
    template <host::clock Clock = host::boot_clock>
    [[nodiscard]] static result<basic_session>
    start(connection_ptr end, const client_identity& identity, const client_config& config = {},
          Clock clock = {}, Policy policy = {}) {
        auto core = engine::core::make(identity, config, client::connection_link(*end),
                                       std::move(policy), clock.now());
        if (!core) return unexpected(core.error());
        auto lease = std::make_shared<client::detail::clocked_lease<Clock>>(std::move(clock));
        const std::shared_ptr<engine> made(
            new engine(std::move(end), std::move(*core), std::move(lease)), leave_to_parent);
        if (const auto error = made->start()) return unexpected(error);
        return basic_session(made);
    }

    basic_session(basic_session&&) noexcept = default;
    basic_session& operator=(basic_session&& other) noexcept {
        std::swap(engine_, other.engine_);
        return *this;
    }
    ~basic_session() {
        if (engine_ != nullptr) engine_->stop();
    }

    /// How it stands with the service, as far as is known here.
    [[nodiscard]] client::phase phase() const { return engine_->phase(); }

private:
    template <class>
    friend class basic_mutex;
    friend session_commands<basic_session>;
    using engine = client::detail::session_engine<Policy>;

    explicit basic_session(std::shared_ptr<engine> made) : engine_(std::move(made)) {}

    template <class Command>
    [[nodiscard]] auto carry(Command&& asked, const std::stop_token& stop) {
        return engine_->run(std::forward<Command>(asked), stop);
    }

    static void draw(client_identity& identity) {
        identity.client = {client::detail::draw_bits(), client::detail::draw_bits()};
        identity.seed = client::detail::draw_bits();
    }

    /// What a child inherits may be locked for ever, and has no thread to stop.
    static void leave_to_parent(engine* one) {
        if (!one->is_foreign()) delete one;
    }

    std::shared_ptr<engine> engine_;  // shared with the mutexes, which may outlive the session
};

/// The session that users open. `basic_session` is for an observer of their own.
using session = basic_session<>;

}  // namespace synod::inline SYNOD_ABI
