#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace arrowport::client {

enum class Scheme { kHttp, kGrpc };

/// A server, as a URL names it.
struct Address {
  Scheme scheme = Scheme::kHttp;
  std::string host;  ///< An IPv6 address stands without brackets.
  uint16_t port = 0;

  /// "http://127.0.0.1:8888": how messages name the server.
  [[nodiscard]] std::string ToString() const;

  /// "127.0.0.1:8888", as in the header `Host`.
  [[nodiscard]] std::string Authority() const;
};

/// Reads `http://host[:port]`, `grpc://host[:port]` and `grpc+tcp://host[:port]`, with or without a
/// slash at the end. \return as Client::Connect.
Result<Address> ParseAddress(std::string_view url);

}  // namespace arrowport::client
