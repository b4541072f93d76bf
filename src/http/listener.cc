#include "http/listener.h"

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
#include "http/io_threads.h"
#include "http/socket.h"
#include "observe/log.h"

namespace arrowport::http {
namespace {

using asio::ip::tcp;

// When accepting fails, as it does without file descriptors, trying at once would fail as well.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

Status CannotListen(const std::string& host, uint16_t port,
                    const boost::system::error_code& error) {
  return MakeError(ErrorKind::kUnavailable, "cannot listen for HTTP on " + host + ":" +
                                                std::to_string(port) + ": " + error.message());
}

boost::system::error_code Bind(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  boost::system::error_code error;
  if (acceptor.open(endpoint.protocol(), error)) return error;
  if (acceptor.set_option(asio::socket_base::reuse_address(true), error)) return error;
  if (acceptor.bind(endpoint, error)) return error;
  return acceptor.listen(asio::socket_base::max_listen_connections, error);
}

}  // namespace

Result<std::shared_ptr<Listener>> Listener::Open(IoThreads& threads, const std::string& host,
                                                 uint16_t port) {
  boost::system::error_code error;
  const Executor executor = threads.Next();
  tcp::resolver resolver(executor);
  const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, error);
  if (error) return CannotListen(host, port, error);
  error = asio::error::host_not_found;
  for (const auto& entry : found) {
    tcp::acceptor acceptor(executor);
    error = Bind(acceptor, entry.endpoint());
    if (!error) return std::make_shared<Listener>(threads, std::move(acceptor));
  }
  return CannotListen(host, port, error);
}

Listener::Listener(IoThreads& threads, tcp::acceptor acceptor)
    : threads_(threads), acceptor_(std::move(acceptor)), port_(acceptor_.local_endpoint().port()) {}

void Listener::Start(OnSocket on_socket) {
  asio::co_spawn(acceptor_.get_executor(), Run(std::move(on_socket)), asio::detached);
}

void Listener::Close() {
  std::promise<void> closed;
  asio::post(acceptor_.get_executor(), [this, &closed] {
    boost::system::error_code ignored;
    (void)acceptor_.close(ignored);
    closed.set_value();
  });
  closed.get_future().wait();
}

Awaitable<void> Listener::Run(OnSocket on_socket) {
  const auto self = shared_from_this();
  asio::steady_timer pause(acceptor_.get_executor());
  while (acceptor_.is_open()) {
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

}  // namespace arrowport::http
