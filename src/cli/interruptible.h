#pragma once

#include <functional>
#include <stop_token>

#include "base/error.h"

namespace arrowport::cli {

/// Runs `work`, whose stop is requested by Ctrl-C (SIGINT) and SIGTERM, so that it can put away
/// what it has begun. A second one of these ends the process at once.
///
/// To be called in the main thread before any other thread starts.
Status RunInterruptible(const std::function<Status(const std::stop_token& stop)>& work);

}  // namespace arrowport::cli
