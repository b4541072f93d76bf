#include "flight/sql_sessions.h"

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include <arrow/flight/types.h>

#include "base/error.h"
#include "flight/sql_messages.h"
#include "service/service.h"

namespace arrowport::flight {
namespace {

using arrow::flight::SessionOptionValue;
using arrow::flight::SetSessionOptionErrorValue;

Status NotA(const std::string& message) {
  return MakeError(ErrorKind::kInvalidInput, "the action's body is not a " + message);
}

Status NoSavepoints() {
  return MakeError(ErrorKind::kNotImplemented,
                   "DuckDB has no savepoints; roll the transaction back, and begin another one");
}

// The value as people write it; nothing for one that takes the option back.
Result<std::optional<std::string>> TextOf(const SessionOptionValue& value) {
  using Text = Result<std::optional<std::string>>;
  return std::visit(
      [](const auto& typed) -> Text {
        using Type = std::decay_t<decltype(typed)>;
        if constexpr (std::is_same_v<Type, std::monostate>) {
          return std::nullopt;
        } else if constexpr (std::is_same_v<Type, std::string>) {
          return typed;
        } else if constexpr (std::is_same_v<Type, bool>) {
          return std::string(typed ? "true" : "false");
        } else if constexpr (std::is_arithmetic_v<Type>) {
          return std::to_string(typed);
        } else {
          return MakeError(ErrorKind::kInvalidInput, "a list is no value of a session option");
        }
      },
      value);
}

// Nothing when it is set.
std::optional<SetSessionOptionErrorValue> SetOne(service::Service& service,
                                                 const service::Call& call, const std::string& name,
                                                 const SessionOptionValue& value) {
  const auto text = TextOf(value);
  if (!text.ok()) return SetSessionOptionErrorValue::kInvalidValue;
  const Status set = service.sessions().SetOption(call.asker(), name, *text);
  if (set.ok()) return std::nullopt;
  switch (KindOf(set)) {
    case ErrorKind::kNotFound:
      return SetSessionOptionErrorValue::kInvalidName;
    case ErrorKind::kInvalidInput:
      return SetSessionOptionErrorValue::kInvalidValue;
    default:
      return SetSessionOptionErrorValue::kError;
  }
}

}  // namespace

Result<std::string> BeginTransaction(service::Service& service, const service::Call& call,
                                     std::string_view body) {
  ARROW_RETURN_NOT_OK(ParseBody<sql::ActionBeginTransactionRequest>(body).status());
  ARROW_RETURN_NOT_OK(service.CheckReady());
  sql::ActionBeginTransactionResult result;
  ARROW_ASSIGN_OR_RAISE(*result.mutable_transaction_id(),
                        service.sessions().BeginTransaction(call.asker()));
  return Pack(result);
}

Status EndTransaction(service::Service& service, const service::Call& call, std::string_view body) {
  using Request = sql::ActionEndTransactionRequest;
  ARROW_ASSIGN_OR_RAISE(const auto request, ParseBody<Request>(body));
  const bool commits = request.action() == Request::END_TRANSACTION_COMMIT;
  if (!commits && request.action() != Request::END_TRANSACTION_ROLLBACK) {
    return MakeError(ErrorKind::kInvalidInput,
                     "the action says neither to commit nor to roll back");
  }
  service::Call ending = call;
  ending.transaction = request.transaction_id();
  if (ending.transaction.empty()) {
    return MakeError(ErrorKind::kInvalidInput, "the action names no transaction");
  }
  return service.sessions().EndTransaction(ending.asker(), commits);
}

Status BeginSavepoint(std::string_view body) {
  ARROW_RETURN_NOT_OK(ParseBody<sql::ActionBeginSavepointRequest>(body).status());
  return NoSavepoints();
}

Status EndSavepoint(std::string_view body) {
  ARROW_RETURN_NOT_OK(ParseBody<sql::ActionEndSavepointRequest>(body).status());
  return NoSavepoints();
}

Result<std::string> SetSessionOptions(service::Service& service, const service::Call& call,
                                      std::string_view body) {
  const auto request = arrow::flight::SetSessionOptionsRequest::Deserialize(body);
  if (!request.ok()) return NotA("SetSessionOptionsRequest");
  arrow::flight::SetSessionOptionsResult result;
  for (const auto& [name, value] : request->session_options) {
    const auto error = SetOne(service, call, name, value);
    if (error) result.errors.emplace(name, arrow::flight::SetSessionOptionsResult::Error{*error});
  }
  return result.SerializeToString();
}

Result<std::string> GetSessionOptions(service::Service& service, const service::Call& call,
                                      std::string_view body) {
  if (!arrow::flight::GetSessionOptionsRequest::Deserialize(body).ok()) {
    return NotA("GetSessionOptionsRequest");
  }
  ARROW_ASSIGN_OR_RAISE(const auto options, service.sessions().Options(call.asker()));
  arrow::flight::GetSessionOptionsResult result;
  for (const auto& [name, value] : options) result.session_options.emplace(name, value);
  return result.SerializeToString();
}

Result<std::string> CloseSession(service::Service& service, const service::Call& call,
                                 std::string_view body) {
  if (!arrow::flight::CloseSessionRequest::Deserialize(body).ok()) {
    return NotA("CloseSessionRequest");
  }
  ARROW_RETURN_NOT_OK(service.sessions().Close(call.asker()));
  return arrow::flight::CloseSessionResult(arrow::flight::CloseSessionStatus::kClosed)
      .SerializeToString();
}

}  // namespace arrowport::flight
