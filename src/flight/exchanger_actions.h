#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "flight/flight_call.h"

namespace arrowport::flight {

// Actions on exchangers; what each takes and answers stands in docs/flight.md. A body that is no
// JSON is refused: in other servers it is code, which is never run here.

Result<std::vector<std::string>> AddExchange(FlightCall& call, std::string_view body);
Result<std::vector<std::string>> ListExchanges(FlightCall& call, std::string_view body);
Result<std::vector<std::string>> DropExchange(FlightCall& call, std::string_view body);

}  // namespace arrowport::flight
