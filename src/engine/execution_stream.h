#pragma once

#include <memory>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/core.h"
#include "engine/database.h"
#include "engine/execution.h"
#include "engine/kept_connection.h"
#include "engine/result_budget.h"
#include "engine/result_stream.h"

namespace arrowport::engine {

/// `execution` as the stream that callers read; destroying the stream cancels the execution, and
/// lets go of `place`.
std::shared_ptr<ResultStream> MakeResultStream(std::shared_ptr<Execution> execution,
                                               ResultBudget::Place place);

/// engine::Database::Query; on `home` where there is one.
Result<std::shared_ptr<ResultStream>> StartQuery(const std::shared_ptr<Core>& core,
                                                 std::shared_ptr<KeptConnection::Use> home,
                                                 const Statement& statement,
                                                 const QueryOptions& options,
                                                 const CallControl& control);

}  // namespace arrowport::engine
