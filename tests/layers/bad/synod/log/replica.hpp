#pragma once
#include <synod/transport/memory.hpp>
