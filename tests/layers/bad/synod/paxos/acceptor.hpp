#pragma once
#include <synod/log/replica.hpp>
