#include "client/client.h"

#include <memory>
#include <string_view>

#include "base/error.h"
#include "client/address.h"
#include "client/flight_client.h"
#include "client/http_client.h"

namespace arrowport::client {

Result<std::unique_ptr<Client>> Client::Connect(std::string_view url,
                                                const ClientOptions& options) {
  ARROW_ASSIGN_OR_RAISE(const Address address, ParseAddress(url));
  return address.scheme == Scheme::kHttp ? ConnectHttp(address, options)
                                         : ConnectFlight(address, options);
}

}  // namespace arrowport::client
