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
#include "stream/plain_types.h"

namespace arrowport::flight {
namespace {

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

// What clients are told to send, which may send values of any type all the same. The JDBC driver
// (18.3) counts times in milliseconds, whatever unit it is told, and makes no dictionaries.
std::shared_ptr<arrow::Schema> ParametersToSend(const arrow::Schema& parameters) {
  arrow::FieldVector fields;
  const auto plain = stream::PlainSchema(arrow::schema(parameters.fields()));
  for (auto field : plain->fields()) {
    if (field->type()->id() == arrow::Type::TIMESTAMP) {
      const auto& type = static_cast<const arrow::TimestampType&>(*field->type());
      field = field->WithType(arrow::timestamp(arrow::TimeUnit::MILLI, type.timezone()));
    } else if (field->type()->id() == arrow::Type::TIME64) {
      field = field->WithType(arrow::time32(arrow::TimeUnit::MILLI));
    }
    fields.push_back(std::move(field));
  }
  return arrow::schema(std::move(fields));
}

/// The statement that a command is, with the values that are bound.
struct BoundStatement {
  std::string sql;
  engine::ParameterRows rows;  ///< None, or one set of values, or several.
  std::string transaction;     ///< The handle of the one that it runs in; empty: none.

  [[nodiscard]] Result<engine::Statement> ToStatement() const {
    engine::Statement statement{.sql = sql, .parameters = {}};
    ARROW_ASSIGN_OR_RAISE(statement.parameters, FirstRow(rows));
    return statement;
  }
};

Result<BoundStatement> StatementOf(service::Service& service, const service::Call& call,
                                   const PackedMessage& command) {
  if (Is<sql::CommandStatementQuery>(command)) {
    ARROW_ASSIGN_OR_RAISE(const auto query, Parse<sql::CommandStatementQuery>(command));
    return BoundStatement{.sql = query.query(), .rows = {}, .transaction = query.transaction_id()};
  }
  if (Is<sql::CommandPreparedStatementQuery>(command)) {
    ARROW_ASSIGN_OR_RAISE(const auto query, Parse<sql::CommandPreparedStatementQuery>(command));
    ARROW_ASSIGN_OR_RAISE(
        auto prepared, service.statements().Find(call.caller, query.prepared_statement_handle()));
    return BoundStatement{.sql = std::move(prepared.sql),
                          .rows = std::move(prepared.bound),
                          .transaction = std::move(prepared.transaction)};
  }
  if (Is<sql::CommandStatementSubstraitPlan>(command)) return NoSubstrait();
  return NoQuery(command);
}

}  // namespace

Result<service::Offer> OfferStatement(service::Service& service, const service::Call& call,
                                      const PackedMessage& command,
                                      const std::shared_ptr<service::StatementWatch>& watch) {
  ARROW_ASSIGN_OR_RAISE(const auto bound, StatementOf(service, call, command));
  service::Call running = call;
  running.transaction = bound.transaction;
  if (engine::CountRows(bound.rows) > 1) return service.OfferMany(running, bound.sql, bound.rows);
  ARROW_ASSIGN_OR_RAISE(const auto statement, bound.ToStatement());
  service::OfferOptions options;
  options.run_writes = true;
  options.plain = true;
  options.retain = watch != nullptr;
  options.watch = watch;
  return service.OfferQuery(running, statement, options);
}

Result<std::shared_ptr<arrow::Schema>> DescribeStatement(service::Service& service,
                                                         const service::Call& call,
                                                         const PackedMessage& command) {
  ARROW_ASSIGN_OR_RAISE(const auto bound, StatementOf(service, call, command));
  service::Call describing = call;
  describing.transaction = bound.transaction;
  ARROW_ASSIGN_OR_RAISE(const auto statement, bound.ToStatement());
  ARROW_ASSIGN_OR_RAISE(const auto schema, service.DescribeQuery(describing, statement));
  return stream::PlainSchema(schema);
}

Result<std::string> SerializeSchema(const arrow::Schema& schema) {
  ARROW_ASSIGN_OR_RAISE(const auto result, arrow::flight::SchemaResult::Make(schema));
  return result->serialized_schema();
}

Result<std::string> CreatePreparedStatement(service::Service& service, const service::Call& call,
                                            std::string_view body) {
  ARROW_ASSIGN_OR_RAISE(const auto request,
                        ParseBody<sql::ActionCreatePreparedStatementRequest>(body));
  service::Call preparing = call;
  preparing.transaction = request.transaction_id();
  ARROW_ASSIGN_OR_RAISE(const auto prepared, service.Prepare(preparing, request.query()));
  sql::ActionCreatePreparedStatementResult result;
  result.set_prepared_statement_handle(prepared.handle);
  const bool is_update = !prepared.info.returns_rows;
  // Clients take a statement without columns for one that is no query.
  const auto columns = is_update ? arrow::schema({}) : stream::PlainSchema(prepared.info.schema);
  ARROW_ASSIGN_OR_RAISE(*result.mutable_dataset_schema(), SerializeSchema(*columns));
  ARROW_ASSIGN_OR_RAISE(*result.mutable_parameter_schema(),
                        SerializeSchema(*ParametersToSend(*prepared.info.parameters)));
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
  Status closed = service.statements().Close(call.caller, request.prepared_statement_handle());
  if (!closed.ok() && KindOf(closed) == ErrorKind::kNotFound) return Status::OK();
  return closed;
}

}  // namespace arrowport::flight
