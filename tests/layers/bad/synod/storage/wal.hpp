#pragma once
#include <synod/paxos/acceptor.hpp>
