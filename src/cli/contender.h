#pragma once

#include <cstdint>
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
  int64_t bytes = 0;  ///< Of the Arrow batches in memory.
};

/// One way to get rows into DuckDB and out of it. One thread at a time.
class Contender {
 public:
  virtual ~Contender() = default;

  /// Makes `table` for `rows`, empty, where puts append to a table that is there already.
  virtual Status Prepare(const std::string& table, const RowSet& rows) = 0;

  /// Lands all of `rows` in `table` in one durable transaction. Where AppendsToTables is false the
  /// table must not be there yet.
  virtual Result<Sample> Put(const std::string& table, const RowSet& rows) = 0;

  [[nodiscard]] virtual bool AppendsToTables() const { return true; }

  /// Runs `sql` and takes every batch of its result, keeping none.
  virtual Result<Sample> Read(const std::string& sql) = 0;

  /// Runs a statement for what it does.
  virtual Status Run(const std::string& sql) { return Read(sql).status(); }
};

/// Through a server's door; `client` must outlive it.
std::unique_ptr<Contender> ThroughClient(client::Client& client);

/// DuckDB in this process; `baseline` must outlive it.
std::unique_ptr<Contender> InProcess(engine::Baseline& baseline);

}  // namespace arrowport::cli
