#pragma once

#include <string>

#include "base/error.h"
#include "http/request.h"
#include "service/put.h"

namespace arrowport::http {

/// The header fields `Arrowport-Producer`, `Arrowport-Sequence` and `Arrowport-Epoch` (0 when it is
/// missing) of a put; not set without the first two.
/// \return kInvalidInput that names the field when one is missing or no whole number.
Result<service::ProducerStamp> ReadProducerStamp(const Request& request);

/// The header field `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07), in quotes as
/// the draft has it, or without; empty when it is missing. kInvalidInput for an empty one.
Result<std::string> ReadIdempotencyKey(const Request& request);

}  // namespace arrowport::http
