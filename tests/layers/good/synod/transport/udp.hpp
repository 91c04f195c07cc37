#pragma once
#include <synod/base/slot.hpp>

#include <sys/socket.h>
