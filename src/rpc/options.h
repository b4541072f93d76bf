#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "rpc/message_assembler.h"

namespace arrowport::rpc {

/// Where and within which bounds a server serves.
struct ServerOptions {
  std::string protocol = "gRPC";  ///< What is spoken, as errors call it.
  std::string host = "127.0.0.1";
  uint16_t port = 0;             ///< 0: any free one, see Server::port().
  int calls_max = 1'000;         ///< That run at once, and of one client; more take turns.
  MessageOptions messages = {};  ///< Of clients.
  std::chrono::milliseconds greeting_max{10'000};    ///< A client that says nothing is left.
  std::chrono::milliseconds send_idle_max{300'000};  ///< A client that takes nothing is left.
};

}  // namespace arrowport::rpc
