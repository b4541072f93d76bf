#pragma once

#include <cstdint>
#include <string>

namespace arrowport::cli {

/// What figures were measured on.
struct Machine {
  std::string processor;  ///< "AMD EPYC 7763 64-Core Processor"; its architecture when not known.
  unsigned cores = 0;
  int64_t memory_bytes = 0;  ///< 0: not known.
  std::string system;        ///< "Linux 6.1.0"
};

Machine ThisMachine();

}  // namespace arrowport::cli
