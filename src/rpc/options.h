#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/limits.h"
#include "rpc/message_assembler.h"

namespace arrowport::rpc {

/// What clients have to do within some time. A call over it fails with kRequestTimeout; the others
/// of its connection go on.
struct Patience {
  std::chrono::milliseconds greeting{10'000};      ///< To say anything at all; then it is left.
  std::chrono::milliseconds message{300'000};      ///< To send the next byte of a call that reads.
  std::chrono::milliseconds half_message{30'000};  ///< The same, within a message.
  std::chrono::milliseconds taking{300'000};       ///< To take a byte of what was written.
  std::chrono::milliseconds end{1'000};            ///< To take the end of a call that was ended.
};

/// Where and within which bounds a server serves.
struct ServerOptions {
  std::string protocol = "gRPC";  ///< What is spoken, as errors call it.
  std::string host = "127.0.0.1";
  uint16_t port = 0;             ///< 0: any free one, see Server::port().
  int client_calls_max = 500;    ///< Of one connection; its client lets more wait.
  MessageOptions messages = {};  ///< Of clients.
  /// What clients together may have sent of messages of calls that are not admitted (see
  /// Call::Admit), of which each has its fair share.
  int64_t unread_bytes_max = 64 * kMiB;
  Patience patience = {};
};

}  // namespace arrowport::rpc
