#pragma once

#include <vector>

#include "server/options.h"

namespace arrowport::server {

/// The rows of the option table that are about exchanges and transfers.
std::vector<OptionRow> ExchangeRows();

}  // namespace arrowport::server
