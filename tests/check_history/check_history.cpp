// tests/check_history/check_history.cpp - judges recorded histories: which are linearizable, and
// which prefix of the others is not.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/linearizability.hpp>
#include <synod/testing/models.hpp>
#include <synod/testing/models_text.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

using namespace synod::testing;

constexpr std::string_view usage =
    "usage: check_history --model cas-register|kv-append|mutex [--steps N] [--configurations N] "
    "FILE...\n"
    "\n"
    "Prints of each FILE whether it is linearizable, and if not, its shortest prefix that already "
    "is not, as LINE: EVENT.\n"
    "--steps and --configurations bound the search of each file; without them it goes on until it "
    "is decided.\n"
    "Exit status: 0 all are linearizable, 1 some are not, 2 usage or input is wrong, 3 some are "
    "undecided.\n";

// The exit status is that of the worst that happened, in this order.
enum class outcome { linearizable, undecided, not_linearizable, wrong_input };

int exit_status(outcome worst) {
    switch (worst) {
        case outcome::linearizable: return 0;
        case outcome::not_linearizable: return 1;
        case outcome::wrong_input: return 2;
        case outcome::undecided: break;
    }
    return 3;
}

template <class Model>
void print_prefix(const read_history<Model>& read, const linearizability& found) {
    std::cout << "  the first " << found.failing_prefix << " of " << read.lines.size()
              << " events already are not" << (found.is_shortest ? "" : ", and maybe fewer");
    if (found.failing_events.size() < found.failing_prefix) {
        std::cout << "; these " << found.failing_events.size() << " have the key that fails";
    }
    std::cout << ":\n";
    for (const std::size_t event : found.failing_events) {
        const auto& line = read.lines[event];
        std::cout << "  " << line.number << ": " << line.text << '\n';
    }
}

template <class Model>
outcome check_file(const std::string& file, const search_limits& limits) {
    std::ifstream in(file);
    if (!in) throw malformed_text(file + ": cannot be opened");
    const auto read = read_history_from<Model>(in, file);
    const linearizability found = check_linearizability(Model(), read.events, limits);
    switch (found.verdict) {
        case verdict::linearizable:
            std::cout << file << " linearizable\n";
            return outcome::linearizable;
        case verdict::undecided: std::cout << file << " undecided\n"; return outcome::undecided;
        case verdict::not_linearizable: break;
    }
    std::cout << file << " not linearizable\n";
    print_prefix(read, found);
    return outcome::not_linearizable;
}

using checker = std::function<outcome(const std::string&, const search_limits&)>;

const std::map<std::string_view, checker> checkers{
    {"cas-register", check_file<cas_register_model>},
    {"kv-append", check_file<kv_append_model>},
    {"mutex", check_file<mutex_model>},
};

class wrong_usage : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct request {
    checker check;
    search_limits limits;
    std::vector<std::string> files;
};

std::uint64_t number(const std::string& text) {
    std::uint64_t read = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, read);
    if (error != std::errc() || stopped != end) throw wrong_usage("'" + text + "' is not a number");
    return read;
}

void set_option(request& asked, const std::string& name, const std::string& value) {
    if (name == "--model") {
        const auto found = checkers.find(value);
        if (found == checkers.end()) throw wrong_usage("there is no model '" + value + "'");
        asked.check = found->second;
    } else if (name == "--steps") {
        asked.limits.steps = number(value);
    } else if (name == "--configurations") {
        asked.limits.configurations = number(value);
    } else {
        throw wrong_usage("there is no option " + name);
    }
}

request read_arguments(const std::vector<std::string>& arguments) {
    request asked;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (!arguments[i].starts_with("--")) {
            asked.files.push_back(arguments[i]);
        } else if (i + 1 < arguments.size()) {
            set_option(asked, arguments[i], arguments[i + 1]);
            ++i;
        } else {
            throw wrong_usage(arguments[i] + " needs a value");
        }
    }
    if (!asked.check) throw wrong_usage("there is no --model");
    if (asked.files.empty()) throw wrong_usage("there is no FILE");
    return asked;
}

/// One bad file does not keep the others from being judged.
outcome check_all(const request& asked) {
    outcome worst = outcome::linearizable;
    for (const std::string& file : asked.files) {
        outcome one = outcome::wrong_input;
        try {
            one = asked.check(file, asked.limits);
        } catch (const malformed_text& reason) {
            std::cerr << reason.what() << '\n';
        }
        worst = std::max(worst, one);
    }
    return worst;
}

}  // namespace

int main(int argc, char* argv[]) {
    try {
        return exit_status(check_all(read_arguments({argv + 1, argv + argc})));
    } catch (const std::exception& reason) {
        std::cerr << reason.what() << "\n\n" << usage;
        return exit_status(outcome::wrong_input);
    }
}
