#pragma once

#include <chrono>

#include "cli/row_set.h"

namespace arrowport::cli {

/// Clients that put the same rows into one table again and again, as fast as they are acknowledged.
/// Each put is a transaction of its own to its client, and durable when it is acknowledged. Each
/// client puts once before it counts.
struct PutLoad {
  const RowSet* rows = nullptr;  ///< Of one put.
  int clients = 1;
  std::chrono::duration<double> duration{2};
};

}  // namespace arrowport::cli
