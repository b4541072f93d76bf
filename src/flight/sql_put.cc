#include "flight/sql_put.h"

#include <charconv>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/limits.h"
#include "engine/append.h"
#include "engine/database.h"
#include "engine/table.h"
#include "flight/batches_in.h"
#include "flight/flight_call.h"
#include "flight/put.h"
#include "flight/sql_messages.h"
#include "net/signal.h"
#include "net/socket.h"
#include "service/prepared_statements.h"
#include "service/put.h"
#include "service/service.h"

namespace arrowport::flight {
namespace {

using net::Awaitable;

// They wait in memory until the statement is run, or its handle expires.
constexpr int64_t kParameterBytesMax = 64 * kMiB;

Awaitable<Result<engine::ParameterRows>> ReceiveParameters(BatchesIn& batches) {
  const auto schema = co_await batches.ReadSchema();
  if (!schema.ok()) co_return schema.status();
  engine::ParameterRows rows;
  int64_t bytes = 0;
  for (;;) {
    auto batch = co_await batches.Next();
    if (!batch.ok()) co_return batch.status();
    if (*batch == nullptr) co_return rows;
    bytes += arrow::util::TotalBufferSize(**batch);
    if (bytes > kParameterBytesMax) {
      co_return MakeError(ErrorKind::kTooLarge, "parameters may have " +
                                                    std::to_string(kParameterBytesMax / kMiB) +
                                                    " MiB; to insert more rows, put them");
    }
    rows.push_back(*std::move(batch));
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

// Runs `sql` once for each of `rows`.
Awaitable<Result<std::string>> Execute(FlightCall& call, const service::Call& updating,
                                       const std::string& sql, const engine::ParameterRows& rows) {
  const auto execute = [&] { return call.service().ExecuteMany(updating, sql, rows); };
  const Result<int64_t> changed = co_await call.Blocking(execute);
  if (!changed.ok()) co_return changed.status();
  co_return UpdateResult(*changed);
}

Awaitable<Result<std::string>> Update(FlightCall& call, const PackedMessage& command) {
  const auto update = Parse<sql::CommandStatementUpdate>(command);
  if (!update.ok()) co_return update.status();
  co_return co_await Execute(call, call.ForSql(update->transaction_id()), update->query(), Once());
}

Awaitable<Result<std::string>> UpdatePrepared(FlightCall& call, const PackedMessage& command,
                                              BatchesIn& batches) {
  const auto update = Parse<sql::CommandPreparedStatementUpdate>(command);
  if (!update.ok()) co_return update.status();
  service::Call updating = call.ForSql();
  const auto prepared =
      call.service().statements().Find(updating.caller, update->prepared_statement_handle());
  if (!prepared.ok()) co_return prepared.status();
  updating.transaction = prepared->transaction;
  // Some clients send no schema when they have no values.
  engine::ParameterRows rows = Once();
  if (prepared->info.parameters->num_fields() > 0) {
    auto received = co_await ReceiveParameters(batches);
    if (!received.ok()) co_return received.status();
    rows = *std::move(received);
    const Status checked = service::CheckParameters(prepared->info, rows);
    if (!checked.ok()) co_return checked;
  }
  co_return co_await Execute(call, updating, prepared->sql, rows);
}

Awaitable<Result<std::string>> Bind(FlightCall& call, const PackedMessage& command,
                                    BatchesIn& batches) {
  const auto query = Parse<sql::CommandPreparedStatementQuery>(command);
  if (!query.ok()) co_return query.status();
  auto rows = co_await ReceiveParameters(batches);
  if (!rows.ok()) co_return rows.status();
  const Status bound = call.service().statements().Bind(
      call.ForSql().caller, query->prepared_statement_handle(), *std::move(rows));
  if (!bound.ok()) co_return bound;
  sql::DoPutPreparedStatementResult result;
  result.set_prepared_statement_handle(query->prepared_statement_handle());
  co_return result.SerializeAsString();
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
  sql::CommandStatementIngest command;
  TablePolicy policy;
  service::PutRequest request;
};

Result<IngestPlan> PlanOf(const PackedMessage& packed) {
  IngestPlan plan;
  ARROW_ASSIGN_OR_RAISE(plan.command, Parse<sql::CommandStatementIngest>(packed));
  ARROW_ASSIGN_OR_RAISE(plan.policy, PolicyOf(plan.command));
  ARROW_ASSIGN_OR_RAISE(plan.request, RequestOf(plan.command));
  return plan;
}

// On the connection of the session or transaction, or one of its own. Blocks.
Result<std::shared_ptr<engine::Append>> BeginAppend(service::Service& service,
                                                    const service::Call& call,
                                                    const IngestPlan& plan) {
  if (!plan.request.stamp.producer.empty() || !plan.request.landing.empty()) {
    return MakeError(ErrorKind::kInvalidInput,
                     "rows of a producer, and those with options of how they land, are a "
                     "transaction of their own; they cannot be in another one, replace a table, or "
                     "go into a temporary one");
  }
  const engine::TableName table = {.catalog = plan.command.catalog(),
                                   .schema = plan.command.schema(),
                                   .name = plan.command.table()};
  return service.BeginAppend(call, table, plan.request.schema,
                             {.if_missing = plan.policy.makes,
                              .if_there = plan.policy.appends || plan.policy.replaces,
                              .replace = plan.policy.replaces,
                              .temporary = plan.command.temporary()});
}

Awaitable<Status> Pump(FlightCall& call, BatchesIn& batches, engine::Append& append) {
  for (;;) {
    auto batch = co_await batches.Next();
    if (!batch.ok()) co_return batch.status();
    if (*batch == nullptr) co_return Status::OK();
    const QueueState state = append.Write(*std::move(batch), call.Waker());
    // Its end tells why it is closed.
    if (state == QueueState::kClosed) co_return Status::OK();
    if (state == QueueState::kReady) continue;
    const Status waited = co_await call.Wait();
    if (!waited.ok()) co_return waited;
  }
}

Awaitable<Result<std::string>> IngestOnConnection(FlightCall& call, const service::Call& ingesting,
                                                  const IngestPlan& plan, BatchesIn& batches) {
  const auto append =
      co_await call.Blocking([&] { return BeginAppend(call.service(), ingesting, plan); });
  if (!append.ok()) co_return append.status();
  const Status sent = co_await Pump(call, batches, **append);
  if (!sent.ok()) {
    (void)co_await call.Blocking([&] {
      (*append)->Abort(sent);
      return Status::OK();
    });
    co_return sent;
  }
  const auto finish = [&](auto done) { (*append)->Finish(std::move(done)); };
  const auto rows = co_await net::AwaitAnswer<Result<int64_t>>(finish);
  if (!rows.ok()) co_return rows.status();
  co_return UpdateResult(*rows);
}

Awaitable<Result<std::string>> Ingest(FlightCall& call, const PackedMessage& packed,
                                      BatchesIn& batches) {
  auto plan = PlanOf(packed);
  if (!plan.ok()) co_return plan.status();
  auto schema = co_await batches.ReadSchema();
  if (!schema.ok()) co_return schema.status();
  plan->request.schema = *std::move(schema);
  const service::Call ingesting = call.ForSql(plan->command.transaction_id());
  const auto place =
      co_await call.Blocking([&] { return call.service().sessions().Find(ingesting.asker()); });
  if (!place.ok()) co_return place.status();
  if (*place != nullptr || plan->policy.replaces || plan->command.temporary()) {
    co_return co_await IngestOnConnection(call, ingesting, *plan, batches);
  }
  const Status checked = co_await call.Blocking(
      [&] { return CheckTable(call.service(), ingesting, plan->request.table, plan->policy); });
  if (!checked.ok()) co_return checked;
  const auto summary = co_await LandRows(call, plan->request, batches);
  if (!summary.ok()) co_return summary.status();
  co_return UpdateResult(summary->rows);
}

Awaitable<Result<std::string>> Refuse(const PackedMessage& command) {
  co_return MakeError(ErrorKind::kNotImplemented, "the command " + command.name + " takes no rows");
}

}  // namespace

Awaitable<Result<std::string>> ReceiveSqlPut(FlightCall& call, const PackedMessage& command,
                                             BatchesIn& batches) {
  if (Is<sql::CommandStatementUpdate>(command)) return Update(call, command);
  if (Is<sql::CommandPreparedStatementUpdate>(command)) {
    return UpdatePrepared(call, command, batches);
  }
  if (Is<sql::CommandPreparedStatementQuery>(command)) return Bind(call, command, batches);
  if (Is<sql::CommandStatementIngest>(command)) return Ingest(call, command, batches);
  return Refuse(command);
}

}  // namespace arrowport::flight
