#pragma once
#include <synod/paxos.hpp>
