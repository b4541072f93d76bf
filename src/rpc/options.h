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
  int threads_max = 1'000;       ///< Calls that run at once; more take turns.
  int client_calls_max = 900;    ///< Of one connection; its client lets more wait.
  MessageOptions messages = {};  ///< Of clients.
  std::chrono::milliseconds greeting_max{10'000};  ///< A client that says nothing is left.
  /// A call without its first message ends after it.
  std::chrono::milliseconds first_message_max{300'000};
  /// A call whose client takes nothing ends after it.
  std::chrono::milliseconds send_idle_max{300'000};
};

}  // namespace arrowport::rpc
