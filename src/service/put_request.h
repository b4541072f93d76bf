#pragma once

#include <string_view>

#include "access/caller.h"
#include "base/error.h"
#include "engine/table.h"
#include "service/put.h"
#include "service/router.h"

namespace arrowport::service {

// What every put is asked for, whatever becomes of it.

/// kInvalidInput, which calls `text` as `what` says, unless it is UTF-8.
Status CheckUtf8(std::string_view text, std::string_view what);

/// That a stream may be called so.
Status CheckStreamName(std::string_view stream);

/// That the stamp or key of `request` makes sense.
Status CheckStamp(const PutRequest& request);

/// The table that gets the rows, by the rule that the stream has. kForbidden where no puts land.
Result<engine::TableName> TableOf(const PutRequest& request, const Route& route);

/// The stamp under which the ledger remembers a put of `caller`; not set for one that it does not.
ProducerStamp StampOf(const access::Caller& caller, const PutRequest& request);

}  // namespace arrowport::service
