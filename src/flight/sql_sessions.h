#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "service/service.h"

namespace arrowport::flight {

// The actions of Flight SQL on transactions: from the body of the action to that of its answer.
Result<std::string> BeginTransaction(service::Service& service, const service::Call& call,
                                     std::string_view body);
Status EndTransaction(service::Service& service, const service::Call& call, std::string_view body);

/// kNotImplemented: DuckDB has no savepoints.
Status BeginSavepoint(std::string_view body);
Status EndSavepoint(std::string_view body);

// The actions of Flight on sessions. What is wrong with an option is told in the answer.
Result<std::string> SetSessionOptions(service::Service& service, const service::Call& call,
                                      std::string_view body);
Result<std::string> GetSessionOptions(service::Service& service, const service::Call& call,
                                      std::string_view body);
Result<std::string> CloseSession(service::Service& service, const service::Call& call,
                                 std::string_view body);

}  // namespace arrowport::flight
