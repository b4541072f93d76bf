#pragma once

#include <map>
#include <string>

#include "server/options.h"

namespace arrowport::server {

/// Environment names and their values.
using Environment = std::map<std::string, std::string>;

/// Those of this process that begin with "ARROWPORT_". Call before threads start.
Environment ProcessEnvironment();

/// Reads the options that `environment` gives. An option's own name wins over the names that other
/// programs have for it. A name that looks like a misspelt option is noted for the log.
GivenOptions ReadEnvironment(const Environment& environment);

}  // namespace arrowport::server
