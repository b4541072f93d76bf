#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <arrow/type.h>

#include "base/call_control.h"
#include "base/worker_pool.h"
#include "engine/database.h"
#include "engine/shape.h"
#include "engine/table.h"
#include "service/added_columns.h"
#include "service/known_schemas.h"
#include "service/lanes.h"
#include "service/ledger.h"
#include "service/put.h"
#include "service/put_account.h"
#include "service/put_budget.h"
#include "service/router.h"

namespace arrowport::service {

/// What the puts of a server share. Outlives them.
struct PutSpace {
  PutSpace(std::shared_ptr<engine::Database> engine_database, const IngestOptions& ingest_options);

  /// Puts that are not over. Those that are still being sent do not count once it was stopped.
  [[nodiscard]] int64_t running() const;

  /// Fails small puts that wait, and all that come, with `reason`.
  void Stop(const Status& reason);

  const std::shared_ptr<engine::Database> database;
  const IngestOptions options;
  Ledger ledger;
  const std::shared_ptr<Lanes> lanes;
  PutBudget small_budget;
  PutBudget large_budget;
  std::atomic<int64_t> open_puts = 0;  ///< Begun, and not yet let go.
  std::atomic<bool> stopped = false;
  KnownSchemas known_schemas;
  WorkerPool threads;  ///< Begin transactions. Goes first.
};

/// Where the rows of a put go, and how.
struct PutTarget {
  engine::TableName table;
  std::shared_ptr<arrow::Schema> schema;  ///< With `added`.
  Route route = {};
  AddedColumns added = {};
  /// Null, or what values must be, as the schema says that the rule names. May block.
  std::function<Result<std::vector<engine::ShapeColumn>>()> read_checks = nullptr;
  std::function<std::string()> payload_digest = nullptr;  ///< As in the request.
  bool must_be_durable = false;                           ///< As there, too.
};

/// A put that nobody has written to.
///
/// As long as it is small it is only kept, within the budget for small puts; when it is finished it
/// is queued in the lane of its table. One that becomes large gets a transaction of its own,
/// through which it streams.
///
/// `keep_alive` owns what `space` and `account` refer to.
std::shared_ptr<Put> MakeStreamPut(PutSpace& space, PutTarget target, PutAccount account,
                                   const CallControl& control, std::shared_ptr<void> keep_alive);

}  // namespace arrowport::service
