// tests/unit/lock/codec_laws.hpp - what every codec of lock/ keeps to.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/prng.hpp>
#include <synod/lock/detail/one_of_codec.hpp>
#include <synod/log/state_machine.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace synod::lock_test {

template <class Codec>
bytes encoded(const typename Codec::value_type& value) {
    bytes all;
    byte_writer out(all);
    Codec{}.encode(value, out);
    return all;
}

template <class Codec>
bool decodes(bytes_view from) {
    typename Codec::value_type value;
    return lock::detail::decode_whole<Codec>(from, value);
}

/// Whether the encoding of `value` is still one when one byte of it is replaced.
template <class Codec>
bool decodes_with(const typename Codec::value_type& value, std::size_t at, unsigned replacement) {
    bytes all = encoded<Codec>(value);
    all[at] = static_cast<std::byte>(replacement);
    return decodes<Codec>(all);
}

template <class Codec>
void check_round_trips(const std::vector<typename Codec::value_type>& values) {
    for (const auto& value : values) {
        typename Codec::value_type back;
        INFO("kind " << value.index());
        CHECK(lock::detail::decode_whole<Codec>(encoded<Codec>(value), back));
        CHECK(back == value);
    }
}

template <class Codec>
void check_refusals(const std::vector<typename Codec::value_type>& values) {
    for (const auto& value : values) {
        bytes all = encoded<Codec>(value);
        INFO("kind " << value.index());
        for (std::size_t size = 0; size < all.size(); ++size) {
            CHECK(!decodes<Codec>(bytes_view(all).first(size)));
        }
        CHECK(!decodes_with<Codec>(value, 0, 0));
        CHECK(!decodes_with<Codec>(value, 0, 2));
        CHECK(!decodes_with<Codec>(value, 1, unsigned{Codec::value_type::count}));
        CHECK(!decodes_with<Codec>(value, 1, 255));
        all.push_back(std::byte{0});
        CHECK(!decodes<Codec>(all));
    }
}

/// Damages encodings at random; whatever is still accepted encodes to the same bytes again.
template <class Codec>
void check_canonical(const std::vector<typename Codec::value_type>& values) {
    prng random(1);
    for (int i = 0; i < 20'000; ++i) {
        bytes all = encoded<Codec>(values[random.below(values.size())]);
        all[random.below(all.size())] = static_cast<std::byte>(random.below(256));
        typename Codec::value_type value;
        if (lock::detail::decode_whole<Codec>(all, value)) REQUIRE(encoded<Codec>(value) == all);
    }
}

}  // namespace synod::lock_test
