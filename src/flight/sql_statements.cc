#include "flight/sql_statements.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/flight/types.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include "base/error.h"
#include "engine/database.h"
#include "flight/sql_messages.h"
#include "service/prepared_statements.h"
#include "service/result_offers.h"
#include "service/service.h"

namespace arrowport::flight {
namespace {

int64_t CountRows(const engine::ParameterRows& rows) {
  int64_t count = 0;
  for (const auto& batch : rows) count += batch->num_rows();
  return count;
}

// The values of the first row.
Result<std::vector<std::shared_ptr<arrow::Scalar>>> FirstRow(const engine::ParameterRows& rows) {
  std::vector<std::shared_ptr<arrow::Scalar>> values;
  for (const auto& batch : rows) {
    if (batch->num_rows() == 0) continue;
    for (const auto& column : batch->columns()) {
      ARROW_ASSIGN_OR_RAISE(auto value, column->GetScalar(0));
      values.push_back(std::move(value));
    }
    break;
  }
  return values;
}

Status NoQuery(const PackedMessage& command) {
  return MakeError(ErrorKind::kNotImplemented,
                   "there are no results for the command " + command.name);
}

Status NoSubstrait() {
  return MakeError(ErrorKind::kNotImplemented, "plans of Substrait are not taken; send SQL");
}

// The statement that a command is, with the values that are bound.
Result<engine::Statement> StatementOf(service::Service& service, const service::Call& call,
                                      const PackedMessage& command) {
  if (Is<sql::CommandStatementQuery>(command)) {
    ARROW_ASSIGN_OR_RAISE(const auto query, Parse<sql::CommandStatementQuery>(command));
    ARROW_RETURN_NOT_OK(CheckNoTransaction(query));
    return engine::Statement{.sql = query.query(), .parameters = {}};
  }
  if (Is<sql::CommandPreparedStatementQuery>(command)) {
    ARROW_ASSIGN_OR_RAISE(const auto query, Parse<sql::CommandPreparedStatementQuery>(command));
    ARROW_ASSIGN_OR_RAISE(const auto prepared, service.statements().Find(
                                                   call.caller, query.prepared_statement_handle()));
    engine::Statement statement{.sql = prepared.sql, .parameters = {}};
    ARROW_ASSIGN_OR_RAISE(statement.parameters, FirstRow(prepared.bound));
    return statement;
  }
  if (Is<sql::CommandStatementSubstraitPlan>(command)) return NoSubstrait();
  return NoQuery(command);
}

// Null, or the statement that is to be run for each of several rows.
Result<std::shared_ptr<const service::PreparedInfo>> FindMany(service::Service& service,
                                                              const service::Call& call,
                                                              const PackedMessage& command) {
  if (!Is<sql::CommandPreparedStatementQuery>(command)) return nullptr;
  ARROW_ASSIGN_OR_RAISE(const auto query, Parse<sql::CommandPreparedStatementQuery>(command));
  ARROW_ASSIGN_OR_RAISE(auto prepared,
                        service.statements().Find(call.caller, query.prepared_statement_handle()));
  if (CountRows(prepared.bound) <= 1) return nullptr;
  return std::make_shared<const service::PreparedInfo>(std::move(prepared));
}

}  // namespace

Result<service::Offer> OfferStatement(service::Service& service, const service::Call& call,
                                      const PackedMessage& command) {
  ARROW_ASSIGN_OR_RAISE(const auto many, FindMany(service, call, command));
  if (many != nullptr) return service.OfferMany(call, many->sql, many->bound);
  ARROW_ASSIGN_OR_RAISE(const auto statement, StatementOf(service, call, command));
  service::OfferOptions options;
  options.run_writes = true;
  return service.OfferQuery(call, statement, options);
}

Result<std::shared_ptr<arrow::Schema>> DescribeStatement(service::Service& service,
                                                         const service::Call& call,
                                                         const PackedMessage& command) {
  ARROW_ASSIGN_OR_RAISE(const auto statement, StatementOf(service, call, command));
  return service.DescribeQuery(call, statement);
}

Result<std::string> SerializeSchema(const arrow::Schema& schema) {
  ARROW_ASSIGN_OR_RAISE(const auto result, arrow::flight::SchemaResult::Make(schema));
  return result->serialized_schema();
}

Result<std::string> CreatePreparedStatement(service::Service& service, const service::Call& call,
                                            std::string_view body) {
  ARROW_ASSIGN_OR_RAISE(const auto request,
                        ParseBody<sql::ActionCreatePreparedStatementRequest>(body));
  ARROW_RETURN_NOT_OK(CheckNoTransaction(request));
  ARROW_ASSIGN_OR_RAISE(const auto prepared, service.Prepare(call, request.query()));
  sql::ActionCreatePreparedStatementResult result;
  result.set_prepared_statement_handle(prepared.handle);
  const bool is_update = !prepared.info.returns_rows;
  // Clients take a statement without columns for one that is no query.
  const auto columns = is_update ? arrow::schema({}) : prepared.info.schema;
  ARROW_ASSIGN_OR_RAISE(*result.mutable_dataset_schema(), SerializeSchema(*columns));
  ARROW_ASSIGN_OR_RAISE(*result.mutable_parameter_schema(),
                        SerializeSchema(*prepared.info.parameters));
  result.set_is_update(is_update);
  return Pack(result);
}

Result<std::string> CreatePreparedSubstraitPlan(service::Service& /*service*/,
                                                const service::Call& /*call*/,
                                                std::string_view body) {
  ARROW_RETURN_NOT_OK(ParseBody<sql::ActionCreatePreparedSubstraitPlanRequest>(body).status());
  return NoSubstrait();
}

Status ClosePreparedStatement(service::Service& service, const service::Call& call,
                              std::string_view body) {
  ARROW_ASSIGN_OR_RAISE(const auto request,
                        ParseBody<sql::ActionClosePreparedStatementRequest>(body));
  return service.statements().Close(call.caller, request.prepared_statement_handle());
}

}  // namespace arrowport::flight
