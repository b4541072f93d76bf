#pragma once

#include <memory>

#include <arrow/type.h>

#include "base/call_control.h"
#include "engine/core.h"
#include "engine/database.h"
#include "engine/exchange.h"

namespace arrowport::engine {

/// engine::Database::BeginExchange.
Result<std::shared_ptr<Exchange>> BeginStreamExchange(const std::shared_ptr<Core>& core,
                                                      const Statement& statement,
                                                      const std::shared_ptr<arrow::Schema>& schema,
                                                      const ExchangeOptions& options,
                                                      const CallControl& control);

/// engine::Database::ReadsTable.
Result<bool> ReadsTable(const std::shared_ptr<Core>& core, const Statement& statement,
                        const std::string& name);

/// engine::Database::CheckSelectsFrom.
Status CheckSelectsFrom(const std::shared_ptr<Core>& core, const Statement& statement,
                        const std::string& name);

}  // namespace arrowport::engine
