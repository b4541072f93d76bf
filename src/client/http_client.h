#pragma once

#include <memory>

#include "base/error.h"
#include "client/address.h"
#include "client/client.h"

namespace arrowport::client {

/// A client that speaks HTTP/1.1. It keeps one connection between calls.
Result<std::unique_ptr<Client>> ConnectHttp(const Address& address, const ClientOptions& options);

}  // namespace arrowport::client
