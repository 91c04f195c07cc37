// The whole; an umbrella only includes.

#pragma once
#include <synod/host/thread_host.hpp>
#include <synod/paxos.hpp>
