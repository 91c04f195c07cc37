// synod/testing/worlds.hpp - worlds that are chosen by name at run time, to be searched or walked
// through step by step.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/explorer.hpp>
#include <synod/testing/parameters.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// A world whose type is forgotten, and a walker in it, who stands in the initial state at first.
class any_world {
public:
    enum class outcome : std::uint8_t {
        taken,
        not_enabled,
        ambiguous,  // steps of that text lead to different states, which a world must not allow
    };

    /// What a step came to.
    struct walked {
        outcome came = outcome::not_enabled;
        std::vector<std::string> facts{};
        std::string broken{};  // what does not hold of the step or after it
    };

    virtual ~any_world() = default;

    [[nodiscard]] virtual findings search_breadth_first(explorer_limits limits) = 0;
    [[nodiscard]] virtual findings search_depth_first(explorer_limits limits) = 0;

    /// The texts of the steps that the walker may take, each once, in the world's order.
    [[nodiscard]] virtual std::vector<std::string> enabled() = 0;
    /// Takes the step of this text, if that is enabled.
    [[nodiscard]] virtual walked take(std::string_view text) = 0;
    /// The invariant that does not hold where the walker stands.
    [[nodiscard]] virtual std::string broken() = 0;
};

namespace detail {

template <world World>
class some_world final : public any_world {
public:
    explicit some_world(World world) : world_(std::move(world)), here_(world_.initial()) {}

    [[nodiscard]] findings search_breadth_first(explorer_limits limits) override {
        return breadth_first(world_, limits);
    }
    [[nodiscard]] findings search_depth_first(explorer_limits limits) override {
        return depth_first(world_, limits);
    }

    [[nodiscard]] std::vector<std::string> enabled() override {
        std::vector<std::string> texts;
        world_.for_each_step(here_, [&](const step& one, const state&) {
            std::string text = to_string(one);
            if (std::ranges::find(texts, text) == texts.end()) texts.push_back(std::move(text));
        });
        return texts;
    }

    [[nodiscard]] walked take(std::string_view text) override {
        walked result;
        std::optional<state> next;
        world_.for_each_step(here_, [&](const step& one, const state& after) {
            if (to_string(one) != text) return;
            if (!next) {
                result = describe(one, after);
                next = after;
            } else if (fingerprint_of(*next) != fingerprint_of(after)) {
                result.came = outcome::ambiguous;
            }
        });
        if (next && result.came == outcome::taken) here_ = *std::move(next);
        return result;
    }

    [[nodiscard]] std::string broken() override { return std::string(world_.broken(here_)); }

private:
    using state = typename World::state;
    using step = typename World::step;

    [[nodiscard]] walked describe(const step& taken, const state& after) {
        walked result{outcome::taken, {}, std::string(broken_by_step(world_, here_, after))};
        if constexpr (world_of_facts<World>) {
            world_.facts(here_, taken, after,
                         [&](std::string fact) { result.facts.push_back(std::move(fact)); });
        }
        return result;
    }

    World world_;
    state here_;  // where the walker stands
};

}  // namespace detail

/// Forgets the type of `world`.
template <world World>
    requires std::move_constructible<World>
[[nodiscard]] std::unique_ptr<any_world> forget_type(World world) {
    return std::make_unique<detail::some_world<World>>(std::move(world));
}

/// Worlds by name. A scenario or a command names one with its parameters: the sizes, and which
/// mistake to make.
class world_register {
public:
    using maker = std::function<std::unique_ptr<any_world>(parameters&)>;

    /// Adds the worlds called `name`. `make` reads every parameter that they have.
    void add(std::string name, maker make) { all_.push_back({std::move(name), std::move(make)}); }

    /// Throws bad_parameter if there is no such world, if it refuses a parameter, or if it does not
    /// have one.
    [[nodiscard]] std::unique_ptr<any_world> make(std::string_view name, parameters given) const {
        for (const entry& one : all_) {
            if (one.name != name) continue;
            auto made = one.make(given);
            given.refuse_unread();
            return made;
        }
        throw bad_parameter("unknown world " + std::string(name));
    }

    /// Likewise for a name and parameters as written: `<name> <key>=<value>...`.
    [[nodiscard]] std::unique_ptr<any_world> make(std::string_view text) const {
        const std::string_view name = take_word(text);
        parameters given;
        while (!text.empty()) {
            const std::string_view word = take_word(text);
            const std::size_t sign = word.find('=');
            if (sign == std::string_view::npos)
                throw bad_parameter("not <key>=<value>: " + std::string(word));
            given.set(std::string(word.substr(0, sign)), std::string(word.substr(sign + 1)));
        }
        return make(name, std::move(given));
    }

private:
    struct entry {
        std::string name;
        maker make;
    };

    [[nodiscard]] static std::string_view take_word(std::string_view& text) {
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(word.size());
        text.remove_prefix(std::min(text.size(), text.find_first_not_of(' ')));
        return word;
    }

    std::vector<entry> all_;
};

}  // namespace synod::inline SYNOD_ABI::testing
