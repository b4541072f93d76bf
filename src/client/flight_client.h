#pragma once

#include <memory>

#include "base/error.h"
#include "client/address.h"
#include "client/client.h"

namespace arrowport::client {

/// A client that speaks Arrow Flight.
Result<std::unique_ptr<Client>> ConnectFlight(const Address& address, const ClientOptions& options);

}  // namespace arrowport::client
