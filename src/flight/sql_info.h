#pragma once

#include <memory>

#include <arrow/type.h>

#include "base/error.h"
#include "engine/result_stream.h"
#include "flight/sql_messages.h"
#include "service/service.h"

namespace arrowport::flight {

/// The columns of CommandGetSqlInfo.
std::shared_ptr<arrow::Schema> SqlInfoSchema();

/// What the server and its SQL are like, by the numbers of the standard's enum SqlInfo: of those
/// that `command` asks for, or of all. Numbers that it does not know are left out.
Result<std::shared_ptr<engine::ResultStream>> ReadSqlInfo(service::Service& service,
                                                          const service::Call& call,
                                                          const sql::CommandGetSqlInfo& command);

}  // namespace arrowport::flight
