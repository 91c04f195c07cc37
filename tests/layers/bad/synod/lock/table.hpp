#pragma once
#include <synod/wire/codec.hpp>
