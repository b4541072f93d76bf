#include "flight/sql_put.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>

#include "base/error.h"
#include "base/limits.h"
#include "engine/database.h"
#include "flight/batch_receiver.h"
#include "flight/put.h"
#include "flight/running_calls.h"
#include "flight/sql_messages.h"
#include "flight/sql_statements.h"
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
  ARROW_RETURN_NOT_OK(CheckNoTransaction(update));
  ARROW_ASSIGN_OR_RAISE(const int64_t rows,
                        service.ExecuteMany(call.ForService(), update.query(), Once()));
  return UpdateResult(rows);
}

Result<std::string> UpdatePrepared(RunningCall& call, service::Service& service,
                                   const PackedMessage& command,
                                   arrow::flight::FlightMessageReader& reader,
                                   const PutLimits& limits) {
  ARROW_ASSIGN_OR_RAISE(const auto update, Parse<sql::CommandPreparedStatementUpdate>(command));
  const service::Call service_call = call.ForService();
  ARROW_ASSIGN_OR_RAISE(
      const auto prepared,
      service.statements().Find(service_call.caller, update.prepared_statement_handle()));
  // Some clients send no schema when they have no values.
  engine::ParameterRows rows = Once();
  if (prepared.info.parameters->num_fields() > 0) {
    ARROW_ASSIGN_OR_RAISE(rows, ReceiveParameters(call, reader, limits));
    ARROW_RETURN_NOT_OK(service::CheckParameters(prepared.info, rows));
  }
  ARROW_ASSIGN_OR_RAISE(const int64_t changed,
                        service.ExecuteMany(service_call, prepared.sql, rows));
  return UpdateResult(changed);
}

Result<std::string> Bind(RunningCall& call, service::Service& service, const PackedMessage& command,
                         arrow::flight::FlightMessageReader& reader, const PutLimits& limits) {
  ARROW_ASSIGN_OR_RAISE(const auto query, Parse<sql::CommandPreparedStatementQuery>(command));
  ARROW_ASSIGN_OR_RAISE(auto rows, ReceiveParameters(call, reader, limits));
  ARROW_RETURN_NOT_OK(service.statements().Bind(
      call.ForService().caller, query.prepared_statement_handle(), std::move(rows)));
  sql::DoPutPreparedStatementResult result;
  result.set_prepared_statement_handle(query.prepared_statement_handle());
  return result.SerializeAsString();
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
  return MakeError(ErrorKind::kNotImplemented, "the command " + command.name + " takes no rows");
}

}  // namespace arrowport::flight
