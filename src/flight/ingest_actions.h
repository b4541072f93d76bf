#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "flight/running_calls.h"
#include "service/service.h"

namespace arrowport::flight {

// Actions on ingests in parts; what each takes and answers stands in docs/flight.md.

Result<std::vector<std::string>> BeginIngest(RunningCall& call, service::Service& service,
                                             std::string_view body);
Result<std::vector<std::string>> CommitIngest(RunningCall& call, service::Service& service,
                                              std::string_view body);
Result<std::vector<std::string>> AbortIngest(RunningCall& call, service::Service& service,
                                             std::string_view body);

}  // namespace arrowport::flight
