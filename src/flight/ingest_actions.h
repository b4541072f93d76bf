#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "flight/flight_call.h"

namespace arrowport::flight {

// Actions on ingests in parts; what each takes and answers stands in docs/flight.md.

Result<std::vector<std::string>> BeginIngest(FlightCall& call, std::string_view body);
Result<std::vector<std::string>> CommitIngest(FlightCall& call, std::string_view body);
Result<std::vector<std::string>> AbortIngest(FlightCall& call, std::string_view body);

}  // namespace arrowport::flight
