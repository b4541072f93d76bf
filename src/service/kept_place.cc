#include "service/kept_place.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include <arrow/type.h>

#include "base/call_control.h"
#include "base/error.h"
#include "base/wait.h"
#include "engine/append.h"
#include "engine/database.h"
#include "engine/parsed_text.h"
#include "engine/result_stream.h"
#include "engine/session.h"
#include "engine/table.h"
#include "service/detachable_rows.h"
#include "service/held_rows.h"

namespace arrowport::service {
namespace {

using engine::ParsedText;

// Long enough for any statement that begins or ends a transaction, with some words about it.
constexpr size_t kTransactionTextMax = 4'096;

// As DuckDB answers such a statement.
HeldRows NoRows() {
  return {.schema = arrow::schema({arrow::field("Success", arrow::boolean())}), .batches = {}};
}

}  // namespace

/// Keeps others away from the connection until it goes.
class KeptPlace::Turn {
 public:
  explicit Turn(KeptPlace& place) : place_(place) {}
  ~Turn() {
    const std::lock_guard lock(place_.mutex_);
    place_.turn_taken_ = false;
    place_.last_used_ = Clock::now();
    place_.turn_ended_.notify_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  KeptPlace& place_;
};

Result<std::unique_ptr<KeptPlace::Turn>> KeptPlace::TakeTurn(const CallControl& control) {
  std::shared_ptr<DetachableRows> rows;
  {
    std::unique_lock lock(mutex_);
    const auto ended = WaitFor(turn_ended_, lock, control, [this] { return !turn_taken_; });
    if (ended == ErrorKind::kCancelled) {
      return MakeError(*ended, "the caller cancelled the statement");
    }
    if (ended) {
      return MakeError(*ended, "the deadline passed while another statement of the session ran");
    }
    turn_taken_ = true;
    rows = last_rows_.lock();
    last_rows_.reset();
  }
  auto turn = std::make_unique<Turn>(*this);
  if (rows != nullptr && session_->is_busy()) {
    const Status detached = DetachableRows::Detach(rows, control);
    if (!detached.ok()) {
      // The next one has to wait for it as well.
      const std::lock_guard lock(mutex_);
      last_rows_ = rows;
      return detached;
    }
  }
  return turn;
}

Result<bool> KeptPlace::RunTransactionText(const std::string& sql, const CallControl& control) {
  if (sql.size() > kTransactionTextMax) return false;
  const auto text = engine::ParseText(sql).transaction;
  if (text == ParsedText::Transaction::kNone) return false;
  ARROW_ASSIGN_OR_RAISE(const bool in_transaction, session_->InTransaction(control));
  const bool begins = text == ParsedText::Transaction::kBegin;
  // What is asked for is so already.
  if (forgives_texts_ && begins == in_transaction) return true;
  if (begins) {
    ARROW_RETURN_NOT_OK(session_->Begin(control));
  } else if (text == ParsedText::Transaction::kCommit) {
    ARROW_RETURN_NOT_OK(session_->Commit(control));
  } else {
    ARROW_RETURN_NOT_OK(session_->RollBack(control));
  }
  return true;
}

Result<engine::QueryInfo> KeptPlace::DescribeQuery(const engine::Statement& statement,
                                                   const engine::QueryOptions& options,
                                                   const CallControl& control) {
  ARROW_ASSIGN_OR_RAISE(const auto turn, TakeTurn(control));
  return session_->DescribeQuery(statement, options, control);
}

Result<std::shared_ptr<engine::ResultStream>> KeptPlace::Query(const engine::Statement& statement,
                                                               const engine::QueryOptions& options,
                                                               const CallControl& control) {
  ARROW_ASSIGN_OR_RAISE(const auto turn, TakeTurn(control));
  ARROW_ASSIGN_OR_RAISE(const bool is_done, RunTransactionText(statement.sql, control));
  if (is_done) return OpenHeldRows(NoRows());
  // The call that starts it ends before its rows are read.
  std::stop_source stop;
  const std::stop_callback<std::function<void()>> on_stop(control.stop,
                                                          [&stop] { stop.request_stop(); });
  ARROW_ASSIGN_OR_RAISE(auto rows,
                        session_->Query(statement, options,
                                        {.deadline = control.deadline, .stop = stop.get_token()}));
  auto detachable = std::make_shared<DetachableRows>(std::move(rows), space_);
  const std::lock_guard lock(mutex_);
  last_rows_ = detachable;
  return detachable;
}

Result<int64_t> KeptPlace::ExecuteMany(const std::string& sql, const engine::ParameterRows& rows,
                                       const CallControl& control) {
  ARROW_ASSIGN_OR_RAISE(const auto turn, TakeTurn(control));
  ARROW_ASSIGN_OR_RAISE(const bool is_done, RunTransactionText(sql, control));
  if (is_done) return 0;
  return session_->ExecuteMany(sql, rows, control);
}

Result<std::shared_ptr<engine::Append>> KeptPlace::BeginAppend(
    const engine::TableName& table, const std::shared_ptr<arrow::Schema>& schema,
    const engine::SessionAppendOptions& options, const CallControl& control) {
  ARROW_ASSIGN_OR_RAISE(const auto turn, TakeTurn(control));
  return session_->BeginAppend(table, schema, options, control);
}

Result<bool> KeptPlace::HasTable(const engine::TableName& table, const CallControl& control) {
  ARROW_ASSIGN_OR_RAISE(const auto turn, TakeTurn(control));
  return session_->HasTable(table, control);
}

Result<bool> KeptPlace::InTransaction(const CallControl& control) {
  ARROW_ASSIGN_OR_RAISE(const auto turn, TakeTurn(control));
  return session_->InTransaction(control);
}

Status KeptPlace::UseSchema(const std::string& catalog, const std::string& schema,
                            const CallControl& control) {
  ARROW_ASSIGN_OR_RAISE(const auto turn, TakeTurn(control));
  return session_->UseSchema(catalog, schema, control);
}

Result<engine::TableName> KeptPlace::CurrentSchema(const CallControl& control) {
  ARROW_ASSIGN_OR_RAISE(const auto turn, TakeTurn(control));
  return session_->CurrentSchema(control);
}

Status KeptPlace::Set(const std::string& name, const std::optional<std::string>& value,
                      const CallControl& control) {
  ARROW_ASSIGN_OR_RAISE(const auto turn, TakeTurn(control));
  return session_->Set(name, value, control);
}

Status KeptPlace::Begin(const CallControl& control) {
  ARROW_ASSIGN_OR_RAISE(const auto turn, TakeTurn(control));
  ARROW_RETURN_NOT_OK(session_->Begin(control));
  forgives_texts_ = true;
  return Status::OK();
}

Status KeptPlace::End(bool commit, const CallControl& control) {
  ARROW_ASSIGN_OR_RAISE(const auto turn, TakeTurn(control));
  ARROW_ASSIGN_OR_RAISE(const bool in_transaction, session_->InTransaction(control));
  forgives_texts_ = false;
  if (!in_transaction) return Status::OK();
  return commit ? session_->Commit(control) : session_->RollBack(control);
}

Clock::time_point KeptPlace::last_used() {
  const bool is_busy = session_->is_busy();
  const std::lock_guard lock(mutex_);
  if (is_busy || turn_taken_ || !last_rows_.expired()) last_used_ = Clock::now();
  return last_used_;
}

}  // namespace arrowport::service
