#pragma once

#include <string>

#include "base/error.h"
#include "cli/client_load.h"
#include "cli/put_load.h"

namespace arrowport::cli {

/// Puts over HTTP to the server at `url` with little work for the client, so that the figures are
/// the server's: all clients are connections of one thread that never blocks, and the request was
/// encoded once, before. `table` is a plain name, without anything that a path would encode.
/// \return the first answer that is not 200; kUnavailable when a connection breaks, and
/// kDeadlineExceeded when nothing is answered for a minute.
Result<LoadTimes> PutOverHttp(const std::string& url, const std::string& table,
                              const PutLoad& load);

}  // namespace arrowport::cli
