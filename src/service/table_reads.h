#pragma once

#include "base/call_control.h"
#include "base/error.h"
#include "engine/database.h"
#include "engine/table_read.h"

namespace arrowport::service {

/// The statement for the rows and columns of `table` that `read` asks for.
/// \return kInvalidInput that names the text of `read` that is not what it should be.
Result<engine::Statement> PlanTableRead(const engine::TableInfo& table,
                                        const engine::TableRead& read);

/// `status`, with which that statement was refused, as an error of the text of `read` that is to
/// blame: kInvalidInput that names it. Anything else stays as it is.
Status BlameTableRead(engine::Database& database, const engine::TableInfo& table,
                      const engine::TableRead& read, const Status& status);

}  // namespace arrowport::service
