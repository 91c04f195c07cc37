// tests/compile_fail/codec_decode.cpp - a codec that cannot say that bytes are malformed.
//
// SPDX-License-Identifier: BSL-1.0
//
// EXPECT: decodes

#include <synod/log/state_machine.hpp>

using namespace synod;

struct codec_of_int {
    using value_type = int;
    void encode(int value, byte_writer& out) const;
#ifdef CONTROL
    bool decode(byte_reader& in, int& value) const;
#else
    void decode(byte_reader& in, int& value) const;
#endif
};

template <codec Codec>
struct typed {};

typed<codec_of_int> made;
