#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "cli/row_set.h"
#include "client/client.h"
#include "engine/baseline.h"

namespace arrowport::cli {

/// One timed piece of work.
struct Sample {
  double seconds = 0;
  int64_t rows = 0;
  int64_t bytes = 0;  ///< Of the Arrow batches in memory; 0: not known.
};

/// One way to get rows into DuckDB and out of it. One thread at a time.
class Contender {
 public:
  virtual ~Contender() = default;

  /// Lands all of `rows` in `table`, which is created, in one durable transaction.
  virtual Result<Sample> Put(const std::string& table, const RowSet& rows) = 0;

  /// Runs `sql` and takes every batch of its result, keeping none.
  virtual Result<Sample> Read(const std::string& sql) = 0;
};

/// Through a server's door; `client` must outlive it.
std::unique_ptr<Contender> ThroughClient(client::Client& client);

/// DuckDB in this process; `baseline` must outlive it.
std::unique_ptr<Contender> InProcess(engine::Baseline& baseline);

/// Runs a statement for what it does, through whatever way.
Status RunUntimed(Contender& contender, const std::string& sql);

}  // namespace arrowport::cli
