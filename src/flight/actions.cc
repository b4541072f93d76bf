#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <arrow/buffer.h>

#include "base/error.h"
#include "flight/exchanger_actions.h"
#include "flight/flight_call.h"
#include "flight/handlers.h"
#include "flight/ingest_actions.h"
#include "flight/sql_messages.h"
#include "flight/sql_sessions.h"
#include "flight/sql_statements.h"
#include "flight/transfer_action.h"
#include "service/service.h"

namespace arrowport::flight {
namespace {

using arrow::flight::ActionType;
using Texts = std::vector<std::string>;

Status NotA(const std::string& message) {
  return MakeError(ErrorKind::kInvalidInput, "the action's body is not a " + message);
}

Result<Texts> CheckHealth(FlightCall& call, std::string_view /*body*/) {
  ARROW_RETURN_NOT_OK(call.service().CheckHealth(call.ForService()));
  return Texts{R"({"status":"ok"})"};
}

Result<arrow::flight::CancelStatus> CancelAllOf(FlightCall& call,
                                                const arrow::flight::FlightInfo& info) {
  const service::Call asking = call.ForService();
  auto outcome = arrow::flight::CancelStatus::kNotCancellable;
  if (call.polled().Cancel(asking.caller, info)) outcome = arrow::flight::CancelStatus::kCancelled;
  for (const auto& endpoint : info.endpoints()) {
    const Status cancelled = call.service().CancelTicket(asking, endpoint.ticket.ticket);
    if (cancelled.ok()) outcome = arrow::flight::CancelStatus::kCancelled;
    if (!cancelled.ok() && KindOf(cancelled) != ErrorKind::kNotFound) return cancelled;
  }
  return outcome;
}

Result<Texts> CancelFlight(FlightCall& call, std::string_view body) {
  auto request = arrow::flight::CancelFlightInfoRequest::Deserialize(body);
  if (!request.ok() || request->info == nullptr) return NotA("CancelFlightInfoRequest");
  ARROW_ASSIGN_OR_RAISE(const auto outcome, CancelAllOf(call, *request->info));
  ARROW_ASSIGN_OR_RAISE(std::string answer,
                        arrow::flight::CancelFlightInfoResult(outcome).SerializeToString());
  return Texts{std::move(answer)};
}

// As clients of Flight SQL did it before there was the other one.
Result<Texts> CancelQuery(FlightCall& call, std::string_view body) {
  ARROW_ASSIGN_OR_RAISE(const auto request, ParseBody<sql::ActionCancelQueryRequest>(body));
  const auto info = arrow::flight::FlightInfo::Deserialize(request.info());
  if (!info.ok()) return NotA("CancelQuery of a FlightInfo");
  ARROW_ASSIGN_OR_RAISE(const auto outcome, CancelAllOf(call, **info));
  using Answer = sql::ActionCancelQueryResult;
  Answer answer;
  answer.set_result(outcome == arrow::flight::CancelStatus::kCancelled
                        ? Answer::CANCEL_RESULT_CANCELLED
                        : Answer::CANCEL_RESULT_NOT_CANCELLABLE);
  return Texts{Pack(answer)};
}

Result<Texts> RenewEndpoint(FlightCall& call, std::string_view body) {
  auto request = arrow::flight::RenewFlightEndpointRequest::Deserialize(body);
  if (!request.ok()) return NotA("RenewFlightEndpointRequest");
  arrow::flight::FlightEndpoint endpoint = std::move(request->endpoint);
  ARROW_ASSIGN_OR_RAISE(const auto expires_at,
                        call.service().RenewTicket(call.ForService(), endpoint.ticket.ticket));
  endpoint.expiration_time =
      std::chrono::time_point_cast<arrow::flight::Timestamp::duration>(expires_at);
  ARROW_ASSIGN_OR_RAISE(std::string answer, endpoint.SerializeToString());
  return Texts{std::move(answer)};
}

// An action of Flight SQL, which answers with a text or with nothing.
template <auto verb>
Result<Texts> Sql(FlightCall& call, std::string_view body) {
  auto done = verb(call.service(), call.ForSql(), body);
  if constexpr (std::is_same_v<decltype(done), Status>) {
    ARROW_RETURN_NOT_OK(done);
    return Texts{};
  } else {
    ARROW_RETURN_NOT_OK(done.status());
    return Texts{*std::move(done)};
  }
}

template <auto refusal>
Result<Texts> Refuse(FlightCall& /*call*/, std::string_view body) {
  return refusal(body);
}

/// One action: all that is said of it, and what it does with its body.
struct ActionRow {
  const char* type;
  const char* description;
  Result<Texts> (*run)(FlightCall& call, std::string_view body);
};

constexpr std::array kActions = {
    ActionRow{"healthcheck", R"(Answers {"status":"ok"} while statements are answered.)",
              CheckHealth},
    ActionRow{"CancelFlightInfo", "Ends the result of a FlightInfo.", CancelFlight},
    ActionRow{"RenewFlightEndpoint", "Gives the ticket of an endpoint another life.",
              RenewEndpoint},
    ActionRow{"add_exchange",
              R"(Stores an exchanger: {"command": name, "sql": a SELECT that reads from input}.)",
              AddExchange},
    ActionRow{"list_exchanges", "The exchangers, each as JSON.", ListExchanges},
    ActionRow{"drop_exchange", R"(Forgets a stored exchanger: its name, or {"command": name}.)",
              DropExchange},
    ActionRow{"BeginIngest",
              R"(Begins an ingest in parts: {"stream_name": name}; "lifetime_ms" may be there.)",
              BeginIngest},
    ActionRow{
        "CommitIngest",
        R"(Lands all of its parts: {"stream_name": name, "ingest": id}; "parts" may be there.)",
        CommitIngest},
    ActionRow{"AbortIngest", R"(Forgets its parts: {"stream_name": name, "ingest": id}.)",
              AbortIngest},
    ActionRow{"CreatePreparedStatement", "Flight SQL: keeps a statement to be run by its handle.",
              Sql<CreatePreparedStatement>},
    ActionRow{"ClosePreparedStatement", "Flight SQL: forgets a statement.",
              Sql<ClosePreparedStatement>},
    ActionRow{"CreatePreparedSubstraitPlan", "Flight SQL: not taken; send SQL.",
              Sql<CreatePreparedSubstraitPlan>},
    ActionRow{"BeginTransaction", "Flight SQL: begins a transaction and names it.",
              Sql<BeginTransaction>},
    ActionRow{"EndTransaction", "Flight SQL: commits a transaction or rolls it back.",
              Sql<EndTransaction>},
    ActionRow{"BeginSavepoint", "Flight SQL: not taken, since DuckDB has no savepoints.",
              Refuse<BeginSavepoint>},
    ActionRow{"EndSavepoint", "Flight SQL: not taken, since DuckDB has no savepoints.",
              Refuse<EndSavepoint>},
    ActionRow{"CancelQuery", "Flight SQL: ends the result of a FlightInfo; see CancelFlightInfo.",
              CancelQuery},
    ActionRow{"SetSessionOptions", "Sets catalog, schema or settings of DuckDB for the session.",
              Sql<SetSessionOptions>},
    ActionRow{"GetSessionOptions", "Tells what is set for the session.", Sql<GetSessionOptions>},
    ActionRow{"CloseSession", "Ends the session and what it holds.", Sql<CloseSession>},
    ActionRow{
        "transfer",
        R"(Moves rows: {"from" or "to": URL, "table" or "query": …, "as": the target's table}.)",
        Transfer},
};

std::string ListedActions() {
  std::string list;
  for (const ActionRow& row : kActions) {
    list += (list.empty() ? "" : ", ") + std::string(row.type);
  }
  return list;
}

}  // namespace

std::vector<ActionType> KnownActions() {
  std::vector<ActionType> types;
  types.reserve(kActions.size());
  for (const ActionRow& row : kActions) types.push_back({row.type, row.description});
  return types;
}

Result<std::vector<arrow::flight::Result>> DoAction(FlightCall& call,
                                                    const arrow::flight::Action& action) {
  const auto* const row = std::ranges::find_if(
      kActions, [&](const ActionRow& candidate) { return candidate.type == action.type; });
  if (row == kActions.end()) {
    return MakeError(ErrorKind::kNotImplemented,
                     "unknown action '" + action.type + "'; known are " + ListedActions());
  }
  const std::string_view body =
      action.body == nullptr ? std::string_view() : std::string_view(*action.body);
  auto answers = row->run(call, body);
  if (!answers.ok()) return WithContext(action.type, answers.status());
  std::vector<arrow::flight::Result> results;
  for (std::string& answer : *answers) {
    results.emplace_back(arrow::Buffer::FromString(std::move(answer)));
  }
  return results;
}

}  // namespace arrowport::flight
