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

#include "base/call_control.h"
#include "base/error.h"
#include "base/worker_pool.h"
#include "net/io_threads.h"
#include "net/listener.h"
#include "net/socket.h"
#include "observe/log.h"
#include "rpc/call.h"
#include "rpc/code.h"
#include "rpc/connection.h"
#include "rpc/options.h"

namespace arrowport::rpc {
namespace {

// More would not read faster than so few send.
constexpr int kIoThreadsMax = 4;

constexpr std::chrono::milliseconds kSweepInterval{250};

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
        io_(IoThreadCount()),
        calls_(options.threads_max) {}

  Status Start() {
    ARROW_ASSIGN_OR_RAISE(listener_, net::Listener::Open(io_, {.protocol = options_.protocol,
                                                               .host = options_.host,
                                                               .port = options_.port}));
    io_.Start();
    listener_->Start([this](net::Socket socket) { Accept(std::move(socket)); });
    sweeper_ = std::thread([this] { Sweep(); });
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
      for (const auto& connection : Connections()) connection->InterruptAll(reason);
      if (!WaitUntilEmpty(Clock::now() + kTimeToLeave)) {
        for (const auto& connection : Connections()) connection->Cut();
      }
    }
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return connections_.empty() && running_ == 0; });
      sweeps_ = false;
    }
    changed_.notify_all();
    sweeper_.join();
    io_.Join();
  }

 private:
  // Runs on the listener's thread.
  void Accept(net::Socket socket) {
    auto connection = std::make_shared<Connection>(
        std::move(socket), options_, [this](std::shared_ptr<Call> call) { Run(std::move(call)); },
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
    try {
      calls_.Post([this, call]() mutable {
        Handle(std::move(call));
        CountAsEnded();
      });
    } catch (...) {
      CountAsEnded();
      throw;
    }
  }

  void Handle(std::shared_ptr<Call> call) {
    try {
      handler_(call);
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

  void Sweep() {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, kSweepInterval, [this] { return !sweeps_; })) {
      lock.unlock();
      for (const auto& connection : Connections()) connection->Sweep(Clock::now());
      lock.lock();
    }
  }

  const ServerOptions options_;
  const Handler handler_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::unordered_map<const Connection*, std::shared_ptr<Connection>> connections_;
  int running_ = 0;  // Calls with the handler.
  bool stopping_ = false;
  bool sweeps_ = true;

  // What ends first uses what stands above it.
  net::IoThreads io_;
  std::shared_ptr<net::Listener> listener_;
  WorkerPool calls_;
  std::thread sweeper_;
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
