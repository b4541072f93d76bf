#include "fuzz/in_process.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http.hpp>

#include "base/call_control.h"
#include "base/limits.h"
#include "engine/database.h"
#include "flight/server.h"
#include "fuzz/fuzzing.h"
#include "http/server.h"
#include "observe/metrics.h"
#include "rpc/test_client.h"
#include "service/service.h"

namespace arrowport::fuzz {
namespace {

// After so many inputs there is a new server.
constexpr int kInputsEach = 2'000;

// What a client takes before it goes.
constexpr auto kPatience = std::chrono::seconds(2);
constexpr size_t kBytesTaken = 256 * 1024;

// What the server may take to end what nobody waits for any more.
constexpr auto kIdleWithin = std::chrono::seconds(10);

class Server {
 public:
  Server() {
    database_ = engine::Database::Open({.memory_bytes_max = 512 * kMiB, .threads = 2}).ValueOrDie();
    service::ServiceOptions options;
    options.ticket_lifetime = options.statement_lifetime = std::chrono::seconds(5);
    service_ = std::make_shared<service::Service>(database_, metrics_, options);
    Run("CREATE TABLE there AS SELECT range AS id, 'row ' || range AS name FROM range(100)");
    Run("SET GLOBAL enable_external_access = false");
    http_ = http::HttpServer::Start({.port = 0, .json_put_bytes_max = kMiB}, service_, metrics_)
                .ValueOrDie();
    flight_ =
        flight::FlightServer::Start({.port = 0, .message_bytes_max = 16 * kMiB}, service_, metrics_)
            .ValueOrDie();
  }
  ~Server() {
    service_->CancelAll(MakeError(ErrorKind::kUnavailable, "the server stops"));
    http_->Stop(Clock::now());
    (void)flight_->Stop(Clock::now());
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  static Server& Current() {
    static std::unique_ptr<Server> server;
    static int inputs = 0;
    if (server == nullptr || ++inputs % kInputsEach == 0) {
      server.reset();
      server = std::make_unique<Server>();
    }
    return *server;
  }

  [[nodiscard]] uint16_t http_port() const { return http_->port(); }
  [[nodiscard]] uint16_t flight_port() const { return static_cast<uint16_t>(flight_->port()); }

  void RequireIdle() {
    Require(service_->WaitUntilIdle(Clock::now() + kIdleWithin),
            "the server is not idle after its client has gone");
  }

 private:
  void Run(const std::string& sql) {
    const auto rows = service_->Query({}, {.sql = sql, .parameters = {}}, {});
    Require(rows.ok(), rows.status().ToString());
    while ((*rows)->Next().ValueOrDie() != nullptr) continue;
  }

  observe::Metrics metrics_;
  std::shared_ptr<engine::Database> database_;
  std::shared_ptr<service::Service> service_;
  std::unique_ptr<http::HttpServer> http_;
  std::unique_ptr<flight::FlightServer> flight_;
};

/// The socket of a client.
class Socket {
 public:
  explicit Socket(uint16_t port) : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return;
    // libFuzzer looks at its clock by a signal.
    Require(errno == EINTR && CanGoOn(POLLOUT) && ErrorOf(descriptor_) == 0,
            "the server takes no connection");
  }
  ~Socket() { close(descriptor_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // As much as the server takes.
  void Send(std::string_view bytes) {
    while (!bytes.empty() && CanGoOn(POLLOUT)) {
      const ssize_t sent =
          send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }

  void SayThatThisIsAll() const { (void)shutdown(descriptor_, SHUT_WR); }

  /// Empty at the end, or when it took too long.
  std::string_view Receive() {
    if (!CanGoOn(POLLIN)) return {};
    const ssize_t size = TEMP_FAILURE_RETRY(recv(descriptor_, buffer_.data(), buffer_.size(), 0));
    return {buffer_.data(), size < 0 ? 0 : static_cast<size_t>(size)};
  }

  [[nodiscard]] bool is_late() const { return is_late_; }

 private:
  static int ErrorOf(int descriptor) {
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
  }

  bool CanGoOn(int16_t event) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until_ - Clock::now());
    pollfd waits{.fd = descriptor_, .events = event, .revents = 0};
    is_late_ = left.count() <= 0 ||
               TEMP_FAILURE_RETRY(poll(&waits, 1, static_cast<int>(left.count()))) == 0;
    return !is_late_;
  }

  const int descriptor_;
  const Clock::time_point until_ = Clock::now() + kPatience;
  bool is_late_ = false;
  std::array<char, 16 * 1024> buffer_{};
};

// Looks at all answers that it can tell apart.
void RequireNoFaultOfServer(std::string_view received) {
  namespace beast = boost::beast::http;
  while (!received.empty()) {
    beast::response_parser<beast::string_body> parser;
    parser.body_limit(boost::none);
    parser.eager(true);
    boost::system::error_code error;
    const size_t taken = parser.put(boost::asio::buffer(received.data(), received.size()), error);
    if (!parser.is_header_done()) return;
    Require(parser.get().result_int() != 500, "500: " + parser.get().body());
    if (error || taken == 0 || !parser.is_done()) return;
    received.remove_prefix(taken);
  }
}

}  // namespace

void AskHttp(std::string_view bytes) {
  Server& server = Server::Current();
  std::string received;
  {
    Socket socket(server.http_port());
    socket.Send(bytes);
    socket.SayThatThisIsAll();
    for (auto part = socket.Receive(); !part.empty() && received.size() < kBytesTaken;
         part = socket.Receive()) {
      received += part;
    }
  }
  RequireNoFaultOfServer(received);
  server.RequireIdle();
}

void CallFlight(std::string_view method, std::string_view body) {
  Server& server = Server::Current();
  rpc::testing::TestClient client;
  client.OpenConnection();
  const int32_t call = client.Begin("/arrow.flight.protocol.FlightService/" + std::string(method));
  client.Send(call, std::string(body), /*end=*/true);
  const auto& answer = client.answer(call);
  bool is_late = false;
  {
    Socket socket(server.flight_port());
    socket.Send(client.Take());
    while (!answer.is_closed && answer.body.size() < kBytesTaken) {
      const auto part = socket.Receive();
      is_late = socket.is_late();
      if (part.empty()) break;
      Require(client.Receive(part), "the server does not speak HTTP/2");
      socket.Send(client.Take());
    }
  }
  server.RequireIdle();
  if (is_late || answer.body.size() >= kBytesTaken) return;
  // A method that no HTTP/2 names ends the stream.
  if (answer.error == NGHTTP2_PROTOCOL_ERROR) return;
  const auto status = answer.fields.find("grpc-status");
  Require(status != answer.fields.end(), "the call has no status");
  const auto message = answer.fields.find("grpc-message");
  const std::string why = message == answer.fields.end() ? std::string() : message->second;
  // What needs more than memory_limit may be asked for, and is the asker's to change.
  if (status->second == "14" && why.starts_with("Out of Memory Error")) return;
  // UNKNOWN, INTERNAL, UNAVAILABLE, DATA_LOSS.
  for (const std::string_view fault : {"2", "13", "14", "15"}) {
    Require(status->second != fault, "grpc-status " + status->second + ": " + why);
  }
}

std::string Framed(std::string_view message) { return rpc::testing::Framed(message); }

}  // namespace arrowport::fuzz
