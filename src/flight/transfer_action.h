#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "flight/flight_call.h"

namespace arrowport::flight {

/// The action `transfer`: {"from" or "to": URL, "table" or "query": …, "as": table, "timeout_ms":
/// …}. With "from" this server fetches rows, with "to" it sends them. Answers, once they are
/// durable, {"status", "table", "rows", "bytes", "seconds"}.
Result<std::vector<std::string>> Transfer(FlightCall& call, std::string_view body);

}  // namespace arrowport::flight
