#pragma once
#include <synod/elsewhere/thing.hpp>
