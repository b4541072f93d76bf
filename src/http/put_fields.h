#pragma once

#include "base/error.h"
#include "http/request.h"
#include "service/put.h"

namespace arrowport::http {

/// The header fields `Arrowport-Producer`, `Arrowport-Sequence` and `Arrowport-Epoch` (0 when it is
/// missing) of a put; not set without the first two.
/// \return kInvalidInput that names the field when one is missing or no whole number.
Result<service::ProducerStamp> ReadProducerStamp(const Request& request);

}  // namespace arrowport::http
