#include "flight/actions.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/buffer.h>

#include "base/error.h"
#include "flight/exchanger_actions.h"
#include "flight/ingest_actions.h"
#include "flight/running_calls.h"
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

Result<Texts> CheckHealth(const ActionCall& at, std::string_view /*body*/) {
  ARROW_RETURN_NOT_OK(at.service.CheckHealth(at.call.ForService()));
  return Texts{R"({"status":"ok"})"};
}

Result<arrow::flight::CancelStatus> CancelAllOf(const ActionCall& at,
                                                const arrow::flight::FlightInfo& info) {
  const service::Call call = at.call.ForService();
  auto outcome = arrow::flight::CancelStatus::kNotCancellable;
  if (at.polled.Cancel(call.caller, info)) outcome = arrow::flight::CancelStatus::kCancelled;
  for (const auto& endpoint : info.endpoints()) {
    const Status cancelled = at.service.CancelTicket(call, endpoint.ticket.ticket);
    if (cancelled.ok()) outcome = arrow::flight::CancelStatus::kCancelled;
    if (!cancelled.ok() && KindOf(cancelled) != ErrorKind::kNotFound) return cancelled;
  }
  return outcome;
}

Result<Texts> CancelFlight(const ActionCall& at, std::string_view body) {
  auto request = arrow::flight::CancelFlightInfoRequest::Deserialize(body);
  if (!request.ok() || request->info == nullptr) return NotA("CancelFlightInfoRequest");
  ARROW_ASSIGN_OR_RAISE(const auto outcome, CancelAllOf(at, *request->info));
  ARROW_ASSIGN_OR_RAISE(std::string answer,
                        arrow::flight::CancelFlightInfoResult(outcome).SerializeToString());
  return Texts{std::move(answer)};
}

// As clients of Flight SQL did it before there was the other one.
Result<Texts> CancelQuery(const ActionCall& at, std::string_view body) {
  ARROW_ASSIGN_OR_RAISE(const auto request, ParseBody<sql::ActionCancelQueryRequest>(body));
  const auto info = arrow::flight::FlightInfo::Deserialize(request.info());
  if (!info.ok()) return NotA("CancelQuery of a FlightInfo");
  ARROW_ASSIGN_OR_RAISE(const auto outcome, CancelAllOf(at, **info));
  using Answer = sql::ActionCancelQueryResult;
  Answer answer;
  answer.set_result(outcome == arrow::flight::CancelStatus::kCancelled
                        ? Answer::CANCEL_RESULT_CANCELLED
                        : Answer::CANCEL_RESULT_NOT_CANCELLABLE);
  return Texts{Pack(answer)};
}

Result<Texts> RenewEndpoint(const ActionCall& at, std::string_view body) {
  auto request = arrow::flight::RenewFlightEndpointRequest::Deserialize(body);
  if (!request.ok()) return NotA("RenewFlightEndpointRequest");
  arrow::flight::FlightEndpoint endpoint = std::move(request->endpoint);
  ARROW_ASSIGN_OR_RAISE(const auto expires_at,
                        at.service.RenewTicket(at.call.ForService(), endpoint.ticket.ticket));
  endpoint.expiration_time =
      std::chrono::time_point_cast<arrow::flight::Timestamp::duration>(expires_at);
  ARROW_ASSIGN_OR_RAISE(std::string answer, endpoint.SerializeToString());
  return Texts{std::move(answer)};
}

Result<Texts> ToTexts(Result<std::string> text) {
  ARROW_RETURN_NOT_OK(text.status());
  return Texts{*std::move(text)};
}

Result<Texts> ToNone(const Status& done) {
  ARROW_RETURN_NOT_OK(done);
  return Texts{};
}

using PlainRun = Result<Texts> (*)(RunningCall& call, service::Service& service,
                                   std::string_view body);

// One that knows nothing of what is polled.
template <PlainRun run>
Result<Texts> Run(const ActionCall& at, std::string_view body) {
  return run(at.call, at.service, body);
}

/// One action: all that is said of it, and what it does with its body.
struct ActionRow {
  const char* type;
  const char* description;
  Result<Texts> (*run)(const ActionCall& at, std::string_view body);
};

constexpr std::array kActions = {
    ActionRow{"healthcheck", R"(Answers {"status":"ok"} while statements are answered.)",
              CheckHealth},
    ActionRow{"CancelFlightInfo", "Ends the result of a FlightInfo.", CancelFlight},
    ActionRow{"RenewFlightEndpoint", "Gives the ticket of an endpoint another life.",
              RenewEndpoint},
    ActionRow{"add_exchange",
              R"(Stores an exchanger: {"command": name, "sql": a SELECT that reads from input}.)",
              Run<AddExchange>},
    ActionRow{"list_exchanges", "The exchangers, each as JSON.", Run<ListExchanges>},
    ActionRow{"drop_exchange", R"(Forgets a stored exchanger: its name, or {"command": name}.)",
              Run<DropExchange>},
    ActionRow{"BeginIngest",
              R"(Begins an ingest in parts: {"stream_name": name}; "lifetime_ms" may be there.)",
              Run<BeginIngest>},
    ActionRow{
        "CommitIngest",
        R"(Lands all of its parts: {"stream_name": name, "ingest": id}; "parts" may be there.)",
        Run<CommitIngest>},
    ActionRow{"AbortIngest", R"(Forgets its parts: {"stream_name": name, "ingest": id}.)",
              Run<AbortIngest>},
    ActionRow{"CreatePreparedStatement", "Flight SQL: keeps a statement to be run by its handle.",
              [](const ActionCall& at, std::string_view body) {
                return ToTexts(CreatePreparedStatement(at.service, at.call.ForSql(), body));
              }},
    ActionRow{"ClosePreparedStatement", "Flight SQL: forgets a statement.",
              [](const ActionCall& at, std::string_view body) {
                return ToNone(ClosePreparedStatement(at.service, at.call.ForSql(), body));
              }},
    ActionRow{"CreatePreparedSubstraitPlan", "Flight SQL: not taken; send SQL.",
              [](const ActionCall& at, std::string_view body) {
                return ToTexts(CreatePreparedSubstraitPlan(at.service, at.call.ForSql(), body));
              }},
    ActionRow{"BeginTransaction", "Flight SQL: begins a transaction and names it.",
              [](const ActionCall& at, std::string_view body) {
                return ToTexts(BeginTransaction(at.service, at.call.ForSql(), body));
              }},
    ActionRow{"EndTransaction", "Flight SQL: commits a transaction or rolls it back.",
              [](const ActionCall& at, std::string_view body) {
                return ToNone(EndTransaction(at.service, at.call.ForSql(), body));
              }},
    ActionRow{"BeginSavepoint", "Flight SQL: not taken, since DuckDB has no savepoints.",
              [](const ActionCall& /*at*/, std::string_view body) {
                return ToNone(BeginSavepoint(body));
              }},
    ActionRow{
        "EndSavepoint", "Flight SQL: not taken, since DuckDB has no savepoints.",
        [](const ActionCall& /*at*/, std::string_view body) { return ToNone(EndSavepoint(body)); }},
    ActionRow{"CancelQuery", "Flight SQL: ends the result of a FlightInfo; see CancelFlightInfo.",
              CancelQuery},
    ActionRow{"SetSessionOptions", "Sets catalog, schema or settings of DuckDB for the session.",
              [](const ActionCall& at, std::string_view body) {
                return ToTexts(SetSessionOptions(at.service, at.call.ForSql(), body));
              }},
    ActionRow{"GetSessionOptions", "Tells what is set for the session.",
              [](const ActionCall& at, std::string_view body) {
                return ToTexts(GetSessionOptions(at.service, at.call.ForSql(), body));
              }},
    ActionRow{"CloseSession", "Ends the session and what it holds.",
              [](const ActionCall& at, std::string_view body) {
                return ToTexts(CloseSession(at.service, at.call.ForSql(), body));
              }},
    ActionRow{
        "transfer",
        R"(Moves rows: {"from" or "to": URL, "table" or "query": …, "as": the target's table}.)",
        Run<Transfer>},
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

Result<std::vector<arrow::flight::Result>> RunAction(const ActionCall& at,
                                                     const arrow::flight::Action& action) {
  const auto* const row = std::ranges::find_if(
      kActions, [&](const ActionRow& candidate) { return candidate.type == action.type; });
  if (row == kActions.end()) {
    return MakeError(ErrorKind::kNotImplemented,
                     "unknown action '" + action.type + "'; known are " + ListedActions());
  }
  const std::string_view body =
      action.body == nullptr ? std::string_view() : std::string_view(*action.body);
  auto answers = row->run(at, body);
  if (!answers.ok()) return WithContext(action.type, answers.status());
  std::vector<arrow::flight::Result> results;
  for (std::string& answer : *answers) {
    results.emplace_back(arrow::Buffer::FromString(std::move(answer)));
  }
  return results;
}

}  // namespace arrowport::flight
