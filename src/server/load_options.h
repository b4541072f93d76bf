#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "server/environment.h"
#include "server/options.h"

namespace arrowport::server {

struct LoadedOptions {
  ServerOptions options;
  std::vector<std::string> notes;  ///< For the log: what was passed over, and why.
};

/// Puts the three sources together: the given command line, the environment, and the file that one
/// of these two names as "config".
Result<LoadedOptions> LoadOptions(const GivenOptions& command_line, const Environment& environment);

}  // namespace arrowport::server
