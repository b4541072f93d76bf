#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/core.h"
#include "engine/database.h"
#include "engine/kept_connection.h"

namespace arrowport::engine {

/// engine::Session::ExecuteMany, on the connection of it.
Result<int64_t> ExecuteMany(Core& core, KeptConnection::Use& use, const std::string& sql,
                            const ParameterRows& rows, const CallControl& control);

/// engine::Database::ExecuteMany.
Result<int64_t> ExecuteMany(const std::shared_ptr<Core>& core, const std::string& sql,
                            const ParameterRows& rows, const CallControl& control);

}  // namespace arrowport::engine
