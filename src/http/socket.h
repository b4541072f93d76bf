#pragma once

#include "net/signal.h"
#include "net/socket.h"

namespace arrowport::http {

/// Whatever belongs to one connection runs on its executor, so that nothing of it needs a lock.
using net::Awaitable;
using net::AwaitAnswer;
using net::Executor;
using net::kAsTuple;
using net::RunOn;
using net::Signal;
using net::Socket;

namespace asio = net::asio;

}  // namespace arrowport::http
