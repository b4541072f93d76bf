#pragma once

#include <memory>

#include <arrow/type.h>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/append.h"
#include "engine/core.h"
#include "engine/kept_connection.h"
#include "engine/landing.h"
#include "engine/session.h"
#include "engine/table.h"

namespace arrowport::engine {

/// engine::Database::BeginAppend.
Result<std::shared_ptr<Append>> BeginInsert(const std::shared_ptr<Core>& core,
                                            const TableName& table,
                                            const std::shared_ptr<arrow::Schema>& schema,
                                            const AppendOptions& options,
                                            const CallControl& control);

/// engine::Session::BeginAppend, on the connection of it.
Result<std::shared_ptr<Append>> BeginInsert(const std::shared_ptr<Core>& core,
                                            std::shared_ptr<KeptConnection::Use> use,
                                            const TableName& table,
                                            const std::shared_ptr<arrow::Schema>& schema,
                                            const SessionAppendOptions& options,
                                            const CallControl& control);

/// engine::Database::CheckAppend.
Status CheckInsert(Core& core, const TableName& table, const std::shared_ptr<arrow::Schema>& schema,
                   const Landing* landing);

}  // namespace arrowport::engine
