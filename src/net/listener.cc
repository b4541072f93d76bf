#include "net/listener.h"

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/error.h"
#include "net/io_threads.h"
#include "net/socket.h"
#include "observe/log.h"

namespace arrowport::net {
namespace {

using asio::ip::tcp;

// When accepting fails, as it does without file descriptors, trying at once would fail as well.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

Status CannotListen(const Address& address, const boost::system::error_code& error) {
  return MakeError(ErrorKind::kUnavailable, "cannot listen for " + address.protocol + " on " +
                                                address.host + ":" + std::to_string(address.port) +
                                                ": " + error.message() + "; is the port taken?");
}

boost::system::error_code Bind(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  boost::system::error_code error;
  if (acceptor.open(endpoint.protocol(), error)) return error;
  if (acceptor.set_option(asio::socket_base::reuse_address(true), error)) return error;
  if (acceptor.bind(endpoint, error)) return error;
  return acceptor.listen(asio::socket_base::max_listen_connections, error);
}

}  // namespace

Result<std::shared_ptr<Listener>> Listener::Open(IoThreads& threads, const Address& address) {
  boost::system::error_code error;
  const Executor executor = threads.Next();
  tcp::resolver resolver(executor);
  const auto found =
      resolver.resolve(address.host, std::to_string(address.port), tcp::resolver::passive, error);
  if (error) return CannotListen(address, error);
  error = asio::error::host_not_found;
  for (const auto& entry : found) {
    tcp::acceptor acceptor(executor);
    error = Bind(acceptor, entry.endpoint());
    if (!error) return std::make_shared<Listener>(threads, std::move(acceptor));
  }
  return CannotListen(address, error);
}

Listener::Listener(IoThreads& threads, tcp::acceptor acceptor)
    : threads_(threads),
      acceptor_(std::move(acceptor)),
      port_(acceptor_.local_endpoint().port()),
      change_(acceptor_.get_executor(), asio::steady_timer::time_point::max()) {}

void Listener::Start(OnSocket on_socket) {
  asio::co_spawn(acceptor_.get_executor(), Run(std::move(on_socket)), asio::detached);
}

void Listener::Resume() {
  asio::post(acceptor_.get_executor(), [self = shared_from_this()] {
    self->paused_ = false;
    self->change_.cancel();
  });
}

void Listener::Close() {
  std::promise<void> closed;
  asio::post(acceptor_.get_executor(), [this, &closed] {
    boost::system::error_code ignored;
    (void)acceptor_.close(ignored);
    change_.cancel();
    closed.set_value();
  });
  closed.get_future().wait();
}

Awaitable<void> Listener::Run(OnSocket on_socket) {
  const auto self = shared_from_this();
  asio::steady_timer pause(acceptor_.get_executor());
  while (acceptor_.is_open()) {
    if (paused_) {
      co_await change_.async_wait(kAsTuple);
      continue;
    }
    auto [error, socket] = co_await acceptor_.async_accept(threads_.Next(), kAsTuple);
    if (!acceptor_.is_open()) co_return;
    if (!error) {
      on_socket(std::move(socket));
      continue;
    }
    observe::Log(observe::LogLevel::kError, "cannot accept a connection",
                 {{"error", error.message()}});
    pause.expires_after(kAcceptPause);
    co_await pause.async_wait(kAsTuple);
  }
}

}  // namespace arrowport::net
