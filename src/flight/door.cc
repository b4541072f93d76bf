#include "flight/door.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "engine/result_stream.h"
#include "flight/put.h"
#include "flight/request.h"
#include "flight/result_sender.h"
#include "flight/running_calls.h"
#include "observe/metrics.h"
#include "service/service.h"

namespace arrowport::flight {
namespace {

using arrow::flight::FlightDescriptor;
using arrow::flight::FlightInfo;

constexpr char kHealthcheck[] = "healthcheck";

Status NotImplemented(std::string message) {
  return MakeError(ErrorKind::kNotImplemented, std::move(message));
}

// One endpoint without a location: the client asks the server that it is talking to.
arrow::flight::FlightEndpoint EndpointOf(std::string ticket) {
  arrow::flight::FlightEndpoint endpoint;
  endpoint.ticket.ticket = std::move(ticket);
  return endpoint;
}

}  // namespace

Door::Door(std::shared_ptr<service::Service> service, observe::Metrics& metrics,
           int64_t message_bytes_max)
    : service_(std::move(service)), metrics_(metrics), message_bytes_max_(message_bytes_max) {}

Status Door::DoPut(const Context& context,
                   std::unique_ptr<arrow::flight::FlightMessageReader> reader,
                   std::unique_ptr<arrow::flight::FlightMetadataWriter> writer) {
  RunningCall& call = RunningCall::Of(context);
  const auto summary = ReceivePut(call, *service_, *reader, message_bytes_max_);
  if (!summary.ok()) return call.Answer(summary.status());
  // A client that has gone by now has missed the answer; the rows are there all the same.
  (void)writer->WriteMetadata(*arrow::Buffer::FromString(PutAnswerJson(*summary)));
  return Status::OK();
}

Status Door::DoGet(const Context& context, const arrow::flight::Ticket& ticket,
                   std::unique_ptr<arrow::flight::FlightDataStream>* stream) {
  RunningCall& call = RunningCall::Of(context);
  auto rows = Run(call, ticket.ticket);
  if (!rows.ok()) return call.Answer(rows.status());
  *stream = MakeDataStream(call, std::move(*rows), metrics_);
  return Status::OK();
}

Result<std::shared_ptr<engine::ResultStream>> Door::Run(RunningCall& call,
                                                        std::string_view ticket) {
  ARROW_ASSIGN_OR_RAISE(const ReadRequest request, ReadTicket(ticket));
  const service::Call service_call = call.ForService(request.timeout);
  if (!request.table.empty()) return service_->ReadTable(service_call, request.table);
  return service_->Query(service_call, request.statement, request.options);
}

Status Door::GetFlightInfo(const Context& context, const FlightDescriptor& descriptor,
                           std::unique_ptr<FlightInfo>* info) {
  RunningCall& call = RunningCall::Of(context);
  const auto described = Describe(call, descriptor);
  if (!described.ok()) return call.Answer(described.status());
  ARROW_ASSIGN_OR_RAISE(
      FlightInfo made,
      FlightInfo::Make(*described->schema, descriptor, {EndpointOf(TicketOf(descriptor))},
                       described->rows, /*total_bytes=*/-1, described->ordered));
  *info = std::make_unique<FlightInfo>(std::move(made));
  return Status::OK();
}

Status Door::GetSchema(const Context& context, const FlightDescriptor& descriptor,
                       std::unique_ptr<arrow::flight::SchemaResult>* schema) {
  RunningCall& call = RunningCall::Of(context);
  const auto described = Describe(call, descriptor);
  if (!described.ok()) return call.Answer(described.status());
  return arrow::flight::SchemaResult::Make(*described->schema).Value(schema);
}

Result<Door::Described> Door::Describe(RunningCall& call, const FlightDescriptor& descriptor) {
  ARROW_ASSIGN_OR_RAISE(const ReadRequest request, ReadDescriptor(descriptor));
  const service::Call service_call = call.ForService(request.timeout);
  if (!request.table.empty()) {
    ARROW_ASSIGN_OR_RAISE(const auto table, service_->DescribeTable(service_call, request.table));
    return Described{.schema = table.schema, .rows = table.rows};
  }
  ARROW_ASSIGN_OR_RAISE(auto schema, service_->DescribeQuery(service_call, request.statement));
  return Described{.schema = std::move(schema), .ordered = request.options.ordered};
}

Status Door::ListFlights(const Context& context, const arrow::flight::Criteria* /*criteria*/,
                         std::unique_ptr<arrow::flight::FlightListing>* listing) {
  RunningCall& call = RunningCall::Of(context);
  auto tables = ListTables(call);
  if (!tables.ok()) return call.Answer(tables.status());
  *listing = std::make_unique<arrow::flight::SimpleFlightListing>(std::move(*tables));
  return Status::OK();
}

Result<std::vector<FlightInfo>> Door::ListTables(RunningCall& call) {
  ARROW_ASSIGN_OR_RAISE(const auto tables, service_->ListTables(call.ForService()));
  std::vector<FlightInfo> infos;
  for (const auto& table : tables) {
    const std::string name = table.name.ToString();
    ARROW_ASSIGN_OR_RAISE(
        FlightInfo info,
        FlightInfo::Make(*table.schema, FlightDescriptor::Path({name}),
                         {EndpointOf(TicketOfTable(name))}, table.rows, /*total_bytes=*/-1,
                         /*ordered=*/true));
    infos.push_back(std::move(info));
  }
  return infos;
}

Status Door::DoAction(const Context& context, const arrow::flight::Action& action,
                      std::unique_ptr<arrow::flight::ResultStream>* results) {
  RunningCall& call = RunningCall::Of(context);
  auto answers = RunAction(call, action);
  if (!answers.ok()) return call.Answer(answers.status());
  *results = std::make_unique<arrow::flight::SimpleResultStream>(std::move(*answers));
  return Status::OK();
}

Result<std::vector<arrow::flight::Result>> Door::RunAction(RunningCall& call,
                                                           const arrow::flight::Action& action) {
  if (action.type != kHealthcheck) {
    return NotImplemented("unknown action '" + action.type + "'; known is '" + kHealthcheck + "'");
  }
  ARROW_RETURN_NOT_OK(service_->CheckHealth(call.ForService()));
  return std::vector{arrow::flight::Result(arrow::Buffer::FromString(R"({"status":"ok"})"))};
}

Status Door::ListActions(const Context& /*context*/,
                         std::vector<arrow::flight::ActionType>* actions) {
  actions->emplace_back(kHealthcheck, R"(Answers {"status":"ok"} while statements are answered.)");
  return Status::OK();
}

Status Door::DoExchange(const Context& context,
                        std::unique_ptr<arrow::flight::FlightMessageReader> /*reader*/,
                        std::unique_ptr<arrow::flight::FlightMessageWriter> /*writer*/) {
  return RunningCall::Of(context).Answer(
      NotImplemented("DoExchange is not served; use DoPut to write and DoGet to read"));
}

Status Door::PollFlightInfo(const Context& context, const FlightDescriptor& /*descriptor*/,
                            std::unique_ptr<arrow::flight::PollInfo>* /*info*/) {
  return RunningCall::Of(context).Answer(NotImplemented(
      "PollFlightInfo is not served; GetFlightInfo answers at once, or DoGet takes SQL itself"));
}

}  // namespace arrowport::flight
