#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/error.h"
#include "net/io_threads.h"
#include "net/socket.h"

namespace arrowport::net {

/// Where to listen, and for what, as errors say it.
struct Address {
  std::string protocol;  ///< "HTTP"
  std::string host;      ///< A name or an address.
  uint16_t port = 0;     ///< 0: any free one.
};

/// A listening socket that hands out connections, to one thread after the other.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  using OnSocket = std::function<void(Socket)>;

  /// Binds and listens. \return kUnavailable with the address when that cannot be.
  static Result<std::shared_ptr<Listener>> Open(IoThreads& threads, const Address& address);

  Listener(IoThreads& threads, asio::ip::tcp::acceptor acceptor);

  [[nodiscard]] uint16_t port() const { return port_; }

  /// Begins to accept; `on_socket` is called on one of the threads, never twice at a time.
  void Start(OnSocket on_socket);

  /// Accepts nothing until Resume: clients that come wait with the system. From `on_socket`.
  void Pause() { paused_ = true; }

  /// Any thread.
  void Resume();

  /// Stops accepting; no call of `on_socket` comes after it returned. Any thread but those, which
  /// must be running.
  void Close();

 private:
  Awaitable<void> Run(OnSocket on_socket);

  IoThreads& threads_;
  asio::ip::tcp::acceptor acceptor_;
  const uint16_t port_;

  // Used on the executor only.
  bool paused_ = false;
  asio::steady_timer change_;  // Never fires; cancelled for Resume and Close.
};

}  // namespace arrowport::net
