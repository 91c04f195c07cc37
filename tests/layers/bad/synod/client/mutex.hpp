#pragma once
#include <synod/backend/etcd.hpp>
