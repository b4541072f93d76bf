#pragma once

#include <memory>

#include "base/error.h"
#include "engine/core.h"
#include "engine/session.h"

namespace arrowport::engine {

/// engine::Database::OpenSession.
Result<std::shared_ptr<Session>> OpenSession(const std::shared_ptr<Core>& core);

}  // namespace arrowport::engine
