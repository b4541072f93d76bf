#pragma once

#include <string_view>

#include "base/error.h"
#include "http/answer.h"

namespace arrowport::http {

/// `status` as a problem document (RFC 9457):
///
///     {"type": "urn:arrowport:problem:not-found", "title": "There is no such thing",
///      "status": 404, "detail": "table 'trips': …", "instance": "/tables/trips",
///      "request_id": "…"}
///
/// Type, title and HTTP status are those of the kind's row in `base/error`; a header that is over
/// its limit is 413 as any other thing that is too large. Refusals that may pass (429, 503, 507 of
/// the disk) carry Retry-After.
Answer MakeProblem(const Status& status, std::string_view instance, std::string_view request_id);

}  // namespace arrowport::http
