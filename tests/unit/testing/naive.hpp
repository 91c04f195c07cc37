// tests/unit/testing/naive.hpp - linearizability as its definition says it: by trying every order.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/prng.hpp>
#include <synod/testing/linearizability.hpp>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace synod::testing_test {

/// One event of a history, so that a prefix can be recorded without the rest.
template <class Model>
struct event {
    enum class kind { invoke, complete, complete_unseen, fail, abandon };

    kind what;
    testing::process_id process;
    typename Model::input input{};
    typename Model::output output{};
};

template <class Model>
using script = std::vector<event<Model>>;

/// The history of the first `length` events.
template <class Model>
testing::history_of<Model> record(const script<Model>& events, std::size_t length) {
    using kind = typename event<Model>::kind;
    testing::history_of<Model> made;
    for (std::size_t i = 0; i < length; ++i) {
        const event<Model>& one = events[i];
        switch (one.what) {
            case kind::invoke: made.invoke(one.process, one.input); break;
            case kind::complete: made.complete(one.process, one.output); break;
            case kind::complete_unseen: made.complete_unseen(one.process); break;
            case kind::fail: made.fail(one.process); break;
            case kind::abandon: made.abandon(one.process); break;
        }
    }
    return made;
}

/// Tries every order of every choice of open operations, of all keys together.
template <class Model>
class naive_check {
    using operation = typename testing::history_of<Model>::operation_type;

public:
    naive_check(const Model& model, const testing::history_of<Model>& recorded) : model_(model) {
        for (const operation& one : recorded.operations()) {
            if (one.ending != testing::ending::failed) left_.push_back(one);
        }
    }

    /// Whether what is left can follow the operations in `order`.
    bool is_linearizable() {
        bool is_explained = true;
        for (const operation& one : left_) is_explained = is_explained && !must_happen(one);
        if (is_explained) return true;
        for (std::size_t i = 0; i < left_.size(); ++i) {
            if (!may_be_next(left_[i])) continue;
            const operation next = left_[i];
            left_.erase(left_.begin() + static_cast<std::ptrdiff_t>(i));
            order_.push_back(next);
            const bool found = replay() && is_linearizable();
            order_.pop_back();
            left_.insert(left_.begin() + static_cast<std::ptrdiff_t>(i), next);
            if (found) return true;
        }
        return false;
    }

private:
    static bool must_happen(const operation& one) {
        return one.ending == testing::ending::returned;
    }

    bool may_be_next(const operation& one) const {
        for (const operation& other : left_) {
            if (must_happen(other) && *other.ended < one.called) return false;
        }
        return true;
    }

    /// Whether the model agrees with `order_`, each key from its initial state.
    bool replay() const {
        for (std::size_t i = 0; i < order_.size(); ++i) {
            auto state = model_.initial();
            bool agrees = true;
            for (std::size_t j = 0; j <= i; ++j) {
                if (same_key(order_[j], order_[i])) {
                    agrees = model_.step(state, order_[j].operation);
                }
            }
            if (!agrees) return false;
        }
        return true;
    }

    bool same_key(const operation& a, const operation& b) const {
        if constexpr (requires { model_.key(a.operation.input); }) {
            return model_.key(a.operation.input) == model_.key(b.operation.input);
        }
        return true;
    }

    const Model& model_;
    std::vector<operation> left_;
    std::vector<operation> order_;
};

template <class Model>
bool naively_linearizable(const Model& model, const testing::history_of<Model>& recorded) {
    return naive_check<Model>(model, recorded).is_linearizable();
}

/// The shortest prefix that naively is not linearizable; nothing when none is.
template <class Model>
std::optional<std::size_t> naive_failing_prefix(const Model& model, const script<Model>& events) {
    for (std::size_t length = 1; length <= events.size(); ++length) {
        if (!naively_linearizable(model, record(events, length))) return length;
    }
    return std::nullopt;
}

/// How random histories go wrong.
struct disorder {
    /// Of a hundred answers, those made up, and of failures, those that took effect.
    std::uint64_t lies = 20;
    std::uint64_t processes = 3;
    std::uint64_t operations = 7;
};

/// A random history of an object that mostly behaves. A `World` has a `model`, draws an
/// `input(random)`, draws an `output(random)`, and `execute(state, process, input)` answers as the
/// object does.
template <class World>
class random_history {
public:
    using model = typename World::model;

    random_history(std::uint64_t seed, disorder how)
        : random_(seed), how_(how), processes_(how.processes) {}

    script<model> make() {
        for (std::uint64_t i = 0; i < 4 * how_.operations; ++i) {
            move(testing::process_id(random_.below(how_.processes)));
        }
        return std::move(events_);
    }

private:
    using kind = typename event<model>::kind;

    struct caller {
        std::optional<typename model::input> pending;
        std::optional<typename model::output> answer;
    };

    void move(testing::process_id process) {
        caller& self = processes_[process.value()];
        if (!self.pending) {
            if (called_ == how_.operations) return;
            ++called_;
            self.pending = world_.input(random_);
            events_.push_back({kind::invoke, process, *self.pending, {}});
        } else if (!self.answer && random_.below(100) < 70) {
            self.answer = world_.execute(states_, process, *self.pending);
        } else {
            events_.push_back(end(process, self));
            self = {};
        }
    }

    event<model> end(testing::process_id process, const caller& self) {
        const bool lies = random_.below(100) < how_.lies;
        if (self.answer.has_value() == lies) {
            return {random_.below(2) == 0 ? kind::fail : kind::abandon, process, {}, {}};
        }
        if (random_.below(8) == 0) return {kind::complete_unseen, process, {}, {}};
        return {kind::complete, process, {}, lies ? world_.output(random_) : *self.answer};
    }

    prng random_;
    disorder how_;
    World world_;
    typename World::states states_{};
    std::vector<caller> processes_;
    std::uint64_t called_ = 0;
    script<model> events_;
};

}  // namespace synod::testing_test
