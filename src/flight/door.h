#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/flight/server.h>

#include "base/error.h"
#include "engine/result_stream.h"
#include "flight/polled_flights.h"
#include "flight/put.h"
#include "flight/running_calls.h"
#include "observe/metrics.h"
#include "service/result_offers.h"
#include "service/service.h"

namespace arrowport::flight {

/// Flight's calls as the service's verbs. Each call has a thread of its own (rpc::Server).
///
///     DoPut          ReceivePut (put.h)
///     DoGet          ReadTicket (request.h) → Service::Query or ReadTable, or OpenTicket
///                    → result_sender.h
///     DoExchange     RunExchange (exchange.h)
///     DoAction       RunAction (actions.h)
///     GetFlightInfo  ReadDescriptor → Service::OfferQuery or OfferTable
///     PollFlightInfo the same, run on a thread of polled_flights.h
///
/// Commands of Flight SQL come through the same calls, packed in protobuf's Any (sql_messages.h).
class Door final : public arrow::flight::FlightServerBase {
 public:
  /// `metrics` must outlive the door.
  Door(std::shared_ptr<service::Service> service, observe::Metrics& metrics,
       const PutLimits& limits);

  // As Flight calls them.
  using Context = arrow::flight::ServerCallContext;
  Status DoPut(const Context& context, std::unique_ptr<arrow::flight::FlightMessageReader> reader,
               std::unique_ptr<arrow::flight::FlightMetadataWriter> writer) override;
  Status DoGet(const Context& context, const arrow::flight::Ticket& ticket,
               std::unique_ptr<arrow::flight::FlightDataStream>* stream) override;
  Status GetFlightInfo(const Context& context, const arrow::flight::FlightDescriptor& descriptor,
                       std::unique_ptr<arrow::flight::FlightInfo>* info) override;
  Status GetSchema(const Context& context, const arrow::flight::FlightDescriptor& descriptor,
                   std::unique_ptr<arrow::flight::SchemaResult>* schema) override;
  Status ListFlights(const Context& context, const arrow::flight::Criteria* criteria,
                     std::unique_ptr<arrow::flight::FlightListing>* listing) override;
  Status DoAction(const Context& context, const arrow::flight::Action& action,
                  std::unique_ptr<arrow::flight::ResultStream>* results) override;
  Status ListActions(const Context& context,
                     std::vector<arrow::flight::ActionType>* actions) override;
  Status DoExchange(const Context& context,
                    std::unique_ptr<arrow::flight::FlightMessageReader> reader,
                    std::unique_ptr<arrow::flight::FlightMessageWriter> writer) override;
  Status PollFlightInfo(const Context& context, const arrow::flight::FlightDescriptor& descriptor,
                        std::unique_ptr<arrow::flight::PollInfo>* info) override;

 private:
  struct Asked;

  Result<std::string> Receive(RunningCall& call, arrow::flight::FlightMessageReader& reader,
                              arrow::flight::FlightMetadataWriter& writer);
  // With a `watch` the statement has run when these return.
  Result<service::Offer> Offer(const service::Call& call, const Asked& asked,
                               const std::shared_ptr<service::StatementWatch>& watch);
  Result<arrow::flight::FlightInfo> OfferFlight(
      const service::Call& call, const Asked& asked,
      const std::shared_ptr<service::StatementWatch>& watch = nullptr);
  Result<std::shared_ptr<arrow::Schema>> DescribeSchema(
      RunningCall& call, const arrow::flight::FlightDescriptor& descriptor);
  Result<std::unique_ptr<arrow::flight::PollInfo>> Poll(
      RunningCall& call, const arrow::flight::FlightDescriptor& descriptor);
  Result<std::shared_ptr<engine::ResultStream>> Run(RunningCall& call, std::string_view ticket);
  Result<std::vector<arrow::flight::FlightInfo>> ListTables(RunningCall& call);

  // Constant after construction.
  const std::shared_ptr<service::Service> service_;
  observe::Metrics& metrics_;
  const PutLimits limits_;

  PolledFlights polled_;  // Ends first: what it runs uses the rest.
};

}  // namespace arrowport::flight
