#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/append.h"
#include "engine/result_stream.h"
#include "engine/table.h"

namespace arrowport::engine {

struct QueryInfo;
struct QueryOptions;
struct Statement;

/// How the rows of an append in a session land.
struct SessionAppendOptions {
  bool if_missing = true;  ///< A table that is missing is made; otherwise it is kNotFound.
  bool if_there = true;    ///< One that is there takes them; otherwise it is kConflict.
  bool replace = false;    ///< What is under the table's name goes, in the same transaction.
  bool temporary = false;  ///< A table that is made is the session's alone, and goes with it.
};

/// A connection to the database that stays, with what belongs to one: a transaction, temporary
/// tables, settings. Statements see what those before them did.
///
/// One statement runs at a time; the next one waits until it is over, which for a query is when its
/// result was read to its end, was cancelled, or destroyed. Destroying the session rolls back. Safe
/// to use from many threads; errors as of Database, and kUnavailable once its database was closed.
class Session {
 public:
  virtual ~Session() = default;

  // As the functions of Database. In a transaction, ExecuteMany and appends join it, and what of
  // them fails half way leaves it to be rolled back. From then on all that DuckDB does not take in
  // such a transaction is kConflict, with the reason; ROLLBACK it takes, as text too, and before
  // other statements.
  virtual Result<std::shared_ptr<ResultStream>> Query(const Statement& statement,
                                                      const QueryOptions& options,
                                                      const CallControl& control) = 0;
  virtual Result<QueryInfo> DescribeQuery(const Statement& statement, const QueryOptions& options,
                                          const CallControl& control) = 0;
  virtual Result<int64_t> ExecuteMany(const std::string& sql,
                                      const std::vector<std::shared_ptr<arrow::RecordBatch>>& rows,
                                      const CallControl& control) = 0;
  virtual Result<std::shared_ptr<Append>> BeginAppend(const TableName& table,
                                                      const std::shared_ptr<arrow::Schema>& schema,
                                                      const SessionAppendOptions& options,
                                                      const CallControl& control) = 0;

  /// Whether there is a table or view of that name.
  virtual Result<bool> HasTable(const TableName& table, const CallControl& control) = 0;

  /// Whether a transaction goes on.
  virtual Result<bool> InTransaction(const CallControl& control) = 0;

  /// kConflict when there is a transaction already; Commit and RollBack when there is none.
  virtual Status Begin(const CallControl& control) = 0;
  /// Blocks until what was done is durable. After a failure it is rolled back, as is one that can
  /// only be, which is kConflict.
  virtual Status Commit(const CallControl& control) = 0;
  virtual Status RollBack(const CallControl& control) = 0;

  /// Has names without a catalog and schema be looked up there first. An empty `catalog`: the
  /// database's own; an empty `schema`: its first one.
  virtual Status UseSchema(const std::string& catalog, const std::string& schema,
                           const CallControl& control) = 0;
  /// Where that is now.
  virtual Result<TableName> CurrentSchema(const CallControl& control) = 0;

  /// Sets a setting of DuckDB for this session; nothing: as it is for others. kInvalidInput when it
  /// has no such value.
  virtual Status Set(const std::string& name, const std::optional<std::string>& value,
                     const CallControl& control) = 0;

  /// Whether a transaction went on when the last statement was over. Does not wait.
  [[nodiscard]] virtual bool has_transaction() const = 0;

  /// Whether a statement has the connection now, so that the next one would wait.
  [[nodiscard]] virtual bool is_busy() const = 0;
};

}  // namespace arrowport::engine
