// synod/testing/conformance.hpp - laws for the transport, the storage and the state machine that a
// user brings.
//
// Each law is a named constant and a check that runs the user's own type on random operations.
// `check_transport`, `check_storage` and `check_machine` return a report, which says of each law
// whether it held, and how to break it if it did not: call them from any test framework, or from
// main.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/check_machine.hpp>
#include <synod/testing/check_storage.hpp>
#include <synod/testing/check_transport.hpp>
#include <synod/testing/machine_laws.hpp>
#include <synod/testing/report.hpp>
#include <synod/testing/storage_laws.hpp>
#include <synod/testing/transport_laws.hpp>
