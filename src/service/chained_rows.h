#pragma once

#include <functional>
#include <memory>

#include <arrow/type.h>

#include "base/error.h"
#include "engine/result_stream.h"

namespace arrowport::service {

/// Starts the next one of several results; null when there are no more. Blocks while it is planned.
using NextRows = std::function<Result<std::shared_ptr<engine::ResultStream>>()>;

/// The rows of several results with the same columns, one result behind the other, each started
/// when the one before it was read. There is one at least.
Result<std::shared_ptr<engine::ResultStream>> ChainRows(NextRows next);

}  // namespace arrowport::service
