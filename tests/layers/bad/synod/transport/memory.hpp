#pragma once
#include <synod/storage/wal.hpp>
