#include "rpc/server.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"
#include "net/io_threads.h"
#include "net/listener.h"
#include "net/socket.h"
#include "observe/log.h"
#include "rpc/call.h"
#include "rpc/code.h"
#include "rpc/connection.h"
#include "rpc/fair_share.h"
#include "rpc/options.h"

namespace arrowport::rpc {
namespace {

// More would not read faster than so few send.
constexpr int kIoThreadsMax = 4;

// What a client may send of messages whatever others do: a call with a few parameters.
constexpr int64_t kUnreadBytesSure = 16 * kKiB;

// What clients have to take the end of calls that were interrupted because the server stops.
constexpr std::chrono::seconds kTimeToLeave{2};

int IoThreadCount() {
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(cores, 1, kIoThreadsMax);
}

}  // namespace

class Server::Impl {
 public:
  Impl(const ServerOptions& options, Handler handler)
      : options_(options),
        handler_(std::move(handler)),
        unread_(options.unread_bytes_max, kUnreadBytesSure),
        io_(IoThreadCount()) {}

  Status Start() {
    ARROW_ASSIGN_OR_RAISE(listener_, net::Listener::Open(io_, {.protocol = options_.protocol,
                                                               .host = options_.host,
                                                               .port = options_.port}));
    io_.Start();
    listener_->Start([this](net::Socket socket) { Accept(std::move(socket)); });
    return Status::OK();
  }

  [[nodiscard]] uint16_t port() const { return listener_->port(); }

  [[nodiscard]] size_t connections() const {
    const std::lock_guard lock(mutex_);
    return connections_.size();
  }

  void Stop(Clock::time_point deadline) {
    if (listener_ == nullptr) return;
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(stopping_, true)) return;
    }
    listener_->Close();
    for (const auto& connection : Connections()) connection->GoAway();
    if (!WaitUntilEmpty(deadline)) {
      const Status reason = MakeError(ErrorKind::kUnavailable, "the server is stopping");
      for (const auto& connection : Connections()) connection->FailAll(reason);
      if (!WaitUntilEmpty(Clock::now() + kTimeToLeave)) {
        for (const auto& connection : Connections()) connection->Cut();
      }
    }
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return connections_.empty() && running_ == 0; });
    }
    io_.Join();
  }

 private:
  // Runs on the listener's thread.
  void Accept(net::Socket socket) {
    auto connection = std::make_shared<Connection>(
        std::move(socket), options_, unread_,
        [this](std::shared_ptr<Call> call) { Run(std::move(call)); },
        [this](const Connection* closed) { Remove(closed); });
    {
      const std::lock_guard lock(mutex_);
      connections_.emplace(connection.get(), connection);
    }
    net::asio::post(connection->executor(), [connection] { connection->Start(); });
  }

  void Run(std::shared_ptr<Call> call) {
    {
      const std::lock_guard lock(mutex_);
      ++running_;
    }
    const net::Executor executor = call->executor();
    net::asio::co_spawn(executor, Handle(std::move(call)),
                        [this](const std::exception_ptr&) { CountAsEnded(); });
  }

  net::Awaitable<void> Handle(std::shared_ptr<Call> call) {
    try {
      co_await handler_(call);
    } catch (const std::exception& error) {
      observe::Log(observe::LogLevel::kError, "a call ended with an exception",
                   {{"path", call->request().path}, {"error", error.what()}});
      call->Finish({.code = Code::kInternal, .message = error.what()});
    }
  }

  void CountAsEnded() {
    const std::lock_guard lock(mutex_);
    --running_;
    if (stopping_) changed_.notify_all();
  }

  void Remove(const Connection* closed) {
    const std::lock_guard lock(mutex_);
    connections_.erase(closed);
    if (stopping_) changed_.notify_all();
  }

  std::vector<std::shared_ptr<Connection>> Connections() {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<Connection>> connections;
    connections.reserve(connections_.size());
    for (const auto& [key, connection] : connections_) connections.push_back(connection);
    return connections;
  }

  bool WaitUntilEmpty(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, [this] { return connections_.empty(); });
  }

  const ServerOptions options_;
  const Handler handler_;
  FairShare unread_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::unordered_map<const Connection*, std::shared_ptr<Connection>> connections_;
  int running_ = 0;  // Calls with the handler.
  bool stopping_ = false;

  // What ends first uses what stands above it.
  net::IoThreads io_;
  std::shared_ptr<net::Listener> listener_;
};

Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, Handler handler) {
  auto impl = std::make_unique<Impl>(options, std::move(handler));
  ARROW_RETURN_NOT_OK(impl->Start());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() { Stop(Clock::now()); }

uint16_t Server::port() const { return impl_->port(); }

size_t Server::connections() const { return impl_->connections(); }

void Server::Stop(Clock::time_point deadline) { impl_->Stop(deadline); }

}  // namespace arrowport::rpc
