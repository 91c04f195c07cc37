// examples/fenced_file.cpp - a holder that was stopped for too long writes, and the file refuses.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/synod.hpp>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <system_error>

using namespace synod;
using disk = memory_storage<records<entry>>;
namespace fs = std::filesystem;

namespace {

/// Stands still while alice is stopped, so that she renews nothing.
struct stoppable_clock {
    [[nodiscard]] instant now() const noexcept {
        const std::int64_t since = stopped_at->load();
        return since == 0 ? host::boot_clock{}.now() : instant(since);
    }
    std::atomic<std::int64_t>* stopped_at;
};

/// A file of lines behind a gate, whose marks are in another and are kept before a line is written.
class fenced_file {
public:
    explicit fenced_file(const fs::path& at) : lines_(at), gate_(keeper{at}, kept(at)) {}

    std::error_code append(fencing_token token, const std::string& line) {
        if (const auto error = gate_.admit(token)) return error;
        std::ofstream(lines_, std::ios::app) << line << '\n';
        return {};
    }

private:
    struct keeper {
        std::error_code operator()(const fence_marks& marks) const {
            const fs::path fresh = fs::path(at) += ".fresh";
            std::ofstream out(fresh);
            out << marks.exclusive.value() << std::flush;  // and fsync, where power may fail
            std::error_code error = std::make_error_code(std::errc::io_error);
            if (!out) return error;
            fs::rename(fresh, fs::path(at) += ".marks", error);
            return error;
        }
        fs::path at;
    };
    static fence_marks kept(const fs::path& at) {
        std::uint64_t token = 0;
        std::ifstream(fs::path(at) += ".marks") >> token;
        return {fencing_token(), fencing_token(token)};
    }

    fs::path lines_;
    fence_gate<keeper> gate_;
};

}  // namespace

int main() try {
    const auto now = std::to_string(host::boot_clock{}.now().nanoseconds());
    const fs::path diary = fs::temp_directory_path() / ("synod_diary_" + now);
    const node_id one(0);  // one replica will do here; quickstart has three
    const auto group = group::make(cluster_id(1), one, {{one, incarnation(1)}});
    const log_policy<> policy{.quorums = *majority::make(group->nodes())};
    host::lock_network network;
    disk storage;
    const auto node = host::start_lock_node(network, *group, storage, policy);
    const client_config lease{.ttl = seconds(4)};
    std::atomic<std::int64_t> stopped_at{0};
    auto alice = session::connect(network, node_id(64), {cluster_id(1), {one}}, lease,
                                  stoppable_clock{&stopped_at});
    auto bob = session::connect(network, node_id(65), {cluster_id(1), {one}}, lease);
    if (!node || !alice || !bob) return 1;
    synod::mutex hers(*alice, "diary");
    synod::mutex his(*bob, "diary");

    const std::lock_guard held_by_alice(hers);
    const hold held = *hers.held();
    const auto first = fenced_file(diary).append(held.token(), "alice was here");
    stopped_at = host::boot_clock{}.now().nanoseconds();  // kill -STOP, in the middle of a write
    const std::lock_guard held_by_bob(his);               // once the service has given alice up
    const auto second = fenced_file(diary).append(his.held()->token(), "bob was here");
    stopped_at = 0;  // kill -CONT
    const auto late = fenced_file(diary).append(held.token(), "alice is late");
    std::printf("alice's late write: %s; her hold is %s\n", late.message().c_str(),
                held.lost() ? "lost" : "not lost");
    for (const char* const each : {"", ".marks"}) fs::remove(fs::path(diary) += each);
    return !first && !second && late == errc::stale_token && held.lost() ? 0 : 1;
} catch (const std::exception& error) {
    return std::printf("%s\n", error.what());
}
