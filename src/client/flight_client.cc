#include "client/flight_client.h"

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/flight/client.h>
#include <arrow/ipc/dictionary.h>
#include <nlohmann/json.hpp>

#include "base/batch_bytes.h"
#include "base/error.h"
#include "client/address.h"
#include "client/batch_cutter.h"
#include "client/client.h"
#include "client/flight_failure.h"
#include "client/wire_json.h"

namespace arrowport::client {
namespace {

namespace flight = arrow::flight;
using Seconds = flight::TimeoutDuration;

/// What calls and readers share: readers keep it alive.
struct Connection {
  std::string url;
  std::shared_ptr<KindNote> kind_note = std::make_shared<KindNote>();
  std::unique_ptr<flight::FlightClient> client;

  [[nodiscard]] Status Explain(const Status& status) const {
    return WithContext(url, ExplainFlightFailure(status, kind_note->Take()));
  }

  template <typename T>
  [[nodiscard]] Result<T> Explain(Result<T> result) const {
    if (result.ok()) return result;
    return Explain(result.status());
  }
};

/// Ends a call whose reader may be waiting in another thread.
struct CancelCall {
  flight::FlightStreamReader* reader;
  void operator()() const { reader->Cancel(); }
};

/// The rows of a DoGet, read as they are asked for.
class AnswerReader final : public arrow::RecordBatchReader {
 public:
  AnswerReader(std::shared_ptr<Connection> connection,
               std::unique_ptr<flight::FlightStreamReader> reader, const std::stop_token& stop)
      : connection_(std::move(connection)),
        reader_(std::move(reader)),
        stop_(stop),
        cancel_(stop, CancelCall{reader_.get()}) {}

  // Without it the library would read the rest of the answer first.
  ~AnswerReader() override {
    if (!ended_) reader_->Cancel();
  }

  AnswerReader(const AnswerReader&) = delete;
  AnswerReader& operator=(const AnswerReader&) = delete;

  Status ReadSchema() {
    auto schema = reader_->GetSchema();
    if (!schema.ok()) return Explain(schema.status());
    schema_ = std::move(*schema);
    return Status::OK();
  }

  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    while (!ended_) {
      auto chunk = reader_->Next();
      if (!chunk.ok()) {
        // A failed reader stays failed: null would be a true end.
        ended_ = true;
        failure_ = Explain(chunk.status());
        break;
      }
      *batch = std::move(chunk->data);
      if (*batch != nullptr) return Status::OK();
      ended_ = chunk->app_metadata == nullptr;
    }
    return failure_;
  }

 private:
  [[nodiscard]] Status Explain(const Status& status) const {
    Status explained = connection_->Explain(status);
    if (!stop_.stop_requested()) return explained;
    return MakeError(ErrorKind::kCancelled, connection_->url + ": cancelled");
  }

  const std::shared_ptr<Connection> connection_;
  const std::unique_ptr<flight::FlightStreamReader> reader_;
  const std::stop_token stop_;
  const std::stop_callback<CancelCall> cancel_;
  std::shared_ptr<arrow::Schema> schema_;
  bool ended_ = false;
  Status failure_;
};

class FlightClient final : public Client {
 public:
  FlightClient(std::shared_ptr<Connection> connection, const ClientOptions& options)
      : connection_(std::move(connection)), idle_timeout_(options.idle_timeout) {}

  Result<PutAnswer> Put(std::string_view stream, arrow::RecordBatchReader& batches,
                        const PutProgress& progress) override {
    const auto descriptor = flight::FlightDescriptor::Path({std::string(stream)});
    auto put = connection_->client->DoPut({}, descriptor, batches.schema());
    if (!put.ok()) return connection_->Explain(put.status());
    ARROW_RETURN_NOT_OK(SendBatches(*put->writer, batches, progress));
    const Status done = put->writer->DoneWriting();
    std::shared_ptr<arrow::Buffer> answer;
    const Status read = done.ok() ? put->reader->ReadMetadata(&answer) : done;
    // Only the end of the call tells why it failed, if it did.
    ARROW_RETURN_NOT_OK(connection_->Explain(put->writer->Close()));
    ARROW_RETURN_NOT_OK(connection_->Explain(read));
    const auto text = answer == nullptr ? std::string_view() : std::string_view(*answer);
    const auto parsed = ParsePutAnswer(text);
    if (!parsed.ok()) return WithContext(connection_->url, parsed.status());
    return parsed;
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> Query(const QueryRequest& request) override {
    flight::Ticket ticket;
    ARROW_ASSIGN_OR_RAISE(ticket.ticket, QueryJson(request));
    flight::FlightCallOptions call;
    if (request.aligned) {
      call.read_options.ensure_alignment = arrow::ipc::Alignment::kDataTypeSpecificAlignment;
    }
    auto stream = connection_->client->DoGet(call, ticket);
    if (!stream.ok()) return connection_->Explain(stream.status());
    auto reader = std::make_shared<AnswerReader>(connection_, std::move(*stream), request.stop);
    ARROW_RETURN_NOT_OK(reader->ReadSchema());
    return reader;
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
    flight::FlightCallOptions options;
    options.timeout = Seconds(timeout);
    return connection_->Explain(connection_->client->ListActions(options).status());
  }

 private:
  Status SendBatches(flight::FlightStreamWriter& writer, arrow::RecordBatchReader& batches,
                     const PutProgress& progress) const {
    BatchCutter cutter(batches);
    int64_t rows = 0;
    int64_t bytes = 0;
    for (;;) {
      const auto batch = cutter.Next();
      if (!batch.ok()) return GiveUp(writer, batch.status());
      if (*batch == nullptr) return Status::OK();
      const Status sent = writer.WriteRecordBatch(**batch);
      if (!sent.ok()) {
        // Only the end of the call tells why the server takes no more.
        const Status closed = writer.Close();
        return connection_->Explain(closed.ok() ? sent : closed);
      }
      rows += (*batch)->num_rows();
      bytes += BytesOf(**batch);
      if (progress) progress(rows, bytes);
    }
  }

  // Flight's uploads have no cancel, and one that just ends is taken for whole. So the server is
  // told; it answers with a failure, which is nothing new.
  static Status GiveUp(flight::FlightStreamWriter& writer, const Status& reason) {
    const nlohmann::json note = {{"abort", reason.message()}};
    const Status told = writer.WriteMetadata(arrow::Buffer::FromString(
        note.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)));
    (void)writer.Close();
    return told.ok() ? reason : WithContext("the put could not be taken back", reason);
  }

  [[nodiscard]] flight::FlightCallOptions ShortCall() const {
    flight::FlightCallOptions options;
    options.timeout = Seconds(idle_timeout_);
    return options;
  }

  [[nodiscard]] Status OnlyOverHttp(std::string what) const {
    return MakeError(ErrorKind::kNotImplemented,
                     connection_->url + ": " + std::move(what) +
                         " is there over HTTP only; give the server's http:// URL");
  }

  // Constant after construction.
  const std::shared_ptr<Connection> connection_;
  const std::chrono::milliseconds idle_timeout_;
};

flight::FlightClientOptions FlightOptionsOf(const std::shared_ptr<KindNote>& kind_note) {
  auto options = flight::FlightClientOptions::Defaults();
  options.middleware.push_back(kind_note);
  // The most that HTTP/2 has: a batch in few frames costs both sides less than in many.
  options.generic_options.emplace_back("grpc.http2.max_frame_size", 16'777'215);
  return options;
}

}  // namespace

Result<std::unique_ptr<Client>> ConnectFlight(const Address& address,
                                              const ClientOptions& options) {
  auto connection = std::make_shared<Connection>();
  connection->url = address.ToString();
  ARROW_ASSIGN_OR_RAISE(const auto location,
                        flight::Location::Parse("grpc+tcp://" + address.Authority()));
  auto client = flight::FlightClient::Connect(location, FlightOptionsOf(connection->kind_note));
  if (!client.ok()) return connection->Explain(client.status());
  connection->client = std::move(*client);
  auto flight_client = std::make_unique<FlightClient>(std::move(connection), options);
  ARROW_RETURN_NOT_OK(flight_client->Greet(options.connect_timeout));
  return flight_client;
}

}  // namespace arrowport::client
