#pragma once

#include "base/error.h"

namespace arrowport::stream {

/// `status`, which a library gave while it read what came from outside, as a failure of that input:
/// kInvalidInput, unless it says better (kTooLarge, kUnsupportedMedia, kOutOfMemory, kUnavailable).
/// Libraries tell apart more than their callers can use. OK stays OK.
Status AsDecodeFailure(const Status& status);

}  // namespace arrowport::stream
