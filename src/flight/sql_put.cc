#include "flight/sql_put.h"

#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>

#include "base/error.h"
#include "base/limits.h"
#include "engine/database.h"
#include "engine/table.h"
#include "flight/batch_receiver.h"
#include "flight/put.h"
#include "flight/running_calls.h"
#include "flight/sql_messages.h"
#include "service/prepared_statements.h"
#include "service/put.h"
#include "service/service.h"

namespace arrowport::flight {
namespace {

// They wait in memory until the statement is run, or its handle expires.
constexpr int64_t kParameterBytesMax = 64 * kMiB;

Result<engine::ParameterRows> ReceiveParameters(RunningCall& call,
                                                arrow::flight::FlightMessageReader& reader,
                                                const PutLimits& limits) {
  ARROW_RETURN_NOT_OK(ReceiveSchema(call, reader).status());
  BatchReceiver batches(call, reader, limits.message_bytes_max);
  engine::ParameterRows rows;
  int64_t bytes = 0;
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(auto batch, batches.Next());
    if (batch == nullptr) return rows;
    bytes += arrow::util::TotalBufferSize(*batch);
    if (bytes > kParameterBytesMax) {
      return MakeError(ErrorKind::kTooLarge, "parameters may have " +
                                                 std::to_string(kParameterBytesMax / kMiB) +
                                                 " MiB; to insert more rows, put them");
    }
    rows.push_back(std::move(batch));
  }
}

// One set of no values.
engine::ParameterRows Once() {
  return {arrow::RecordBatch::Make(arrow::schema({}), 1, arrow::ArrayVector())};
}

std::string UpdateResult(int64_t rows) {
  sql::DoPutUpdateResult result;
  result.set_record_count(rows);
  return result.SerializeAsString();
}

Result<std::string> Update(RunningCall& call, service::Service& service,
                           const PackedMessage& command) {
  ARROW_ASSIGN_OR_RAISE(const auto update, Parse<sql::CommandStatementUpdate>(command));
  const service::Call updating = call.ForSql(update.transaction_id());
  ARROW_ASSIGN_OR_RAISE(const int64_t rows, service.ExecuteMany(updating, update.query(), Once()));
  return UpdateResult(rows);
}

Result<std::string> UpdatePrepared(RunningCall& call, service::Service& service,
                                   const PackedMessage& command,
                                   arrow::flight::FlightMessageReader& reader,
                                   const PutLimits& limits) {
  ARROW_ASSIGN_OR_RAISE(const auto update, Parse<sql::CommandPreparedStatementUpdate>(command));
  service::Call updating = call.ForSql();
  ARROW_ASSIGN_OR_RAISE(
      const auto prepared,
      service.statements().Find(updating.caller, update.prepared_statement_handle()));
  updating.transaction = prepared.transaction;
  // Some clients send no schema when they have no values.
  engine::ParameterRows rows = Once();
  if (prepared.info.parameters->num_fields() > 0) {
    ARROW_ASSIGN_OR_RAISE(rows, ReceiveParameters(call, reader, limits));
    ARROW_RETURN_NOT_OK(service::CheckParameters(prepared.info, rows));
  }
  ARROW_ASSIGN_OR_RAISE(const int64_t changed, service.ExecuteMany(updating, prepared.sql, rows));
  return UpdateResult(changed);
}

Result<std::string> Bind(RunningCall& call, service::Service& service, const PackedMessage& command,
                         arrow::flight::FlightMessageReader& reader, const PutLimits& limits) {
  ARROW_ASSIGN_OR_RAISE(const auto query, Parse<sql::CommandPreparedStatementQuery>(command));
  ARROW_ASSIGN_OR_RAISE(auto rows, ReceiveParameters(call, reader, limits));
  ARROW_RETURN_NOT_OK(service.statements().Bind(
      call.ForSql().caller, query.prepared_statement_handle(), std::move(rows)));
  sql::DoPutPreparedStatementResult result;
  result.set_prepared_statement_handle(query.prepared_statement_handle());
  return result.SerializeAsString();
}

/// What is to happen when the table of an ingest is there, or is not.
struct TablePolicy {
  bool makes = false;
  bool appends = false;
  bool replaces = false;
};

Result<TablePolicy> PolicyOf(const sql::CommandStatementIngest& command) {
  using Definition = sql::CommandStatementIngest::TableDefinitionOptions;
  const Definition& definition = command.table_definition_options();
  TablePolicy policy;
  policy.makes = definition.if_not_exist() == Definition::TABLE_NOT_EXIST_OPTION_CREATE;
  policy.appends = definition.if_exists() == Definition::TABLE_EXISTS_OPTION_APPEND;
  policy.replaces = definition.if_exists() == Definition::TABLE_EXISTS_OPTION_REPLACE;
  return policy;
}

Status CheckTable(service::Service& service, const service::Call& call, const std::string& table,
                  const TablePolicy& policy) {
  Status found = service.DescribeTable(call, table).status();
  if (found.ok() && !policy.appends) {
    return MakeError(ErrorKind::kConflict, "the table '" + table + "' is there already");
  }
  if (found.ok() || (policy.makes && KindOf(found) == ErrorKind::kNotFound)) return Status::OK();
  return found;
}

// 0 when it is not there.
Result<int64_t> ReadCount(const sql::CommandStatementIngest& command, const std::string& key) {
  const auto found = command.options().find(key);
  if (found == command.options().end()) return 0;
  const std::string& text = found->second;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= 0) return number;
  return MakeError(ErrorKind::kInvalidInput,
                   "the option '" + key + "' must be a whole number, not '" + text + "'");
}

Result<service::PutRequest> RequestOf(const sql::CommandStatementIngest& command) {
  if (command.table().empty()) {
    return MakeError(ErrorKind::kInvalidInput, "the ingest names no table");
  }
  const engine::TableName table = {
      .catalog = command.catalog(), .schema = command.schema(), .name = command.table()};
  service::PutRequest request;
  request.stream = table.ToString();
  request.table = request.stream;
  for (const auto& [key, text] : command.options()) {
    if (key == "producer") {
      request.stamp.producer = text;
    } else if (key != "sequence" && key != "epoch") {
      request.landing.emplace(key, text);
    }
  }
  ARROW_ASSIGN_OR_RAISE(request.stamp.sequence, ReadCount(command, "sequence"));
  ARROW_ASSIGN_OR_RAISE(request.stamp.epoch, ReadCount(command, "epoch"));
  return request;
}

struct IngestPlan {
  const sql::CommandStatementIngest& command;
  const TablePolicy& policy;
  const service::PutRequest& request;
};

// On the connection of the session or transaction, or one of its own.
Result<std::string> IngestOnConnection(service::Service& service, const service::Call& call,
                                       const IngestPlan& plan, BatchReceiver& batches) {
  if (!plan.request.stamp.producer.empty() || !plan.request.landing.empty()) {
    return MakeError(ErrorKind::kInvalidInput,
                     "rows of a producer, and those with options of how they land, are a "
                     "transaction of their own; they cannot be in another one, replace a table, or "
                     "go into a temporary one");
  }
  const engine::TableName table = {.catalog = plan.command.catalog(),
                                   .schema = plan.command.schema(),
                                   .name = plan.command.table()};
  ARROW_ASSIGN_OR_RAISE(
      const auto append,
      service.BeginAppend(call, table, plan.request.schema,
                          {.if_missing = plan.policy.makes,
                           .if_there = plan.policy.appends || plan.policy.replaces,
                           .replace = plan.policy.replaces,
                           .temporary = plan.command.temporary()}));
  for (;;) {
    auto batch = batches.Next();
    if (!batch.ok()) {
      append->Abort(batch.status());
      return batch.status();
    }
    if (*batch == nullptr) break;
    ARROW_RETURN_NOT_OK(append->WriteBlocking(*std::move(batch)));
  }
  ARROW_ASSIGN_OR_RAISE(const int64_t rows, append->FinishBlocking());
  return UpdateResult(rows);
}

Result<std::string> Ingest(RunningCall& call, service::Service& service,
                           const PackedMessage& packed, arrow::flight::FlightMessageReader& reader,
                           const PutLimits& limits) {
  ARROW_ASSIGN_OR_RAISE(const auto command, Parse<sql::CommandStatementIngest>(packed));
  ARROW_ASSIGN_OR_RAISE(const TablePolicy policy, PolicyOf(command));
  ARROW_ASSIGN_OR_RAISE(service::PutRequest request, RequestOf(command));
  ARROW_ASSIGN_OR_RAISE(request.schema, ReceiveSchema(call, reader));
  BatchReceiver batches(call, reader, limits.message_bytes_max);
  const service::Call ingesting = call.ForSql(command.transaction_id());
  ARROW_ASSIGN_OR_RAISE(const auto place, service.sessions().Find(ingesting.asker()));
  if (place != nullptr || policy.replaces || command.temporary()) {
    return IngestOnConnection(service, ingesting, {command, policy, request}, batches);
  }
  ARROW_RETURN_NOT_OK(CheckTable(service, ingesting, request.table, policy));
  ARROW_ASSIGN_OR_RAISE(const auto summary, LandRows(call, service, request, batches));
  return UpdateResult(summary.rows);
}

}  // namespace

Result<std::string> ReceiveSqlPut(RunningCall& call, service::Service& service,
                                  const PackedMessage& command,
                                  arrow::flight::FlightMessageReader& reader,
                                  const PutLimits& limits) {
  if (Is<sql::CommandStatementUpdate>(command)) return Update(call, service, command);
  if (Is<sql::CommandPreparedStatementUpdate>(command)) {
    return UpdatePrepared(call, service, command, reader, limits);
  }
  if (Is<sql::CommandPreparedStatementQuery>(command)) {
    return Bind(call, service, command, reader, limits);
  }
  if (Is<sql::CommandStatementIngest>(command)) {
    return Ingest(call, service, command, reader, limits);
  }
  return MakeError(ErrorKind::kNotImplemented, "the command " + command.name + " takes no rows");
}

}  // namespace arrowport::flight
