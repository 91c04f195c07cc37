#pragma once
#include <synod/lock/table.hpp>

struct does_more {};
