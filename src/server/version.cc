#include "server/version.h"

#include <string_view>

namespace arrowport::server {

// The build names the version, so that it stands in one place.
std::string_view Version() { return ARROWPORT_VERSION; }

}  // namespace arrowport::server
