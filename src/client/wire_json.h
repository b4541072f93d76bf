#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "client/client.h"

namespace arrowport::client {

// What stands in JSON between client and server. A server that answers something else than is
// expected is kInternal, with the beginning of what it answered.

/// {"sql", "params", "ordered", "endpoints", "timeout_ms"}: the body of a query, and the ticket of
/// one.
/// \return kInvalidInput when the parameters are no JSON array.
Result<std::string> QueryJson(const QueryRequest& request);

/// The command of a Flight put that has a stamp.
std::string PutCommandJson(std::string_view stream, const ProducerStamp& stamp);

/// The command of a Flight put that commits every batch.
std::string OpenPutCommandJson(std::string_view stream);

/// kInvalidInput for a producer whose name cannot stand in a header field.
Status CheckStamp(const ProducerStamp& stamp);

Result<PutAnswer> ParsePutAnswer(std::string_view json);

/// The rows of the put that are durable, as the acknowledgement of a commit within it says.
Result<int64_t> ParseCommittedRows(std::string_view json);

Result<std::vector<TableSummary>> ParseTables(std::string_view json);
Result<std::vector<StreamSummary>> ParseStreams(std::string_view json);

/// The failure that an HTTP answer with an error status tells: a problem document (RFC 9457), or
/// whatever text a proxy in between has written.
Status ParseProblem(int http_status, std::string_view body);

}  // namespace arrowport::client
