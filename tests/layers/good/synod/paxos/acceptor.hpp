#pragma once
#include <synod/base/slot.hpp>
#include <synod/paxos/detail/votes.hpp>

#include <vector>

// #include <thread> in a comment counts for nothing.
