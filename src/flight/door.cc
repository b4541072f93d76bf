#include "flight/door.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/result_stream.h"
#include "flight/actions.h"
#include "flight/exchange.h"
#include "flight/polled_flights.h"
#include "flight/put.h"
#include "flight/request.h"
#include "flight/result_sender.h"
#include "flight/result_size.h"
#include "flight/running_calls.h"
#include "flight/sql_catalog.h"
#include "flight/sql_messages.h"
#include "flight/sql_put.h"
#include "flight/sql_statements.h"
#include "flight/write_options.h"
#include "observe/metrics.h"
#include "service/result_offers.h"
#include "service/service.h"

namespace arrowport::flight {
namespace {

using arrow::flight::FlightDescriptor;
using arrow::flight::FlightInfo;

// One endpoint without a location: the client asks the server that it is talking to.
arrow::flight::FlightEndpoint EndpointOf(std::string ticket) {
  arrow::flight::FlightEndpoint endpoint;
  endpoint.ticket.ticket = std::move(ticket);
  return endpoint;
}

}  // namespace

/// What a descriptor asks for: a command of Flight SQL, or a request of ours.
struct Door::Asked {
  static Result<Asked> Read(const FlightDescriptor& descriptor) {
    Asked asked{.descriptor = descriptor, .command = Unpack(descriptor.cmd)};
    if (asked.command) {
      ARROW_ASSIGN_OR_RAISE(asked.catalog, CatalogSchema(*asked.command));
    } else {
      ARROW_ASSIGN_OR_RAISE(asked.request, ReadDescriptor(descriptor));
    }
    return asked;
  }

  /// Whether there is something to run before its rows can be had.
  [[nodiscard]] bool is_statement() const { return catalog == nullptr && request.table.empty(); }

  /// What the service is told of `call`.
  [[nodiscard]] service::Call ToCall(RunningCall& call) const {
    return command ? call.ForSql() : call.ForService(request.timeout);
  }

  FlightDescriptor descriptor;
  std::optional<PackedMessage> command = {};
  std::shared_ptr<arrow::Schema> catalog = {};  ///< Of a command that reads the catalog.
  ReadRequest request = {};                     ///< Where there is no command.
};

Door::Door(std::shared_ptr<service::Service> service, observe::Metrics& metrics,
           const PutLimits& limits)
    : service_(std::move(service)), metrics_(metrics), limits_(limits) {}

Status Door::DoPut(const Context& context,
                   std::unique_ptr<arrow::flight::FlightMessageReader> reader,
                   std::unique_ptr<arrow::flight::FlightMetadataWriter> writer) {
  RunningCall& call = RunningCall::Of(context);
  auto answer = Receive(call, *reader, *writer);
  if (!answer.ok()) return call.Answer(answer.status());
  // A client that has gone by now has missed the answer; the rows are there all the same.
  (void)writer->WriteMetadata(*arrow::Buffer::FromString(*std::move(answer)));
  call.DropTheRest();
  return Status::OK();
}

Result<std::string> Door::Receive(RunningCall& call, arrow::flight::FlightMessageReader& reader,
                                  arrow::flight::FlightMetadataWriter& writer) {
  const auto command = Unpack(reader.descriptor().cmd);
  if (command) return ReceiveSqlPut(call, *service_, *command, reader, limits_);
  return ReceivePut(call, *service_, {.reader = reader, .writer = writer}, limits_);
}

Status Door::DoGet(const Context& context, const arrow::flight::Ticket& ticket,
                   std::unique_ptr<arrow::flight::FlightDataStream>* stream) {
  RunningCall& call = RunningCall::Of(context);
  const auto options = WriteOptionsOf(context);
  if (!options.ok()) return call.Answer(options.status());
  auto rows = Run(call, ticket.ticket);
  if (!rows.ok()) return call.Answer(rows.status());
  *stream = MakeDataStream(call, std::move(*rows), metrics_, *options);
  return Status::OK();
}

Result<std::shared_ptr<engine::ResultStream>> Door::Run(RunningCall& call,
                                                        std::string_view ticket) {
  if (service::Service::IsTicket(ticket)) return service_->OpenTicket(call.ForService(), ticket);
  const auto command = Unpack(ticket);
  if (command) return ReadCatalog(*service_, call.ForSql(), *command);
  ARROW_ASSIGN_OR_RAISE(const ReadRequest request, ReadTicket(ticket));
  if (request.retain) {
    return MakeError(ErrorKind::kInvalidInput,
                     "\"retain\" is for GetFlightInfo, whose tickets can then be used again");
  }
  const service::Call service_call = call.ForService(request.timeout);
  if (!request.table.empty()) return service_->ReadTable(service_call, request.table);
  return service_->Query(service_call, request.statement, request.options);
}

Status Door::GetFlightInfo(const Context& context, const FlightDescriptor& descriptor,
                           std::unique_ptr<FlightInfo>* info) {
  RunningCall& call = RunningCall::Of(context);
  const auto asked = Asked::Read(descriptor);
  if (!asked.ok()) return call.Answer(asked.status());
  auto offered = OfferFlight(asked->ToCall(call), *asked);
  if (!offered.ok()) return call.Answer(offered.status());
  *info = std::make_unique<FlightInfo>(*std::move(offered));
  return Status::OK();
}

Status Door::PollFlightInfo(const Context& context, const FlightDescriptor& descriptor,
                            std::unique_ptr<arrow::flight::PollInfo>* info) {
  RunningCall& call = RunningCall::Of(context);
  auto polled = Poll(call, descriptor);
  if (!polled.ok()) return call.Answer(polled.status());
  *info = *std::move(polled);
  return Status::OK();
}

Result<std::unique_ptr<arrow::flight::PollInfo>> Door::Poll(RunningCall& call,
                                                            const FlightDescriptor& descriptor) {
  if (PolledFlights::IsHandle(descriptor.cmd)) {
    const service::Call waiting = call.ForService();
    return polled_.Wait(waiting.caller, descriptor.cmd, waiting.control);
  }
  ARROW_ASSIGN_OR_RAISE(const Asked asked, Asked::Read(descriptor));
  const service::Call asking = asked.ToCall(call);
  if (!asked.is_statement()) {
    // All of it is there, and read once an endpoint is opened.
    ARROW_ASSIGN_OR_RAISE(FlightInfo info, OfferFlight(asking, asked));
    return std::make_unique<arrow::flight::PollInfo>(std::make_unique<FlightInfo>(std::move(info)),
                                                     std::nullopt, /*progress=*/1.0, std::nullopt);
  }
  auto make = [this, asking, asked](const CallControl& control,
                                    const std::shared_ptr<service::StatementWatch>& watch) {
    service::Call running = asking;
    running.control = control;
    return OfferFlight(running, asked, watch);
  };
  return polled_.Start(asking.caller, descriptor, std::move(make), asking.control);
}

Result<service::Offer> Door::Offer(const service::Call& call, const Asked& asked,
                                   const std::shared_ptr<service::StatementWatch>& watch) {
  if (asked.command) return OfferStatement(*service_, call, *asked.command, watch);
  const ReadRequest& request = asked.request;
  const service::OfferOptions options{.query = request.options,
                                      .streams_max = request.endpoints,
                                      .retain = request.retain || watch != nullptr,
                                      .timeout = request.timeout,
                                      .watch = watch};
  if (request.table.empty()) return service_->OfferQuery(call, request.statement, options);
  return service_->OfferTable(call, request.table, options);
}

Result<FlightInfo> Door::OfferFlight(const service::Call& call, const Asked& asked,
                                     const std::shared_ptr<service::StatementWatch>& watch) {
  if (asked.catalog != nullptr) {
    // It is its own ticket.
    return FlightInfo::Make(*asked.catalog, asked.descriptor, {EndpointOf(asked.descriptor.cmd)},
                            -1, -1, /*ordered=*/true);
  }
  ARROW_ASSIGN_OR_RAISE(service::Offer offer, Offer(call, asked, watch));
  std::vector<arrow::flight::FlightEndpoint> endpoints;
  for (std::string& ticket : offer.tickets) {
    endpoints.push_back(EndpointOf(std::move(ticket)));
    endpoints.back().expiration_time =
        std::chrono::time_point_cast<arrow::flight::Timestamp::duration>(offer.expires_at);
  }
  return FlightInfo::Make(*offer.schema, asked.descriptor, endpoints, offer.rows,
                          ValueBytesOf(*offer.schema, offer.rows), offer.ordered);
}

Status Door::GetSchema(const Context& context, const FlightDescriptor& descriptor,
                       std::unique_ptr<arrow::flight::SchemaResult>* schema) {
  RunningCall& call = RunningCall::Of(context);
  const auto described = DescribeSchema(call, descriptor);
  if (!described.ok()) return call.Answer(described.status());
  return arrow::flight::SchemaResult::Make(**described).Value(schema);
}

Result<std::shared_ptr<arrow::Schema>> Door::DescribeSchema(RunningCall& call,
                                                            const FlightDescriptor& descriptor) {
  ARROW_ASSIGN_OR_RAISE(const Asked asked, Asked::Read(descriptor));
  if (asked.catalog != nullptr) return asked.catalog;
  const service::Call asking = asked.ToCall(call);
  if (asked.command) return DescribeStatement(*service_, asking, *asked.command);
  const ReadRequest& request = asked.request;
  if (request.table.empty()) return service_->DescribeQuery(asking, request.statement);
  ARROW_ASSIGN_OR_RAISE(const auto table, service_->DescribeTable(asking, request.table));
  return table.schema;
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
                         {EndpointOf(TicketOfTable(name))}, table.rows,
                         ValueBytesOf(*table.schema, table.rows), /*ordered=*/true));
    infos.push_back(std::move(info));
  }
  return infos;
}

Status Door::DoAction(const Context& context, const arrow::flight::Action& action,
                      std::unique_ptr<arrow::flight::ResultStream>* results) {
  RunningCall& call = RunningCall::Of(context);
  auto answers = RunAction({call, *service_, polled_}, action);
  if (!answers.ok()) return call.Answer(answers.status());
  *results = std::make_unique<arrow::flight::SimpleResultStream>(std::move(*answers));
  return Status::OK();
}

Status Door::ListActions(const Context& /*context*/,
                         std::vector<arrow::flight::ActionType>* actions) {
  *actions = KnownActions();
  return Status::OK();
}

Status Door::DoExchange(const Context& context,
                        std::unique_ptr<arrow::flight::FlightMessageReader> reader,
                        std::unique_ptr<arrow::flight::FlightMessageWriter> writer) {
  RunningCall& call = RunningCall::Of(context);
  const auto options = WriteOptionsOf(context);
  if (!options.ok()) return call.Answer(options.status());
  const ExchangeStreams streams{.reader = *reader,
                                .writer = *writer,
                                .message_bytes_max = limits_.message_bytes_max,
                                .written_as = *options};
  return call.Answer(RunExchange(call, *service_, metrics_, streams));
}

}  // namespace arrowport::flight
