#include "client/flight_client.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/flight/client.h>
#include <arrow/ipc/dictionary.h>

#include "base/error.h"
#include "client/address.h"
#include "client/client.h"
#include "client/flight_connection.h"
#include "client/flight_exchange.h"
#include "client/flight_failure.h"
#include "client/flight_open_put.h"
#include "client/flight_reader.h"
#include "client/flight_sender.h"
#include "client/merged_reader.h"
#include "client/wire_json.h"

namespace arrowport::client {
namespace {

namespace flight = arrow::flight;
using Seconds = flight::TimeoutDuration;

class FlightClient final : public Client {
 public:
  FlightClient(std::shared_ptr<FlightConnection> connection, const ClientOptions& options)
      : connection_(std::move(connection)), idle_timeout_(options.idle_timeout) {}

  Result<PutAnswer> Put(std::string_view stream, arrow::RecordBatchReader& batches,
                        const PutProgress& progress, const ProducerStamp& stamp) override {
    ARROW_RETURN_NOT_OK(CheckStamp(stamp));
    const auto descriptor = stamp.is_set()
                                ? flight::FlightDescriptor::Command(PutCommandJson(stream, stamp))
                                : flight::FlightDescriptor::Path({std::string(stream)});
    auto put = connection_->client->DoPut(connection_->NewCall(), descriptor, batches.schema());
    if (!put.ok()) return connection_->Explain(put.status());
    ARROW_RETURN_NOT_OK(SendBatches(*connection_, *put->writer, batches, progress));
    return FinishPut(*connection_, *put);
  }

  Result<std::unique_ptr<OpenPut>> BeginPut(std::string_view stream,
                                            const std::shared_ptr<arrow::Schema>& schema) override {
    return OpenFlightPut(connection_, stream, schema);
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> Query(const QueryRequest& request) override {
    ARROW_ASSIGN_OR_RAISE(std::string text, QueryJson(request));
    if (!request.parallel) return Open(flight::Ticket{std::move(text)}, request);
    const auto descriptor = flight::FlightDescriptor::Command(std::move(text));
    auto info = connection_->client->GetFlightInfo(connection_->NewCall(), descriptor);
    if (!info.ok()) return connection_->Explain(info.status());
    const std::vector<flight::FlightEndpoint>& endpoints = (*info)->endpoints();
    if (endpoints.size() == 1) return Open(endpoints.front().ticket, request);
    return OpenAll(endpoints, request);
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> Exchange(
      std::string_view command, std::shared_ptr<arrow::RecordBatchReader> batches) override {
    return OpenExchange(connection_, command, std::move(batches));
  }

  Result<std::vector<std::string>> Act(std::string_view action, std::string_view body) override {
    const flight::Action call{std::string(action), arrow::Buffer::FromString(std::string(body))};
    auto results = connection_->client->DoAction(connection_->NewCall(), call);
    if (!results.ok()) return connection_->Explain(results.status());
    std::vector<std::string> texts;
    for (;;) {
      auto result = (*results)->Next();
      if (!result.ok()) return connection_->Explain(result.status());
      if (*result == nullptr) return texts;
      texts.push_back((*result)->body->ToString());
    }
  }

  Result<std::vector<TableSummary>> ListTables() override {
    auto listing = connection_->client->ListFlights(ShortCall(), {});
    if (!listing.ok()) return connection_->Explain(listing.status());
    std::vector<TableSummary> tables;
    for (;;) {
      auto info = (*listing)->Next();
      if (!info.ok()) return connection_->Explain(info.status());
      if (*info == nullptr) return tables;
      const auto& path = (*info)->descriptor().path;
      if (!path.empty()) tables.push_back({.name = path.back(), .rows = (*info)->total_records()});
    }
  }

  Result<std::vector<StreamSummary>> ListStreams() override {
    return OnlyOverHttp("the list of streams");
  }

  Status CheckHealth() override {
    auto answers = connection_->client->DoAction(ShortCall(), {"healthcheck", nullptr});
    if (!answers.ok()) return connection_->Explain(answers.status());
    return connection_->Explain((*answers)->Drain());
  }

  Result<std::string> Get(std::string_view path) override {
    return OnlyOverHttp("'" + std::string(path) + "'");
  }

  /// Asks for something small, so that a server that is not there is noticed now.
  Status Greet(std::chrono::milliseconds timeout) {
    flight::FlightCallOptions options = connection_->NewCall();
    options.timeout = Seconds(timeout);
    return connection_->Explain(connection_->client->ListActions(options).status());
  }

 private:
  Result<std::shared_ptr<arrow::RecordBatchReader>> Open(const flight::Ticket& ticket,
                                                         const QueryRequest& request) {
    flight::FlightCallOptions call = connection_->NewCall();
    if (request.aligned) {
      call.read_options.ensure_alignment = arrow::ipc::Alignment::kDataTypeSpecificAlignment;
    }
    auto stream = connection_->client->DoGet(call, ticket);
    if (!stream.ok()) return connection_->Explain(stream.status());
    auto reader = std::make_shared<FlightReader>(connection_, std::move(*stream), request.stop);
    ARROW_RETURN_NOT_OK(reader->ReadSchema());
    return reader;
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> OpenAll(
      const std::vector<flight::FlightEndpoint>& endpoints, const QueryRequest& request) {
    std::vector<std::shared_ptr<arrow::RecordBatchReader>> readers;
    std::vector<std::shared_ptr<FlightReader>> calls;
    for (const flight::FlightEndpoint& endpoint : endpoints) {
      ARROW_ASSIGN_OR_RAISE(auto reader, Open(endpoint.ticket, request));
      calls.push_back(std::static_pointer_cast<FlightReader>(reader));
      readers.push_back(std::move(reader));
    }
    return MergeReaders(std::move(readers), [calls = std::move(calls)] {
      for (const auto& call : calls) call->Cancel();
    });
  }

  [[nodiscard]] flight::FlightCallOptions ShortCall() const {
    flight::FlightCallOptions options = connection_->NewCall();
    options.timeout = Seconds(idle_timeout_);
    return options;
  }

  [[nodiscard]] Status OnlyOverHttp(std::string what) const {
    return MakeError(ErrorKind::kNotImplemented,
                     connection_->url + ": " + std::move(what) +
                         " is there over HTTP only; give the server's http:// URL");
  }

  // Constant after construction.
  const std::shared_ptr<FlightConnection> connection_;
  const std::chrono::milliseconds idle_timeout_;
};

flight::FlightClientOptions FlightOptionsOf(const std::shared_ptr<KindNote>& kind_note) {
  auto options = flight::FlightClientOptions::Defaults();
  options.middleware.push_back(kind_note);
  // The most that HTTP/2 has: a batch in few frames costs both sides less than in many.
  options.generic_options.emplace_back("grpc.http2.max_frame_size", 16'777'215);
  return options;
}

Status LogIn(FlightConnection& connection, const Credentials& credentials,
             std::chrono::milliseconds timeout) {
  flight::FlightCallOptions call;
  call.timeout = Seconds(timeout);
  auto token =
      connection.client->AuthenticateBasicToken(call, credentials.name, credentials.password);
  if (!token.ok()) return connection.Explain(token.status());
  connection.headers = {*std::move(token)};
  return Status::OK();
}

}  // namespace

Result<std::unique_ptr<Client>> ConnectFlight(const Address& address,
                                              const ClientOptions& options) {
  auto connection = std::make_shared<FlightConnection>();
  connection->url = address.ToString();
  ARROW_ASSIGN_OR_RAISE(const auto location,
                        flight::Location::Parse("grpc+tcp://" + address.Authority()));
  auto client = flight::FlightClient::Connect(location, FlightOptionsOf(connection->kind_note));
  if (!client.ok()) return connection->Explain(client.status());
  connection->client = std::move(*client);
  if (const auto& credentials = options.credentials; credentials.has_value()) {
    ARROW_RETURN_NOT_OK(LogIn(*connection, *credentials, options.connect_timeout));
  }
  auto flight_client = std::make_unique<FlightClient>(std::move(connection), options);
  ARROW_RETURN_NOT_OK(flight_client->Greet(options.connect_timeout));
  return flight_client;
}

}  // namespace arrowport::client
