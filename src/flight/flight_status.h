#pragma once

#include "base/error.h"

namespace arrowport::flight {

/// The trailer of a failed call with the slug of its kind.
inline constexpr char kErrorKindTrailer[] = "arrowport-error-kind";

/// The header of every answer with the id under which the call is logged.
inline constexpr char kRequestIdHeader[] = "x-request-id";

/// `status` in the codes that Flight's library sends on: it knows Arrow's own codes and a detail of
/// its own, and would otherwise answer UNKNOWN. OK stays OK.
Status ToFlightStatus(const Status& status);

}  // namespace arrowport::flight
