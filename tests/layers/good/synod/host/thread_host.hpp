#pragma once
#include <synod/transport/udp.hpp>
#include <synod/wire/codec.hpp>

#include <thread>
