#pragma once

#include <memory>

#include <arrow/type.h>

#include "base/error.h"
#include "http/exchange.h"
#include "http/incoming_rows.h"
#include "http/put_form.h"
#include "http/socket.h"
#include "service/put.h"

namespace arrowport::http {

/// The rows of the body of `exchange`, which is kept by reference, by their form. Text has no types
/// of its own: its columns are read as those of the table of `request`, where there is one.
/// \return why it cannot be told whether there is.
Awaitable<Result<std::unique_ptr<IncomingRows>>> OpenPutRows(Exchange& exchange,
                                                             const PutForm& form,
                                                             const service::PutRequest& request);

}  // namespace arrowport::http
