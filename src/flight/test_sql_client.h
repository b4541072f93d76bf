#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <arrow/flight/client.h>

#include "base/error.h"
#include "flight/sql_messages.h"
#include "flight/test_server.h"

namespace arrowport::flight::testing {

/// Flight SQL as its clients speak it, on Arrow's plain client.
class SqlClient {
 public:
  /// `options` go with each call.
  explicit SqlClient(const TestServer& server, arrow::flight::FlightCallOptions options = {})
      : server_(server), options_(std::move(options)) {}

  template <typename Message>
  Result<std::unique_ptr<arrow::flight::FlightInfo>> Info(const Message& command) const {
    return server_.client->GetFlightInfo(options_,
                                         arrow::flight::FlightDescriptor::Command(Pack(command)));
  }

  /// All rows of a command, from each of its endpoints.
  template <typename Message>
  Result<std::shared_ptr<arrow::Table>> Get(const Message& command) const {
    ARROW_ASSIGN_OR_RAISE(const auto info, Info(command));
    std::vector<std::shared_ptr<arrow::Table>> tables;
    for (const auto& endpoint : info->endpoints()) {
      ARROW_ASSIGN_OR_RAISE(auto table, server_.Get(endpoint.ticket.ticket, options_));
      tables.push_back(std::move(table));
    }
    return arrow::ConcatenateTables(tables);
  }

  Result<std::shared_ptr<arrow::Table>> Query(const std::string& text,
                                              const std::string& transaction = {}) const {
    sql::CommandStatementQuery command;
    command.set_query(text);
    if (!transaction.empty()) command.set_transaction_id(transaction);
    return Get(command);
  }

  /// \return the handle of a new transaction.
  Result<std::string> Begin() const {
    ARROW_ASSIGN_OR_RAISE(const std::string answer,
                          Act("BeginTransaction", Pack(sql::ActionBeginTransactionRequest())));
    ARROW_ASSIGN_OR_RAISE(const auto begun, ParseBody<sql::ActionBeginTransactionResult>(answer));
    return begun.transaction_id();
  }

  Status End(const std::string& transaction, bool commit) const {
    using Request = sql::ActionEndTransactionRequest;
    Request request;
    request.set_transaction_id(transaction);
    request.set_action(commit ? Request::END_TRANSACTION_COMMIT
                              : Request::END_TRANSACTION_ROLLBACK);
    return Act("EndTransaction", Pack(request)).status();
  }

  /// The only value of the answer to `text`, as text.
  Result<std::string> Value(const std::string& text) const {
    ARROW_ASSIGN_OR_RAISE(const auto table, Query(text));
    ARROW_ASSIGN_OR_RAISE(const auto value, table->column(0)->GetScalar(0));
    return value->ToString();
  }

  /// What the action answers; empty for nothing.
  Result<std::string> Act(const std::string& type, std::string body) const {
    const arrow::flight::Action action{type, arrow::Buffer::FromString(std::move(body))};
    ARROW_ASSIGN_OR_RAISE(const auto results, server_.client->DoAction(options_, action));
    ARROW_ASSIGN_OR_RAISE(const auto result, results->Next());
    return result == nullptr ? std::string() : result->body->ToString();
  }

  Result<sql::ActionCreatePreparedStatementResult> Prepare(const std::string& text) const {
    sql::ActionCreatePreparedStatementRequest request;
    request.set_query(text);
    ARROW_ASSIGN_OR_RAISE(const std::string answer, Act("CreatePreparedStatement", Pack(request)));
    return ParseBody<sql::ActionCreatePreparedStatementResult>(answer);
  }

  Status Close(const std::string& handle) const {
    sql::ActionClosePreparedStatementRequest request;
    request.set_prepared_statement_handle(handle);
    return Act("ClosePreparedStatement", Pack(request)).status();
  }

  /// Sends `rows` with `command`. \return the metadata of the answer.
  template <typename Message>
  Result<std::string> Put(const Message& command,
                          const std::shared_ptr<arrow::RecordBatch>& rows) const {
    return server_.Put(arrow::flight::FlightDescriptor::Command(Pack(command)), {rows}, options_);
  }

  Status Bind(const std::string& handle, const std::shared_ptr<arrow::RecordBatch>& rows) const {
    sql::CommandPreparedStatementQuery command;
    command.set_prepared_statement_handle(handle);
    return Put(command, rows).status();
  }

  Result<std::shared_ptr<arrow::Table>> Run(const std::string& handle) const {
    sql::CommandPreparedStatementQuery command;
    command.set_prepared_statement_handle(handle);
    return Get(command);
  }

  /// Runs it as an update. \return how many rows it says to have changed.
  Result<int64_t> Update(const std::string& handle,
                         const std::shared_ptr<arrow::RecordBatch>& rows) const {
    sql::CommandPreparedStatementUpdate command;
    command.set_prepared_statement_handle(handle);
    ARROW_ASSIGN_OR_RAISE(const std::string answer, Put(command, rows));
    sql::DoPutUpdateResult result;
    if (!result.ParseFromString(answer)) return Status::Invalid("no DoPutUpdateResult");
    return result.record_count();
  }

 private:
  const TestServer& server_;
  const arrow::flight::FlightCallOptions options_;
};

}  // namespace arrowport::flight::testing
