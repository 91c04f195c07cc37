// tests/unit/testing/history_text.cpp - histories as they are written, and every line that is
// refused.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/history_text.hpp>
#include <synod/testing/linearizability.hpp>
#include <synod/testing/models.hpp>
#include <synod/testing/models_text.hpp>

#include "support/catch.hpp"

#include <sstream>
#include <string>

using namespace synod;
using testing::cas_register_model;
using testing::ending;
using testing::event_kind;
using testing::kv_append_model;
using testing::malformed_text;
using testing::mutex_model;
using testing::process_id;

namespace {

template <class Model>
testing::read_history<Model> read(const std::string& text) {
    std::istringstream in(text);
    return testing::read_history_from<Model>(in, "some.log");
}

template <class Model>
std::string refusal(const std::string& text) {
    try {
        static_cast<void>(read<Model>(text));
    } catch (const malformed_text& reason) {
        return reason.what();
    }
    return "no refusal";
}

/// An operation map of process 0.
std::string map(const std::string& type, const std::string& function, const std::string& rest) {
    return "{:process 0, :type :" + type + ", :f :" + function + ", " + rest + "}\n";
}

/// A line of a log, of process 0.
std::string log(const std::string& type, const std::string& function, const std::string& value) {
    return "INFO  jepsen.util - 0\t:" + type + "\t:" + function + "\t" + value + "\n";
}

std::string map_refusal(const std::string& fields) {
    return refusal<mutex_model>("{" + fields + "}");
}

}  // namespace

TEST_CASE("a line of a log and an operation map say the same") {
    for (const std::string line :
         {"INFO  jepsen.util - 12\t:fail\t:cas\t[3 0]", "INFO jepsen.util - 12 :fail :cas [3 0] ",
          "{:process 12, :type :fail, :f :cas, :value [3 0]}",
          "{:index 9 :time 7 :value [3 0] :f :cas :type :fail :process 12 :error :conflict}\r"}) {
        CAPTURE(line);
        const testing::event_text event = testing::read_event(line);
        CHECK(event.process == process_id(12));
        CHECK(event.kind == event_kind::fail);
        CHECK(event.function == "cas");
        CHECK_FALSE(event.key);
        CHECK(event.value == testing::edn_value{std::vector<testing::edn_value>{{3}, {0}}});
    }
}

TEST_CASE("operations of a register are read") {
    const auto made =
        read<cas_register_model>(log("invoke", "write", "4") + log("ok", "write", "4") + "\n" +
                                 log("invoke", "read", "nil") + log("ok", "read", "4") +
                                 log("invoke", "cas", "[4 5]") + log("fail", "cas", "[4 5]") +
                                 log("invoke", "read", "nil") + log("fail", "read", ":timed-out") +
                                 log("invoke", "read", "nil") + log("fail", "read", "nil") +
                                 log("invoke", "cas", "[4 6]") + log("info", "cas", ":timed-out"));
    const auto& all = made.events.operations();
    REQUIRE(all.size() == 6);
    CHECK(all[0].operation.input.function == cas_register_model::function::write);
    CHECK(all[0].operation.input.desired == 4);
    CHECK(all[1].operation.input.function == cas_register_model::function::read);
    REQUIRE(all[1].operation.output);
    CHECK(all[1].operation.output->seen == 4);
    CHECK(all[2].operation.input.expected == 4);
    CHECK(all[2].operation.input.desired == 5);
    CHECK(all[2].ending == ending::failed);
    CHECK(all[3].ending == ending::returned);
    CHECK_FALSE(all[3].operation.output);
    CHECK(all[4].ending == ending::failed);
    CHECK(all[5].ending == ending::abandoned);
    CHECK(made.lines.size() == made.events.events());
    CHECK(made.lines[2].number == 4);  // an empty line is a line
    CHECK(made.lines[2].text + "\n" == log("invoke", "read", "nil"));
}

TEST_CASE("a read of nil saw that the value is absent") {
    const auto made =
        read<cas_register_model>(log("invoke", "read", "nil") + log("ok", "read", "nil"));
    const auto& output = made.events.operations().at(0).operation.output;
    REQUIRE(output);
    CHECK_FALSE(output->seen);
}

TEST_CASE("operations on keys are read") {
    const auto made = read<kv_append_model>(map("invoke", "append", ":key \"a\" :value \"x\"") +
                                            map("ok", "append", ":key \"a\" :value \"x\"") +
                                            map("invoke", "put", ":key \"b\" :value \"y\"") +
                                            map("info", "put", ":key \"b\" :value nil") +
                                            map("invoke", "get", ":key \"a\" :value nil") +
                                            map("ok", "get", ":key \"a\" :value \"x\""));
    const auto& all = made.events.operations();
    REQUIRE(all.size() == 3);
    CHECK(all[0].operation.input.function == kv_append_model::function::append);
    CHECK(all[0].operation.input.text == "x");
    CHECK(all[1].operation.input.function == kv_append_model::function::put);
    CHECK(all[1].operation.input.key == "b");
    CHECK(all[2].operation.input.function == kv_append_model::function::get);
    CHECK(all[2].operation.output == "x");
}

TEST_CASE("operations on mutexes are read, with names and without") {
    const auto made = read<mutex_model>(map("invoke", "acquire", ":value nil") +
                                        map("ok", "acquire", ":value nil") +
                                        map("invoke", "release", ":value nil, :key \"m\"") +
                                        map("fail", "release", ":value nil, :key \"m\""));
    const auto& all = made.events.operations();
    REQUIRE(all.size() == 2);
    CHECK(all[0].operation.input.function == mutex_model::function::acquire);
    CHECK(all[0].operation.input.mutex.empty());
    REQUIRE(all[0].operation.output);
    CHECK(all[0].operation.output->succeeded);
    CHECK(all[1].operation.input.function == mutex_model::function::release);
    CHECK(all[1].operation.input.mutex == "m");
    CHECK(all[1].ending == ending::failed);
}

TEST_CASE("a refusal names the file, the line and the reason") {
    CHECK(refusal<mutex_model>(map("invoke", "acquire", ":value nil") + "\nnonsense and more\n") ==
          "some.log:3: neither an operation map nor a line of Jepsen's log");
    CHECK(refusal<mutex_model>("") == "some.log: there are no events");
    CHECK(refusal<mutex_model>("\n \n") == "some.log: there are no events");
}

TEST_CASE("an operation map has each field once, and no other") {
    CHECK(map_refusal(":process 0, :type :invoke, :f :acquire, :value nil") == "no refusal");
    CHECK(map_refusal(":type :invoke, :f :acquire, :value nil") ==
          "some.log:1: :process is missing");
    CHECK(map_refusal(":process 0, :f :acquire, :value nil") == "some.log:1: :type is missing");
    CHECK(map_refusal(":process 0, :type :invoke, :value nil") == "some.log:1: :f is missing");
    CHECK(map_refusal(":process 0, :type :invoke, :f :acquire") == "some.log:1: :value is missing");
    CHECK(map_refusal(":process 0 :process 0") == "some.log:1: :process stands there twice");
    CHECK(map_refusal(":thread 0") == "some.log:1: unknown field :thread");
    CHECK(map_refusal("0 0") == "some.log:1: a field's name is not a keyword");
    CHECK(map_refusal(":key 7") == "some.log:1: the key is not a text");
    CHECK(map_refusal(":type 7") == "some.log:1: :type is not a keyword");
    CHECK(map_refusal(":type :okay") == "some.log:1: unknown type of event :okay");
    CHECK(map_refusal(":f \"acquire\"") == "some.log:1: :f is not a keyword");
    CHECK(map_refusal(":process :nemesis") == "some.log:1: the process is not a natural number");
    CHECK(map_refusal(":process -1") == "some.log:1: the process is not a natural number");
    CHECK(refusal<mutex_model>("{:process 0") == "some.log:1: a value is missing at the end");
    CHECK(refusal<mutex_model>(map("invoke", "acquire", ":value nil} {")) ==
          "some.log:1: there is more than expected before '{}'");
}

TEST_CASE("a line of a log has all of its words and no more") {
    const auto refused = [](const std::string& text) { return refusal<cas_register_model>(text); };
    const std::string line = log("invoke", "read", "nil");
    CHECK(refused(line) == "no refusal");
    CHECK(refused("WARN " + line) ==
          "some.log:1: neither an operation map nor a line of Jepsen's log");
    CHECK(refused("INFO jepsen.util -") == "some.log:1: a value is missing at the end");
    CHECK(refused("INFO jepsen.util - 0 :invoke") == "some.log:1: a value is missing at the end");
    CHECK(refused("INFO jepsen.util - 0 :invoke :read") ==
          "some.log:1: a value is missing at the end");
    CHECK(refused("INFO jepsen.util - 0 :invoke :read nil nil") ==
          "some.log:1: there is more than expected before 'nil'");
    CHECK(refused("INFO jepsen.util - 0 invoke :read nil") ==
          "some.log:1: 'invoke' is neither nil nor a number nor a keyword");
}

TEST_CASE("events that cannot follow those before are refused") {
    const std::string call = map("invoke", "acquire", ":value nil");
    CHECK(refusal<mutex_model>(call + call) == "some.log:2: process 0 still waits for an answer");
    for (const std::string kind : {"ok", "fail", "info"}) {
        CHECK(refusal<mutex_model>(map(kind, "acquire", ":value nil")) ==
              "some.log:1: process 0 has called nothing");
        CHECK(refusal<mutex_model>(call + map(kind, "acquire", ":value nil") + call) ==
              "no refusal");
    }
    CHECK(refusal<mutex_model>(call + map("ok", "release", ":value nil")) ==
          "some.log:2: process 0 has called something else");
    CHECK(refusal<mutex_model>(call + map("ok", "acquire", ":key \"m\" :value nil")) ==
          "some.log:2: process 0 has called something else");
}

TEST_CASE("a register refuses what it cannot be asked") {
    const auto called = [](const std::string& function, const std::string& value) {
        return refusal<cas_register_model>(log("invoke", function, value));
    };
    CHECK(called("read", "1") == "some.log:1: the value of :read is not nil");
    CHECK(called("write", "nil") == "some.log:1: the value is not a number");
    CHECK(called("cas", "1") == "some.log:1: the value is not [expected desired]");
    CHECK(called("cas", "[1 2 3]") == "some.log:1: the value is not [expected desired]");
    CHECK(called("cas", "[1 nil]") == "some.log:1: the value is not a number");
    CHECK(called("append", "1") == "some.log:1: unknown function :append");
    CHECK(refusal<cas_register_model>(map("invoke", "read", ":key \"k\" :value nil")) ==
          "some.log:1: a register has no key");
    CHECK(refusal<cas_register_model>(log("invoke", "write", "1") + log("ok", "write", "2")) ==
          "some.log:2: the answer to :write has another value than the call");
    CHECK(refusal<cas_register_model>(log("invoke", "read", "nil") + log("ok", "read", ":odd")) ==
          "some.log:2: the value is not a number");
}

TEST_CASE("keys and mutexes refuse what they cannot be asked") {
    const auto keyed = [](const std::string& function, const std::string& rest) {
        return refusal<kv_append_model>(map("invoke", function, rest));
    };
    CHECK(keyed("get", ":value nil") == "some.log:1: there is no :key");
    CHECK(keyed("get", ":key \"k\" :value \"x\"") == "some.log:1: the value of :get is not nil");
    CHECK(keyed("put", ":key \"k\" :value 1") == "some.log:1: the value is not a text");
    CHECK(keyed("append", ":key \"k\" :value nil") == "some.log:1: the value is not a text");
    CHECK(keyed("read", ":key \"k\" :value nil") == "some.log:1: unknown function :read");
    const auto get = [](const std::string& kind, const std::string& value) {
        return map(kind, "get", ":key \"k\" :value " + value);
    };
    CHECK(refusal<kv_append_model>(get("invoke", "nil") + get("ok", "nil")) ==
          "some.log:2: the value is not a text");

    CHECK(refusal<mutex_model>(map("invoke", "acquire", ":value 1")) ==
          "some.log:1: the value of :acquire is not nil");
    CHECK(refusal<mutex_model>(map("invoke", "lock", ":value nil")) ==
          "some.log:1: unknown function :lock");
    CHECK(refusal<mutex_model>(map("invoke", "acquire", ":value nil") +
                               map("ok", "acquire", ":value 1")) ==
          "some.log:2: the answer to :acquire has another value than the call");
}
