// tests/unit/lock/driver.cpp - the driver of the table that ships, compiled once for all tests.
//
// SPDX-License-Identifier: BSL-1.0

#include "driver.hpp"

#include <synod/lock/table.hpp>

namespace synod::lock_test {

template class driver<lock::rules>;

bytes snapshot_of(const lock::table& machine) {
    bytes all;
    byte_writer out(all);
    machine.snapshot(out);
    return all;
}

bool restore(lock::table& machine, bytes_view from) {
    byte_reader in(from);
    return machine.restore(in) && in.finished();
}

}  // namespace synod::lock_test
