#include "http/server.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"
#include "http/connection.h"
#include "http/connection_set.h"
#include "http/context.h"
#include "http/socket.h"
#include "net/io_threads.h"
#include "net/listener.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "service/service.h"

namespace arrowport::http {
namespace {

// How long Stop waits between two words that something does not end.
constexpr auto kCutPatience = std::chrono::seconds(5);

// Connections over the limit that are being told so, which takes a moment each. While there are so
// many, others are not accepted: one that is closed without a word looks like a fault of the
// network.
constexpr int kTurnedAwayMax = 256;

int ThreadsOf(const HttpOptions& options) {
  if (options.io_threads > 0) return options.io_threads;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

Status CheckOption(std::string_view name, int64_t value, int64_t least) {
  if (value >= least) return Status::OK();
  return MakeError(ErrorKind::kInvalidInput, "HTTP option " + std::string(name) + " is " +
                                                 std::to_string(value) + "; it must be at least " +
                                                 std::to_string(least));
}

Status CheckOptions(const HttpOptions& options) {
  constexpr int64_t kHeaderBytesMin = 4 * kKiB;
  ARROW_RETURN_NOT_OK(CheckOption("io_threads", options.io_threads, 0));
  ARROW_RETURN_NOT_OK(CheckOption("worker_threads_max", options.worker_threads_max, 1));
  ARROW_RETURN_NOT_OK(CheckOption("connections_max", options.connections_max, 1));
  ARROW_RETURN_NOT_OK(CheckOption("header_bytes_max", options.header_bytes_max, kHeaderBytesMin));
  ARROW_RETURN_NOT_OK(CheckOption("body_bytes_max", options.body_bytes_max, 0));
  ARROW_RETURN_NOT_OK(CheckOption("unpacked_ratio_max", options.unpacked_ratio_max, 0));
  ARROW_RETURN_NOT_OK(CheckOption("spool_bytes_max", options.spool_bytes_max, 1));
  ARROW_RETURN_NOT_OK(CheckOption("json_put_bytes_max", options.json_put_bytes_max, 1));
  ARROW_RETURN_NOT_OK(CheckOption("sql_bytes_max", options.sql_bytes_max, 1));
  ARROW_RETURN_NOT_OK(CheckOption("ipc_message_bytes_max", options.ipc_message_bytes_max, 1));
  ARROW_RETURN_NOT_OK(CheckOption("header_timeout", options.header_timeout.count(), 1));
  ARROW_RETURN_NOT_OK(CheckOption("body_idle_timeout", options.body_idle_timeout.count(), 1));
  ARROW_RETURN_NOT_OK(CheckOption("idle_timeout", options.idle_timeout.count(), 1));
  return CheckOption("read_idle_timeout", options.read_idle_timeout.count(), 1);
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(const HttpOptions& options, std::shared_ptr<service::Service> service,
       observe::Metrics& metrics)
      : io_(ThreadsOf(options)),
        context_(options, std::move(service), metrics),
        connections_(options.connections_max),
        turned_away_(kTurnedAwayMax) {}

  Status Start() {
    ARROW_ASSIGN_OR_RAISE(listener_, net::Listener::Open(io_, {.protocol = "HTTP",
                                                               .host = context_.options.host,
                                                               .port = context_.options.port}));
    io_.Start();
    listener_->Start([this](Socket socket) { Accept(std::move(socket)); });
    return Status::OK();
  }

  [[nodiscard]] uint16_t port() const { return listener_->port(); }

  void StopAccepting() {
    if (!std::exchange(accepting_stopped_, true)) listener_->Close();
  }

  void Stop(Clock::time_point deadline) {
    if (listener_ == nullptr) return;
    StopAccepting();
    context_.stopping = true;
    connections_.ForEach([](Connection& connection) { connection.CloseIfIdle(); });
    if (!connections_.WaitUntilEmpty(deadline)) CutAll();
    io_.Join();
  }

 private:
  // Runs on the listener's thread.
  void Accept(Socket socket) {
    auto connection = std::make_shared<Connection>(context_, std::move(socket));
    if (connections_.full()) return TurnAway(connection);
    connections_.Add(connection);
    context_.metrics.ConnectionOpened(observe::Protocol::kRest);
    asio::co_spawn(connection->executor(), connection->Run(),
                   [this, key = connection.get()](const std::exception_ptr&) {
                     context_.metrics.ConnectionClosed(observe::Protocol::kRest);
                     connections_.Remove(key);
                   });
  }

  void TurnAway(const std::shared_ptr<Connection>& connection) {
    turned_away_.Add(connection);
    if (turned_away_.full()) listener_->Pause();
    const Status full = MakeError(ErrorKind::kUnavailable,
                                  "all " + std::to_string(context_.options.connections_max) +
                                      " connections (connections_max) are taken; try again");
    asio::co_spawn(connection->executor(), connection->TurnAway(full),
                   [this, key = connection.get()](const std::exception_ptr&) {
                     turned_away_.Remove(key);
                     listener_->Resume();
                   });
  }

  // Nothing waits for a client any more, so what still runs is the service's, which was told to
  // stop. Its end is awaited: it would otherwise wake coroutines that are gone.
  void CutAll() {
    const Status reason = MakeError(ErrorKind::kUnavailable, "the server is stopping");
    const auto cut = [&reason](Connection& connection) { connection.Cut(reason); };
    connections_.ForEach(cut);
    turned_away_.ForEach(cut);
    while (!connections_.WaitUntilEmpty(Clock::now() + kCutPatience)) {
      observe::Log(observe::LogLevel::kError, "connections do not end after they were cut",
                   {{"connections", std::to_string(connections_.size())}});
    }
  }

  // The workers of context_ post to io_, so they end first.
  net::IoThreads io_;
  Context context_;
  ConnectionSet connections_;
  ConnectionSet turned_away_;
  std::shared_ptr<net::Listener> listener_;
  bool accepting_stopped_ = false;
};

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpOptions& options,
                                                      std::shared_ptr<service::Service> service,
                                                      observe::Metrics& metrics) {
  ARROW_RETURN_NOT_OK(CheckOptions(options));
  auto impl = std::make_unique<Impl>(options, std::move(service), metrics);
  ARROW_RETURN_NOT_OK(impl->Start());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() { Stop(Clock::now()); }

uint16_t HttpServer::port() const { return impl_->port(); }

void HttpServer::StopAccepting() { impl_->StopAccepting(); }

void HttpServer::Stop(Clock::time_point deadline) { impl_->Stop(deadline); }

}  // namespace arrowport::http
