#pragma once

#include <memory>

#include "engine/execution.h"
#include "engine/result_budget.h"
#include "engine/result_stream.h"

namespace arrowport::engine {

/// `execution` as the stream that callers read; destroying the stream cancels the execution, and
/// lets go of `place`.
std::shared_ptr<ResultStream> MakeResultStream(std::shared_ptr<Execution> execution,
                                               ResultBudget::Place place);

}  // namespace arrowport::engine
