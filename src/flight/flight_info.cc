#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <arrow/flight/types.h>
#include <arrow/type.h>

#include "base/call_control.h"
#include "base/error.h"
#include "flight/flight_call.h"
#include "flight/handlers.h"
#include "flight/polled_flights.h"
#include "flight/request.h"
#include "flight/result_size.h"
#include "flight/sql_catalog.h"
#include "flight/sql_messages.h"
#include "flight/sql_statements.h"
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

/// What a descriptor asks for: a command of Flight SQL, or a request of ours.
struct Asked {
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
  [[nodiscard]] service::Call ToCall(FlightCall& call) const {
    return command ? call.ForSql() : call.ForService(request.timeout);
  }

  FlightDescriptor descriptor;
  std::optional<PackedMessage> command = {};
  std::shared_ptr<arrow::Schema> catalog = {};  ///< Of a command that reads the catalog.
  ReadRequest request = {};                     ///< Where there is no command.
};

// With a `watch` the statement has run when these return.
Result<service::Offer> MakeOffer(service::Service& service, const service::Call& call,
                                 const Asked& asked,
                                 const std::shared_ptr<service::StatementWatch>& watch) {
  if (asked.command) return OfferStatement(service, call, *asked.command, watch);
  const ReadRequest& request = asked.request;
  const service::OfferOptions options{.query = request.options,
                                      .streams_max = request.endpoints,
                                      .retain = request.retain || watch != nullptr,
                                      .timeout = request.timeout,
                                      .watch = watch};
  if (request.table.empty()) return service.OfferQuery(call, request.statement, options);
  return service.OfferTable(call, request.table, options);
}

Result<FlightInfo> OfferFlight(service::Service& service, const service::Call& call,
                               const Asked& asked,
                               const std::shared_ptr<service::StatementWatch>& watch = nullptr) {
  if (asked.catalog != nullptr) {
    // It is its own ticket.
    return FlightInfo::Make(*asked.catalog, asked.descriptor, {EndpointOf(asked.descriptor.cmd)},
                            -1, -1, /*ordered=*/true);
  }
  ARROW_ASSIGN_OR_RAISE(service::Offer offer, MakeOffer(service, call, asked, watch));
  std::vector<arrow::flight::FlightEndpoint> endpoints;
  for (std::string& ticket : offer.tickets) {
    endpoints.push_back(EndpointOf(std::move(ticket)));
    endpoints.back().expiration_time =
        std::chrono::time_point_cast<arrow::flight::Timestamp::duration>(offer.expires_at);
  }
  return FlightInfo::Make(*offer.schema, asked.descriptor, endpoints, offer.rows,
                          ValueBytesOf(*offer.schema, offer.rows), offer.ordered);
}

Result<std::shared_ptr<arrow::Schema>> DescribeSchema(FlightCall& call,
                                                      const FlightDescriptor& descriptor) {
  service::Service& service = call.service();
  ARROW_ASSIGN_OR_RAISE(const Asked asked, Asked::Read(descriptor));
  if (asked.catalog != nullptr) return asked.catalog;
  const service::Call asking = asked.ToCall(call);
  if (asked.command) return DescribeStatement(service, asking, *asked.command);
  const ReadRequest& request = asked.request;
  if (request.table.empty()) return service.DescribeQuery(asking, request.statement);
  ARROW_ASSIGN_OR_RAISE(const auto table, service.DescribeTable(asking, request.table));
  return table.schema;
}

}  // namespace

Result<std::unique_ptr<FlightInfo>> GetFlightInfo(FlightCall& call,
                                                  const FlightDescriptor& descriptor) {
  ARROW_ASSIGN_OR_RAISE(const Asked asked, Asked::Read(descriptor));
  ARROW_ASSIGN_OR_RAISE(FlightInfo info, OfferFlight(call.service(), asked.ToCall(call), asked));
  return std::make_unique<FlightInfo>(std::move(info));
}

Result<std::unique_ptr<arrow::flight::PollInfo>> PollFlightInfo(
    FlightCall& call, const FlightDescriptor& descriptor) {
  if (PolledFlights::IsHandle(descriptor.cmd)) {
    const service::Call waiting = call.ForService();
    return call.polled().Wait(waiting.caller, descriptor.cmd, waiting.control);
  }
  ARROW_ASSIGN_OR_RAISE(const Asked asked, Asked::Read(descriptor));
  const service::Call asking = asked.ToCall(call);
  if (!asked.is_statement()) {
    // All of it is there, and read once an endpoint is opened.
    ARROW_ASSIGN_OR_RAISE(FlightInfo info, OfferFlight(call.service(), asking, asked));
    return std::make_unique<arrow::flight::PollInfo>(std::make_unique<FlightInfo>(std::move(info)),
                                                     std::nullopt, /*progress=*/1.0, std::nullopt);
  }
  auto make = [&service = call.service(), asking, asked](
                  const CallControl& control,
                  const std::shared_ptr<service::StatementWatch>& watch) {
    service::Call running = asking;
    running.control = control;
    return OfferFlight(service, running, asked, watch);
  };
  return call.polled().Start(asking.caller, descriptor, std::move(make), asking.control);
}

Result<std::unique_ptr<arrow::flight::SchemaResult>> GetSchema(FlightCall& call,
                                                               const FlightDescriptor& descriptor) {
  ARROW_ASSIGN_OR_RAISE(const auto schema, DescribeSchema(call, descriptor));
  return arrow::flight::SchemaResult::Make(*schema);
}

Result<std::vector<FlightInfo>> ListFlights(FlightCall& call,
                                            const arrow::flight::Criteria& /*criteria*/) {
  ARROW_ASSIGN_OR_RAISE(const auto tables, call.service().ListTables(call.ForService()));
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

}  // namespace arrowport::flight
