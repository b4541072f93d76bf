#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <arrow/flight/types.h>
#include <arrow/type.h>

#include "base/error.h"
#include "flight/sql_messages.h"
#include "service/result_offers.h"
#include "service/service.h"

namespace arrowport::flight {

// The call of each names the client's session, and the transaction if the message does.

/// Offers the result of a command that is a statement of Flight SQL. One that changes anything has
/// run when this returns, once, and its tickets are of what it answered.
/// With a `watch` a query has run, too.
/// \return kNotImplemented for a command that is no query.
Result<service::Offer> OfferStatement(
    service::Service& service, const service::Call& call, const PackedMessage& command,
    const std::shared_ptr<service::StatementWatch>& watch = nullptr);

/// The columns of what OfferStatement would offer, without running it.
Result<std::shared_ptr<arrow::Schema>> DescribeStatement(service::Service& service,
                                                         const service::Call& call,
                                                         const PackedMessage& command);

/// `schema` as a message of Arrow's IPC format, as FlightInfo and prepared statements have it.
Result<std::string> SerializeSchema(const arrow::Schema& schema);

// The actions on prepared statements: from the body of the action to that of its answer.
Result<std::string> CreatePreparedStatement(service::Service& service, const service::Call& call,
                                            std::string_view body);
Result<std::string> CreatePreparedSubstraitPlan(service::Service& service,
                                                const service::Call& call, std::string_view body);
/// OK as well for one that is not there: it may have expired, which is nothing to its client.
Status ClosePreparedStatement(service::Service& service, const service::Call& call,
                              std::string_view body);

}  // namespace arrowport::flight
