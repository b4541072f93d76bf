#include "client/http_client.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/batch_bytes.h"
#include "base/error.h"
#include "base/limits.h"
#include "client/address.h"
#include "client/batch_cutter.h"
#include "client/client.h"
#include "client/http_connection.h"
#include "client/wire_json.h"
#include "stream/batch_encoder.h"
#include "stream/ipc_decoder.h"

namespace arrowport::client {
namespace {

constexpr std::string_view kJsonType = "application/json";
constexpr std::string_view kArrowType = "application/vnd.apache.arrow.stream";

// Of answers that are read whole. A list of ten thousand tables fits.
constexpr size_t kTextBytesMax = size_t{64 * kMiB};

/// Where a connection waits for the next exchange. Readers give theirs back to it, from whatever
/// thread and however long after the client is gone.
class Parking {
 public:
  Parking(Address address, const ClientOptions& options)
      : address_(std::move(address)), options_(options) {}

  Result<std::unique_ptr<HttpConnection>> Take() {
    std::unique_ptr<HttpConnection> connection;
    {
      std::lock_guard lock(mutex_);
      connection = std::move(parked_);
    }
    if (connection != nullptr && connection->IsReusable()) return connection;
    return HttpConnection::Open(address_, options_);
  }

  void GiveBack(std::unique_ptr<HttpConnection> connection) {
    std::lock_guard lock(mutex_);
    parked_ = std::move(connection);
  }

 private:
  // Constant after construction.
  const Address address_;
  const ClientOptions options_;

  // Guards parked_.
  std::mutex mutex_;
  std::unique_ptr<HttpConnection> parked_;
};

std::string PercentEncode(std::string_view text) {
  static constexpr std::string_view kUnreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (kUnreserved.find(c) != std::string_view::npos) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kDigits[byte >> 4U];
    encoded += kDigits[byte & 15U];
  }
  return encoded;
}

std::vector<std::pair<std::string, std::string>> FieldsOf(const ProducerStamp& stamp) {
  if (!stamp.is_set()) return {};
  return {{"Arrowport-Producer", stamp.producer},
          {"Arrowport-Sequence", std::to_string(stamp.sequence)},
          {"Arrowport-Epoch", std::to_string(stamp.epoch)}};
}

Status CheckAnswer(const HttpHead& head, HttpConnection& connection) {
  if (head.status < 300) return Status::OK();
  const auto body = connection.ReadBodyText(kTextBytesMax);
  return ParseProblem(head.status, body.ok() ? *body : std::string());
}

/// The rows of an answer, read as they are asked for.
class AnswerReader final : public arrow::RecordBatchReader {
 public:
  AnswerReader(std::unique_ptr<HttpConnection> connection, std::shared_ptr<Parking> parking,
               std::string url)
      : connection_(std::move(connection)), parking_(std::move(parking)), url_(std::move(url)) {}

  /// Asks, and reads up to the answer's schema; a request of `stop` ends that, and what follows.
  Status Begin(std::string_view query_json, std::stop_token stop) {
    interrupt_.emplace(std::move(stop), Interrupt{connection_.get()});
    return WithContext(url_, Ask(query_json));
  }

  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override { return decoder_.schema(); }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    for (;;) {
      *batch = decoder_.TakeBatch();
      // A failed reader stays failed: null would be a true end.
      if (*batch != nullptr || connection_ == nullptr) return failure_;
      const auto more = ReadMore();
      if (!more.ok()) {
        failure_ = WithContext(url_, more.status());
        interrupt_.reset();
        connection_.reset();
      } else if (!*more) {
        interrupt_.reset();
        parking_->GiveBack(std::exchange(connection_, nullptr));
      }
    }
  }

 private:
  struct Interrupt {
    HttpConnection* connection;
    void operator()() const { connection->Interrupt(); }
  };

  Status Ask(std::string_view query_json) {
    ARROW_RETURN_NOT_OK(connection_->Send(
        {.method = "POST", .target = "/query", .accept = kArrowType, .content_type = kJsonType},
        query_json));
    ARROW_ASSIGN_OR_RAISE(const HttpHead head, connection_->ReadHead());
    ARROW_RETURN_NOT_OK(CheckAnswer(head, *connection_));
    while (decoder_.schema() == nullptr) ARROW_RETURN_NOT_OK(ReadMore());
    return Status::OK();
  }

  // \return false at the true end of the answer.
  Result<bool> ReadMore() {
    ARROW_ASSIGN_OR_RAISE(std::span<uint8_t> space, decoder_.Prepare());
    // The stream may be at its end before the body is, whose own end has to be seen.
    uint8_t byte = 0;
    const bool stream_ended = space.empty();
    if (stream_ended) space = std::span(&byte, 1);
    ARROW_ASSIGN_OR_RAISE(const size_t bytes, connection_->ReadBody(space));
    if (bytes == 0) {
      ARROW_RETURN_NOT_OK(decoder_.Finish());
      return false;
    }
    if (stream_ended) {
      return MakeError(ErrorKind::kInternal,
                       "the answer goes on after the end of its Arrow stream");
    }
    ARROW_RETURN_NOT_OK(decoder_.Commit(bytes));
    return true;
  }

  std::unique_ptr<HttpConnection> connection_;  // Null once the answer is at its end, or failed.
  std::optional<std::stop_callback<Interrupt>> interrupt_;  // While there is a connection.
  Status failure_;
  const std::shared_ptr<Parking> parking_;
  const std::string url_;
  stream::IpcDecoder decoder_{stream::IpcDecoderOptions{}};
};

class HttpClient final : public Client {
 public:
  HttpClient(const Address& address, const ClientOptions& options)
      : url_(address.ToString()), parking_(std::make_shared<Parking>(address, options)) {}

  Status Connect() {
    ARROW_ASSIGN_OR_RAISE(auto connection, parking_->Take());
    parking_->GiveBack(std::move(connection));
    return Status::OK();
  }

  Result<PutAnswer> Put(std::string_view stream, arrow::RecordBatchReader& batches,
                        const PutProgress& progress, const ProducerStamp& stamp) override {
    retry_after_.reset();
    ARROW_RETURN_NOT_OK(CheckStamp(stamp));
    ARROW_ASSIGN_OR_RAISE(auto connection, Explained(parking_->Take()));
    ARROW_RETURN_NOT_OK(connection->BeginUpload({.method = "POST",
                                                 .target = "/ingest/" + PercentEncode(stream),
                                                 .accept = kJsonType,
                                                 .content_type = kArrowType,
                                                 .fields = FieldsOf(stamp)}));
    ARROW_ASSIGN_OR_RAISE(const bool all_sent, SendBatches(*connection, batches, progress));
    ARROW_ASSIGN_OR_RAISE(const std::string json, Explained(ReadText(*connection)));
    if (!all_sent) {
      return MakeError(ErrorKind::kInternal,
                       url_ + ": the server answered before all of the put was sent");
    }
    parking_->GiveBack(std::move(connection));
    return Explained(ParsePutAnswer(json));
  }

  [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const override {
    return retry_after_;
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> Query(const QueryRequest& request) override {
    ARROW_ASSIGN_OR_RAISE(const std::string body, QueryJson(request));
    ARROW_ASSIGN_OR_RAISE(auto connection, Explained(parking_->Take()));
    auto reader = std::make_shared<AnswerReader>(std::move(connection), parking_, url_);
    ARROW_RETURN_NOT_OK(reader->Begin(body, request.stop));
    return reader;
  }

  Result<std::vector<TableSummary>> ListTables() override {
    ARROW_ASSIGN_OR_RAISE(const std::string json, Get("/tables"));
    return Explained(ParseTables(json));
  }

  Result<std::unique_ptr<OpenPut>> BeginPut(
      std::string_view /*stream*/, const std::shared_ptr<arrow::Schema>& /*schema*/) override {
    return OnlyOverFlight("a put that stays open");
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> Exchange(
      std::string_view /*command*/,
      std::shared_ptr<arrow::RecordBatchReader> /*batches*/) override {
    return OnlyOverFlight("exchanging rows");
  }

  Result<std::vector<std::string>> Act(std::string_view action,
                                       std::string_view /*body*/) override {
    return OnlyOverFlight("the action '" + std::string(action) + "'");
  }

  Result<std::vector<StreamSummary>> ListStreams() override {
    ARROW_ASSIGN_OR_RAISE(const std::string json, Get("/streams"));
    return Explained(ParseStreams(json));
  }

  Status CheckHealth() override { return Get("/healthz").status(); }

  Result<std::string> Get(std::string_view path) override {
    ARROW_ASSIGN_OR_RAISE(auto connection, Explained(parking_->Take()));
    ARROW_RETURN_NOT_OK(Explained(connection->Send(
        {.method = "GET", .target = std::string(path), .accept = kJsonType, .content_type = {}},
        {})));
    ARROW_ASSIGN_OR_RAISE(std::string text, Explained(ReadText(*connection)));
    parking_->GiveBack(std::move(connection));
    return text;
  }

 private:
  [[nodiscard]] Status Explained(const Status& status) const { return WithContext(url_, status); }

  template <typename T>
  Result<T> Explained(Result<T> result) const {
    if (result.ok()) return result;
    return WithContext(url_, result.status());
  }

  [[nodiscard]] Status OnlyOverFlight(const std::string& what) const {
    return MakeError(
        ErrorKind::kNotImplemented,
        url_ + ": " + what + " is there over Flight only; give the server's grpc:// URL");
  }

  // \return false when the server has answered before all was sent.
  Result<bool> SendBatches(HttpConnection& connection, arrow::RecordBatchReader& batches,
                           const PutProgress& progress) const {
    ARROW_ASSIGN_OR_RAISE(
        auto encoder, stream::MakeBatchEncoder(stream::WireFormat::kArrowStream, batches.schema()));
    ARROW_ASSIGN_OR_RAISE(stream::Buffers pieces, encoder->Begin());
    ARROW_ASSIGN_OR_RAISE(bool taken, Explained(connection.Upload(pieces)));
    BatchCutter cutter(batches);
    int64_t rows = 0;
    int64_t bytes = 0;
    while (taken) {
      ARROW_ASSIGN_OR_RAISE(const auto batch, cutter.Next());
      if (batch == nullptr) break;
      ARROW_ASSIGN_OR_RAISE(pieces, encoder->Encode(batch));
      ARROW_ASSIGN_OR_RAISE(taken, Explained(connection.Upload(pieces)));
      rows += batch->num_rows();
      bytes += BytesOf(*batch);
      if (taken && progress) progress(rows, bytes);
    }
    if (!taken) return false;
    ARROW_ASSIGN_OR_RAISE(pieces, encoder->End());
    ARROW_ASSIGN_OR_RAISE(taken, Explained(connection.Upload(pieces)));
    if (!taken) return false;
    return Explained(connection.EndUpload());
  }

  Result<std::string> ReadText(HttpConnection& connection) {
    ARROW_ASSIGN_OR_RAISE(const HttpHead head, connection.ReadHead());
    retry_after_ = head.retry_after;
    ARROW_RETURN_NOT_OK(CheckAnswer(head, connection));
    return connection.ReadBodyText(kTextBytesMax);
  }

  // Constant after construction.
  const std::string url_;
  const std::shared_ptr<Parking> parking_;

  std::optional<std::chrono::seconds> retry_after_;
};

}  // namespace

Result<std::unique_ptr<Client>> ConnectHttp(const Address& address, const ClientOptions& options) {
  auto client = std::make_unique<HttpClient>(address, options);
  ARROW_RETURN_NOT_OK(WithContext(address.ToString(), client->Connect()));
  return client;
}

}  // namespace arrowport::client
