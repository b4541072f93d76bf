#pragma once

#include <memory>

#include "service/transfer.h"

namespace arrowport::server {

/// Other servers, reached as this program's own clients reach them.
std::shared_ptr<const service::RemoteServers> MakeRemoteServers();

}  // namespace arrowport::server
