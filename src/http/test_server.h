#pragma once

#include <cctype>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <nlohmann/json.hpp>

#include "http/server.h"
#include "http/socket.h"
#include "observe/metrics.h"
#include "service/service.h"
#include "stream/batch_encoder.h"
#include "stream/ipc_decoder.h"

namespace arrowport::http {

/// For tests: a server on a free port over a service over a database in memory.
class TestServer {
 public:
  explicit TestServer(HttpOptions options = {}, const service::ServiceOptions& of_service = {}) {
    database_ = engine::Database::Open({.path = ":memory:", .threads = 2}).ValueOrDie();
    service_ = std::make_shared<service::Service>(database_, metrics_, of_service);
    options.port = 0;
    server_ = HttpServer::Start(options, service_, metrics_).ValueOrDie();
  }

  [[nodiscard]] uint16_t port() const { return server_->port(); }
  [[nodiscard]] HttpServer& server() { return *server_; }
  [[nodiscard]] service::Service& service() { return *service_; }
  [[nodiscard]] const observe::Metrics& metrics() const { return metrics_; }
  [[nodiscard]] int64_t running_puts() const { return service_->running_puts(); }
  [[nodiscard]] engine::Counters counters() const { return database_->counters(); }

  /// Whether `condition` holds within ten seconds.
  template <typename Condition>
  static bool Becomes(Condition condition) {
    const Clock::time_point end = Clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      if (Clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }

  [[nodiscard]] bool BecomesIdle() const {
    return Becomes(
        [this] { return counters().running_queries == 0 && service_->running_puts() == 0; });
  }

  /// The one number that `sql` answers; -1 when it fails.
  int64_t Number(const std::string& sql) {
    auto rows = service_->Query({}, {.sql = sql, .parameters = {}}, {});
    if (!rows.ok()) return -1;
    const auto batch = (*rows)->Next();
    if (!batch.ok() || *batch == nullptr) return -1;
    return std::stoll((*batch)->column(0)->GetScalar(0).ValueOrDie()->ToString());
  }

 private:
  observe::Metrics metrics_;
  std::shared_ptr<engine::Database> database_;
  std::shared_ptr<service::Service> service_;
  std::unique_ptr<HttpServer> server_;
};

/// For tests: what came back.
struct TestAnswer {
  int status = 0;                             ///< 0: no head came.
  std::map<std::string, std::string> fields;  ///< Names in lower case.
  std::string body;
  bool complete = false;  ///< The body came to its end.

  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(body); }
};

/// For tests: a client that sends the bytes that it is told to.
class TestClient {
 public:
  explicit TestClient(const TestServer& server) : socket_(io_) {
    socket_.connect({asio::ip::address_v4::loopback(), server.port()});
    socket_.set_option(asio::ip::tcp::no_delay(true));
  }

  /// \return false when the server has closed the connection.
  bool Send(std::string_view bytes) {
    boost::system::error_code error;
    asio::write(socket_, asio::buffer(bytes), error);
    return !error;
  }

  /// Sends a request with a body of known length.
  TestAnswer Call(std::string_view method, std::string_view target, std::string_view body = {},
                  std::string_view fields = {}) {
    // At once: what is refused by its head ends the connection while its body is on its way.
    Send(Head(method, target, body.size(), fields) + std::string(body));
    return Receive(method == "HEAD");
  }

  static std::string Head(std::string_view method, std::string_view target, size_t body_bytes,
                          std::string_view fields = {}) {
    return std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" +
           (body_bytes > 0 ? "Content-Length: " + std::to_string(body_bytes) + "\r\n" : "") +
           std::string(fields) + "\r\n";
  }

  TestAnswer Receive(bool head_only = false) {
    boost::beast::http::response_parser<boost::beast::http::string_body> parser;
    parser.body_limit(boost::none);
    parser.skip(head_only);
    boost::system::error_code error;
    boost::beast::http::read(socket_, received_, parser, error);
    TestAnswer answer;
    if (!parser.is_header_done()) return answer;
    answer.status = static_cast<int>(parser.get().result_int());
    for (const auto& field : parser.get()) {
      std::string name(field.name_string());
      for (char& c : name) c = static_cast<char>(std::tolower(c));
      answer.fields[name] = std::string(field.value());
    }
    answer.body = parser.get().body();
    answer.complete = !error && parser.is_done();
    return answer;
  }

  /// Receives `bytes` of whatever comes.
  std::string ReceiveBytes(size_t bytes) {
    std::string text(bytes, '\0');
    boost::system::error_code error;
    text.resize(asio::read(socket_, asio::buffer(text), error));
    return text;
  }

  /// Whether the server closes, or has closed, without another byte.
  bool SeesEnd() {
    char byte = 0;
    boost::system::error_code error;
    return received_.size() == 0 && asio::read(socket_, asio::buffer(&byte, 1), error) == 0;
  }

  void Close() { socket_.close(); }

 private:
  asio::io_context io_;
  asio::ip::tcp::socket socket_;
  boost::beast::flat_buffer received_;
};

/// For tests: a batch of one INT64 column `id` that counts from `first`.
inline std::shared_ptr<arrow::RecordBatch> CountingBatch(int64_t first, int64_t rows) {
  arrow::Int64Builder builder;
  for (int64_t i = 0; i < rows; ++i) (void)builder.Append(first + i);
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("id", arrow::int64())}), rows,
                                  {builder.Finish().ValueOrDie()});
}

/// For tests: `batches` as the bytes of an Arrow IPC stream.
inline std::string IpcStream(const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches) {
  const auto schema = arrow::schema({arrow::field("id", arrow::int64())});
  auto encoder = stream::MakeBatchEncoder(stream::WireFormat::kArrowStream, schema).ValueOrDie();
  std::string bytes;
  const auto add = [&bytes](const Result<stream::Buffers>& buffers) {
    for (const auto& buffer : *buffers) bytes += buffer->ToString();
  };
  add(encoder->Begin());
  for (const auto& batch : batches) add(encoder->Encode(batch));
  add(encoder->End());
  return bytes;
}

/// For tests: rows of an Arrow IPC stream; -1 when it is not whole.
inline int64_t RowsOf(std::string_view ipc) {
  stream::IpcDecoder decoder({});
  int64_t rows = 0;
  while (!ipc.empty()) {
    const auto space = decoder.Prepare();
    if (!space.ok() || space->empty()) return -1;
    const size_t bytes = ipc.copy(reinterpret_cast<char*>(space->data()), space->size());
    ipc.remove_prefix(bytes);
    if (!decoder.Commit(bytes).ok()) return -1;
    while (const auto batch = decoder.TakeBatch()) rows += batch->num_rows();
  }
  return decoder.Finish().ok() ? rows : -1;
}

}  // namespace arrowport::http
