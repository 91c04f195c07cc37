// synod/testing/nemesis.hpp - what goes wrong in a simulated world beside single messages and
// syncs, and when.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/base/node_set.hpp>
#include <synod/testing/fault.hpp>
#include <synod/testing/simulated_server.hpp>
#include <synod/testing/stage.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// Strikes a `World` again and again, each time with one class of those that are on. `World` has a
/// type `server_type`, `servers()` and `clients()`, vectors of pointers to simulated_server and
/// simulated_client, `network()`, `lease()`, and `is_lawful()`: whether clocks must keep to
/// `drift_per_million()`.
///
/// Damage that a node cannot get over is bounded so that a majority of disks stays whole, unless
/// the run is over budget: then nothing may be decided any more, and that is all that is asked of
/// it.
template <class World>
class nemesis {
public:
    nemesis(stage& run, World& world) : stage_(run), world_(world) {
        next_ = run.now + run.between(milliseconds(200), seconds(1));
    }

    [[nodiscard]] instant wake() const { return earlier(next_, storm_at_); }

    void attend() {
        if (storm_at_ <= stage_.now) return rage();
        bring_down_damaged();
        next_ = stage_.now + stage_.between(milliseconds(30), milliseconds(700));
        const fault which = episodes[stage_.random.below(episodes.size())];
        if (!stage_.faults.contains(which)) return;
        const victim struck = strike(which);
        if (!struck) return;
        stage_.acting = *struck;
        stage_.strike(which);
    }

    /// Nothing more comes.
    void stop() { next_ = storm_at_ = instant::never(); }

    /// Damages one disk more than a majority can do without.
    void overdo() {
        std::uint32_t lost = 0;
        for (auto& one : world_.servers()) lost += is_lost(*one) ? 1 : 0;
        for (auto& one : world_.servers()) {
            if (lost > tolerable() || is_lost(*one)) continue;
            one->disk().flip_bit();
            ++lost;
        }
        bring_down_damaged();
    }

private:
    using server_type = typename World::server_type;

    static constexpr std::array episodes{fault::clogging,          fault::clog_release,
                                         fault::one_way_partition, fault::ring_partition,
                                         fault::leader_isolation,  fault::crash,
                                         fault::restart_storm,     fault::pause,
                                         fault::no_space,          fault::bit_flip,
                                         fault::misdirected_write, fault::stale_sector,
                                         fault::wiped_disk,        fault::older_image,
                                         fault::clock_rate,        fault::clock_jump,
                                         fault::clock_freeze,      fault::client_crash};

    /// The actor that a fault strikes, if it strikes at all; one of those whom it strikes, if it is
    /// many.
    using victim = std::optional<node_id>;

    [[nodiscard]] victim strike(fault which) {
        switch (which) {
            case fault::clogging: return clog();
            case fault::clog_release: return clog_many();
            case fault::one_way_partition: return cut_one_way();
            case fault::ring_partition: return cut_to_ring();
            case fault::leader_isolation: return isolate_leader();
            case fault::crash: return crash(any_server());
            case fault::restart_storm: return begin_storm();
            case fault::pause: return pause();
            case fault::no_space: return fill_disk();
            case fault::bit_flip: return rot();
            case fault::misdirected_write: return misdirect();
            case fault::stale_sector: return lose_write();
            case fault::wiped_disk: return wipe();
            case fault::older_image: return put_back();
            case fault::clock_rate: return change_rate();
            case fault::clock_jump: return jump();
            case fault::clock_freeze: return freeze();
            default: return crash_client();
        }
    }

    [[nodiscard]] std::uint32_t count() const {
        return static_cast<std::uint32_t>(world_.servers().size());
    }
    [[nodiscard]] std::uint32_t tolerable() const { return (count() - 1) / 2; }
    [[nodiscard]] node_id any_node() {
        return node_id(static_cast<std::uint32_t>(stage_.random.below(count())));
    }
    [[nodiscard]] std::uint32_t actors() const {
        return count() + static_cast<std::uint32_t>(world_.clients().size());
    }
    /// Half of the partitions part clients from servers, too.
    [[nodiscard]] std::uint32_t draw_reach() { return stage_.flip(50) ? actors() : count(); }
    [[nodiscard]] server_type& any_server() { return *world_.servers()[any_node().value()]; }
    [[nodiscard]] instant until(duration least, duration most) {
        return stage_.now + stage_.between(least, most);
    }

    victim clog() {
        // One after another: the order in which arguments are evaluated is the compiler's.
        const std::uint64_t from = stage_.random.below(actors());
        const std::uint64_t to = (from + 1 + stage_.random.below(actors() - 1)) % actors();
        const node_id sender(static_cast<std::uint32_t>(from));
        world_.network().hold(sender, node_id(static_cast<std::uint32_t>(to)),
                              until(milliseconds(10), seconds(5)));
        return sender;
    }

    victim clog_many() {
        const std::uint32_t reach = draw_reach();
        victim struck;
        for (std::uint32_t from = 0; from < reach; ++from) {
            for (std::uint32_t to = 0; to < reach; ++to) {
                if (from == to || stage_.flip(60)) continue;
                world_.network().hold(node_id(from), node_id(to),
                                      until(milliseconds(10), seconds(2)));
                struck = node_id(from);
            }
        }
        return struck;
    }

    victim cut_one_way() {
        const std::uint32_t reach = draw_reach();
        const node_id from(static_cast<std::uint32_t>(stage_.random.below(reach)));
        const instant end = until(milliseconds(50), seconds(3));
        victim struck;
        for (std::uint32_t to = 0; to < reach; ++to) {
            if (node_id(to) == from || !stage_.flip(50)) continue;
            world_.network().cut(from, node_id(to), end);
            struck = from;
        }
        return struck;
    }

    /// Nothing passes between the two, either way.
    void part(std::uint32_t one, std::uint32_t other, instant end) {
        world_.network().cut(node_id(one), node_id(other), end);
        world_.network().cut(node_id(other), node_id(one), end);
    }

    /// Each node hears only the two beside it; for three nodes, one path is cut. A client that is
    /// reached hears one node.
    victim cut_to_ring() {
        const std::uint32_t reach = draw_reach();
        const instant end = until(milliseconds(50), seconds(3));
        for (std::uint32_t from = 0; from < count(); ++from) {
            for (std::uint32_t to = from + 1; to < count(); ++to) {
                const bool are_neighbours =
                    to - from == 1 || (from == 0 && to == count() - 1 && count() > 3);
                if (!are_neighbours) part(from, to, end);
            }
            for (std::uint32_t client = count(); client < reach; ++client) {
                if (client % count() != from) part(from, client, end);
            }
        }
        return node_id(0);
    }

    /// A leader whose clock stands still besides does not learn that its time is over. Its clients
    /// may go on hearing it.
    victim isolate_leader() {
        for (const auto& one : world_.servers()) {
            if (!one->is_leading()) continue;
            if (stage_.flip(50) && stage_.faults.contains(fault::clock_freeze)) stop_clock(*one);
            const std::uint32_t reach = draw_reach();
            const instant end = until(milliseconds(100), seconds(2));
            for (std::uint32_t other = 0; other < reach; ++other) {
                if (node_id(other) != one->self()) part(one->self().value(), other, end);
            }
            return one->self();
        }
        return {};
    }
    void stop_clock(server_type& which) {
        which.clock.freeze(stage_.now);
        which.reschedule();
        stage_.acting = which.self();
        stage_.strike(fault::clock_freeze);
    }

    victim crash(server_type& which) {
        if (!which.is_awake()) return {};
        which.crash(until(milliseconds(5), seconds(3)));
        return which.self();
    }

    victim begin_storm() {
        if (storm_at_ != instant::never()) return {};
        storm_over_ = any_node();
        storm_left_ = 3 + stage_.random.below(5);
        storm_at_ = stage_.now;
        return storm_over_;
    }
    void rage() {
        server_type& which = *world_.servers()[storm_over_.value()];
        if (which.is_awake()) which.crash(until(milliseconds(1), milliseconds(20)));
        const bool goes_on = --storm_left_ > 0;
        storm_at_ = goes_on ? until(milliseconds(5), milliseconds(80)) : instant::never();
    }

    victim pause() {
        const instant end = until(world_.lease(), world_.lease() * 2);
        return stage_.flip(50) ? pause(any_server(), end) : pause(any_client(), end);
    }
    template <class Actor>
    [[nodiscard]] static victim pause(Actor& which, instant end) {
        which.pause(end);
        return which.self();
    }
    [[nodiscard]] auto& any_client() {
        return *world_.clients()[stage_.random.below(world_.clients().size())];
    }

    victim fill_disk() {
        server_type& which = any_server();
        which.disk().fill_up(until(milliseconds(50), seconds(2)));
        return which.self();
    }

    /// Whether what that disk held is gone for good.
    [[nodiscard]] static bool is_lost(server_type& which) {
        return which.disk().is_damaged() || !which.is_admitted();
    }
    /// Whether one disk more can be lost, and this one is not among those that are, or soon will
    /// be.
    [[nodiscard]] bool may_impair(server_type& which) const {
        return impaired_.size() < tolerable() && !impaired_.contains(which.self());
    }
    void impair(server_type& which) { impaired_.insert(which.self()); }
    void bring_down(server_type& which) {
        if (which.state() == server_state::up) which.crash(until(milliseconds(5), seconds(1)));
    }

    /// Who has a damaged disk does not know before it reads it. Until then it goes on.
    void bring_down_damaged() {
        for (auto& one : world_.servers()) {
            if (one->disk().is_damaged()) bring_down(*one);
        }
    }

    /// Whose disk is to lose something for good; nobody's, if it must not.
    [[nodiscard]] server_type* take_loser() {
        server_type& which = any_server();
        if (!may_impair(which)) return nullptr;
        impair(which);
        return &which;
    }

    victim rot() {
        server_type* const which = take_loser();
        if (which == nullptr) return {};
        which->disk().flip_bit();
        return which->self();
    }
    /// The next write strikes, or that after it.
    victim misdirect() {
        if (server_type* const which = take_loser()) which->disk().misdirect_next_write();
        return {};
    }
    victim lose_write() {
        if (server_type* const which = take_loser()) which->disk().lose_next_write();
        return {};
    }

    victim wipe() {
        server_type* const which = take_loser();
        if (which == nullptr) return {};
        bring_down(*which);
        which->disk().wipe();
        which->replace_disk();
        return which->self();
    }

    /// First an image is saved; some later time it is put back.
    victim put_back() {
        server_type& which = any_server();
        if (!may_impair(which)) return {};
        if (!image_of_) {
            which.disk().save_image();
            image_of_ = which.self();
            return {};
        }
        server_type& older = *world_.servers()[image_of_->value()];
        if (!may_impair(older)) return {};
        impair(older);
        bring_down(older);
        older.disk().restore_image();
        older.replace_disk();
        return older.self();
    }

    template <class Change>
    [[nodiscard]] node_id change_clock(Change&& change) {
        return stage_.flip(50) ? change_clock_of(any_server(), change)
                               : change_clock_of(any_client(), change);
    }
    template <class Actor, class Change>
    [[nodiscard]] static node_id change_clock_of(Actor& which, Change&& change) {
        change(which.clock);
        which.reschedule();
        return which.self();
    }

    victim change_rate() {
        const std::int64_t most = world_.is_lawful() ? world_.drift_per_million() : 400'000;
        const auto span = static_cast<std::uint64_t>(2 * most + 1);
        const std::int64_t rate = static_cast<std::int64_t>(stage_.random.below(span)) - most;
        return change_clock([&](auto& clock) { clock.drift(stage_.now, rate); });
    }
    victim jump() {
        const duration by = stage_.between(seconds(-5), seconds(5));
        return change_clock([&](auto& clock) { clock.jump(stage_.now, by); });
    }
    /// Half of the strikes let a clock run on instead, whether or not it stood still.
    victim freeze() {
        const bool freezes = stage_.flip(50);
        const node_id whose = change_clock(
            [&](auto& clock) { freezes ? clock.freeze(stage_.now) : clock.thaw(stage_.now); });
        return freezes ? victim(whose) : victim();
    }

    victim crash_client() {
        auto& which = any_client();
        which.crash();
        return which.self();
    }

    stage& stage_;
    World& world_;
    instant next_;
    instant storm_at_ = instant::never();
    std::uint64_t storm_left_ = 0;
    node_id storm_over_;
    node_set impaired_;  // whose disks are lost for good, or will be with the next write
    std::optional<node_id> image_of_;
};

}  // namespace synod::inline SYNOD_ABI::testing
