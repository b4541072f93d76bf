#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"
#include "engine/append.h"
#include "engine/data_source.h"
#include "engine/exchange.h"
#include "engine/result_stream.h"
#include "engine/session.h"
#include "engine/shape.h"
#include "engine/table.h"
#include "engine/table_read.h"
#include "engine/table_rows.h"

namespace arrowport::engine {

/// The schema of what arrowport itself keeps in a database. Lists of tables leave it out. (No name
/// that a database file is likely to have: DuckDB refuses names that mean a catalog and a schema.)
inline constexpr std::string_view kOwnSchema = "_arrowport";

/// The path of a database that is nowhere but in memory.
inline constexpr std::string_view kInMemoryPath = ":memory:";

struct CheckpointOptions {
  /// The log is written into the file when it has so much. All writers wait meanwhile, about 2 ms a
  /// MiB, and a start after a crash takes 8 ms a MiB to read it: few long waits, or many short
  /// ones. Or when it has a quarter of DuckDB's memory, where that is less.
  int64_t wal_bytes_max = 192 * kMiB;
  /// The same when nothing was written for so long: then nobody waits.
  std::chrono::milliseconds idle{2'000};
};

struct DatabaseOptions {
  std::string path{kInMemoryPath};  ///< A DuckDB file, created when missing.
  int64_t memory_bytes_max = 0;     ///< DuckDB's memory limit; 0: 80 % of the machine's.
  int threads = 0;                  ///< DuckDB's worker threads; 0: one per core.
  std::string temp_directory = {};  ///< For spilling; empty: beside the file.
  std::string extension_directory =
      {};  ///< Where signed extensions lie; empty: DuckDB's own place.
  int64_t result_bytes_max = 16 * kMiB;  ///< Bound on what one query may have ready for its reader.
  int64_t server_result_bytes_max = 128 * kMiB;  ///< Bound on what all queries may have together.
  /// Bound on the memory of all plans together, which is none of DuckDB's, and on the time to make
  /// one; 0: no such time.
  int64_t planning_bytes_max = 256 * kMiB;
  std::chrono::milliseconds planning_time_max{10'000};
  int64_t put_bytes_max = 64 * kMiB;          ///< Bound on what one append may have waiting.
  std::vector<DataSource> data_sources = {};  ///< Files that are served as views.
  CheckpointOptions checkpoint = {};
  /// Of the disk of `path`; below it no puts are taken. 0: none.
  int64_t disk_reserve_bytes = 0;
};

/// SQL text with values for its parameters, in order. Values are bound with their Arrow types.
struct Statement {
  std::string sql;
  std::vector<std::shared_ptr<arrow::Scalar>> parameters;
};

struct QueryOptions {
  bool ordered = true;  ///< Keep the order that SQL or the table has; false may be faster.
  /// kForbidden for anything but one statement that only reads: SELECT and what DuckDB makes one
  /// (FROM, VALUES, DESCRIBE, SHOW, SUMMARIZE), and EXPLAIN.
  bool read_only = false;
};

struct QueryInfo {
  /// Of its rows. Where that depends on parameters which have no value yet: as if they were NULL.
  std::shared_ptr<arrow::Schema> schema;
  bool ordered = true;       ///< As ResultStream::ordered.
  bool writes = false;       ///< It may change something, so that it matters how often it runs.
  bool returns_rows = true;  ///< Otherwise it answers how many it changed, or nothing.
  /// A field for each parameter, named by its position from 1; text where DuckDB takes any type.
  std::shared_ptr<arrow::Schema> parameters;
};

/// Each row is a set of values for the parameters of a statement, in their order. Valid in full.
using ParameterRows = std::vector<std::shared_ptr<arrow::RecordBatch>>;

/// Of all batches together.
int64_t CountRows(const ParameterRows& rows);

/// What the engine is doing and holding now.
struct Counters {
  int64_t running_queries = 0;      ///< Results neither read to their end nor failed.
  int64_t running_appends = 0;      ///< Appends that are not committed or rolled back.
  int64_t result_bytes_held = 0;    ///< By all results: made or in the making, and not yet let go.
  int64_t duckdb_memory_bytes = 0;  ///< What DuckDB's buffer manager accounts for.
  int64_t wal_bytes = 0;            ///< Size of the write-ahead log; 0 in memory.
  int64_t open = 0;                 ///< 1 while the database answers, else 0.
  int64_t times_reopened = 0;       ///< After DuckDB had given it up.
  int64_t disk_free_bytes = 0;      ///< Of the disk of the database; 0 in memory.
};

/// The one door to DuckDB. Safe to use from many threads; everything that it hands out keeps it
/// alive. No exception leaves it.
///
/// When DuckDB gives up an open file, as it does when the disk fails it, the file is closed and
/// opened again by itself: what runs ends with kUnavailable, and so does each call until that is
/// done. What the clients have set, attached or kept temporary is gone then, as after a start.
class Database {
 public:
  /// Opens or creates the database of `options.path`. A file that another process has open is
  /// kUnavailable and names the file and its holder.
  static Result<std::shared_ptr<Database>> Open(const DatabaseOptions& options);

  virtual ~Database() = default;

  /// Plans `statement` and starts it. Several statements run in order, and the last one's result
  /// is the result; only a single statement can have parameters. Statements that are no
  /// queries answer as DuckDB does: those that change rows with one row, `Count`; others with none.
  /// kOverloaded when so many results are being read that there is no memory for one more.
  virtual Result<std::shared_ptr<ResultStream>> Query(const Statement& statement,
                                                      const QueryOptions& options,
                                                      const CallControl& control) = 0;

  /// What the result of `statement` would be, without running it.
  virtual Result<QueryInfo> DescribeQuery(const Statement& statement, const QueryOptions& options,
                                          const CallControl& control) = 0;

  /// Runs `sql`, a single statement, once for each row of `rows`, in one transaction. Blocks until
  /// that is committed. Errors name the row.
  /// \return how many rows it changed, or returned where it returns rows, all runs together.
  virtual Result<int64_t> ExecuteMany(const std::string& sql, const ParameterRows& rows,
                                      const CallControl& control) = 0;

  /// A connection of its own, for a client that is to keep one.
  virtual Result<std::shared_ptr<Session>> OpenSession() = 0;

  /// How many rows the result of `statement` would have, where that is known without reading them:
  /// all rows of one table, or of a view over Parquet files of this machine. -1: not known.
  virtual Result<int64_t> KnownRows(const Statement& statement, const CallControl& control) = 0;

  /// Begins an append of batches of `schema` to `table`, columns matched by name. Types without a
  /// mapping are refused by name. A table that is being created by another append is waited for.
  virtual Result<std::shared_ptr<Append>> BeginAppend(const TableName& table,
                                                      const std::shared_ptr<arrow::Schema>& schema,
                                                      const AppendOptions& options,
                                                      const CallControl& control) = 0;

  /// That rows of `schema` could land in `table` now, or make it; `landing` as in AppendOptions.
  /// Errors as of BeginAppend.
  virtual Status CheckAppend(const TableName& table, const std::shared_ptr<arrow::Schema>& schema,
                             const Landing* landing) = 0;

  /// Lands all of `parts` in one transaction, on the calling thread, as durably as a finished
  /// append; or nothing of them. Tables that are missing are made. Quick for few rows: parts of one
  /// table and schema that follow each other are joined, and no statement is planned for them.
  /// kUnavailable, with nothing done, when the database is not of `edition` any more.
  virtual JointOutcome AppendTogether(const std::vector<TableRows>& parts, int64_t edition) = 0;
  JointOutcome AppendTogether(const std::vector<TableRows>& parts) {
    return AppendTogether(parts, edition());
  }

  /// Begins `statement` over batches of `schema`, which it reads as the table `options.input_name`,
  /// once. Types without a mapping are refused by name.
  virtual Result<std::shared_ptr<Exchange>> BeginExchange(
      const Statement& statement, const std::shared_ptr<arrow::Schema>& schema,
      const ExchangeOptions& options, const CallControl& control) = 0;

  /// Whether `statement`, a single one, reads a table that it calls `name`.
  virtual Result<bool> ReadsTable(const Statement& statement, const std::string& name) = 0;

  /// That `statement` is a single SELECT that reads a table which it calls `name`.
  /// \return kInvalidInput that says what it is instead.
  virtual Status CheckSelectsFrom(const Statement& statement, const std::string& name) = 0;

  /// Tables, views, and views of data files, without the system's and our own, by schema and name.
  virtual Result<std::vector<TableInfo>> ListTables(const CallControl& control) = 0;

  virtual Result<TableInfo> DescribeTable(const TableName& table, const CallControl& control) = 0;

  /// Whether `shape` makes sense and its source has it.
  /// \return kInvalidInput, by column, for what it can never be; kConflict with each column of the
  ///   source that does not fit.
  virtual Status CheckShape(const Shape& shape) = 0;

  /// The statement for the rows of `shape`'s source that `read` asks for, in that shape. Errors as
  /// of CheckShape, and kInvalidInput that names the text of `read`.
  virtual Result<Statement> PlanShapedRead(const Shape& shape, const TableRead& read) = 0;

  /// The statement that tells whether the values of `shape`'s source keep to it.
  virtual Result<ShapeAudit> PlanShapeAudit(const Shape& shape) = 0;

  /// The version of a table, which is another one as soon as its rows or columns may have changed,
  /// and after each start. What is read after this was asked for is of that version or newer.
  /// kNotFound for views and for tables of other systems, of which nobody can tell.
  virtual Result<VersionedTable> TableVersion(const TableName& table) = 0;

  /// Writes the write-ahead log into the database file.
  virtual Status Checkpoint() = 0;

  [[nodiscard]] virtual Counters counters() const = 0;

  /// 1, and one more for each time that the file was opened again. What was read of an earlier
  /// edition may lack what was being committed at its end.
  [[nodiscard]] virtual int64_t edition() const = 0;

  /// kUnavailable with the reason while the file is not open, or DuckDB has given it up. Quick.
  [[nodiscard]] virtual Status CheckOpen() const = 0;

  /// That there is room for more rows: kStorageFull below the reserve. Quick.
  virtual Status CheckRoom() = 0;

  /// Ends every query and append that runs with `reason`.
  virtual void CancelAll(const Status& reason) = 0;

  /// Cancels what runs, checkpoints and closes the file. Later calls are kUnavailable.
  virtual Status Close() = 0;
};

/// Of the DuckDB library that is loaded: "v1.5.5".
std::string DuckDbVersion();

}  // namespace arrowport::engine
