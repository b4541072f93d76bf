#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/core.h"
#include "engine/database.h"

namespace arrowport::engine {

/// engine::Database::ExecuteMany.
Result<int64_t> ExecuteMany(const std::shared_ptr<Core>& core, const std::string& sql,
                            const ParameterRows& rows, const CallControl& control);

}  // namespace arrowport::engine
