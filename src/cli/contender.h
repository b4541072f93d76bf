#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "cli/point_load.h"
#include "cli/put_load.h"
#include "cli/row_set.h"
#include "client/client.h"
#include "engine/baseline.h"

namespace arrowport::cli {

/// One timed piece of work.
struct Sample {
  double seconds = 0;      ///< Of a load: the median of one answer.
  int64_t rows = 0;        ///< Of a load: its answers.
  int64_t bytes = 0;       ///< Of the Arrow batches in memory.
  int64_t wire_bytes = 0;  ///< Of a read, as they were sent; 0: not known.

  // Of a load only.
  double p99_seconds = 0;
  double per_second = 0;  ///< Answers, of all clients together.
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

  /// Has clients of this kind ask for single rows.
  virtual Result<Sample> Points(const PointLoad& /*load*/) {
    return MakeError(ErrorKind::kNotImplemented, "asks for no single rows");
  }

  /// Has clients of this kind put into `table`, which Prepare has made.
  virtual Result<Sample> Puts(const std::string& /*table*/, const PutLoad& /*load*/) {
    return MakeError(ErrorKind::kNotImplemented, "puts with one client only");
  }

  /// Runs a statement for what it does.
  virtual Status Run(const std::string& sql) { return Read(sql).status(); }
};

/// Through a server's door; `client` must outlive it.
std::unique_ptr<Contender> ThroughClient(client::Client& client);

/// The same with connections of its own to the server at `url`, one for each client of a load. The
/// clients of a load have a thread each, but those that put over HTTP have one together
/// (PutOverHttp). Over Flight with `endpoints` > 0 a result is read in so many streams at once.
Result<std::unique_ptr<Contender>> ThroughServer(const std::string& url, int endpoints = 0);

/// The same over Flight; each client of a load of puts keeps one call, in which each put is a batch
/// that is committed.
Result<std::unique_ptr<Contender>> ThroughKeptPuts(const std::string& url);

/// DuckDB in this process; `baseline` must outlive it. Clients of a load have a thread and a
/// connection each.
std::unique_ptr<Contender> InProcess(engine::Baseline& baseline,
                                     engine::Baseline::Plan plan = engine::Baseline::Plan::kNew);

}  // namespace arrowport::cli
