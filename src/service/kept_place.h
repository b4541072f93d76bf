#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <arrow/type.h>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/append.h"
#include "engine/database.h"
#include "engine/result_stream.h"
#include "engine/session.h"
#include "engine/table.h"
#include "service/detachable_rows.h"
#include "service/spill_space.h"
#include "service/statement_place.h"

namespace arrowport::service {

/// A connection that a client keeps. Its statements run one after the other, however its results
/// are read: what nobody has read when the next statement comes is put aside (see DetachableRows).
///
/// BEGIN, COMMIT and ROLLBACK may come as text. Safe to use from many threads.
class KeptPlace final : public StatementPlace {
 public:
  KeptPlace(std::shared_ptr<engine::Session> session, std::shared_ptr<SpillSpace> space)
      : session_(std::move(session)), space_(std::move(space)) {}

  // The statement is run before this returns, or starts to. What stops the call stops it until
  // then; later only its reader does, or a `deadline` of `control`.
  Result<engine::QueryInfo> DescribeQuery(const engine::Statement& statement,
                                          const engine::QueryOptions& options,
                                          const CallControl& control) override;
  Result<std::shared_ptr<engine::ResultStream>> Query(const engine::Statement& statement,
                                                      const engine::QueryOptions& options,
                                                      const CallControl& control) override;
  Result<int64_t> ExecuteMany(const std::string& sql, const engine::ParameterRows& rows,
                              const CallControl& control) override;
  [[nodiscard]] bool is_kept() const override { return true; }

  // As of engine::Session.
  Result<std::shared_ptr<engine::Append>> BeginAppend(const engine::TableName& table,
                                                      const std::shared_ptr<arrow::Schema>& schema,
                                                      const engine::SessionAppendOptions& options,
                                                      const CallControl& control);
  Result<bool> HasTable(const engine::TableName& table, const CallControl& control);
  Result<bool> InTransaction(const CallControl& control);
  Status UseSchema(const std::string& catalog, const std::string& schema,
                   const CallControl& control);
  Result<engine::TableName> CurrentSchema(const CallControl& control);
  Status Set(const std::string& name, const std::optional<std::string>& value,
             const CallControl& control);

  /// Begins a transaction for a client that will end it by End. Clients like that send texts, too:
  /// from now on a BEGIN in a transaction and an end of none change nothing.
  Status Begin(const CallControl& control);
  /// Ends it, if a text has not.
  Status End(bool commit, const CallControl& control);

  /// Whether a transaction has begun, by call or by text, and was not ended so.
  [[nodiscard]] bool has_transaction() const { return session_->has_transaction(); }

  /// When a statement ran last, or was seen to have rows to be read.
  [[nodiscard]] Clock::time_point last_used();

 private:
  class Turn;

  Result<std::unique_ptr<Turn>> TakeTurn(const CallControl& control);
  Result<bool> RunTransactionText(const std::string& sql, const CallControl& control);

  const std::shared_ptr<engine::Session> session_;
  const std::shared_ptr<SpillSpace> space_;

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable_any turn_ended_;
  bool turn_taken_ = false;
  Clock::time_point last_used_ = Clock::now();

  // Of who has the turn, but for a look of last_used.
  std::weak_ptr<DetachableRows> last_rows_;  // Guarded by mutex_.
  bool forgives_texts_ = false;
};

}  // namespace arrowport::service
