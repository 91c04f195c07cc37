#pragma once
  #  include <chrono>
