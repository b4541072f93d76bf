#pragma once

#include "net/socket.h"

namespace arrowport::http {

/// Whatever belongs to one connection runs on its executor, so that nothing of it needs a lock.
using net::Awaitable;
using net::Executor;
using net::kAsTuple;
using net::Socket;

namespace asio = net::asio;

}  // namespace arrowport::http
