#pragma once

#include <string>

#include "base/error.h"

namespace arrowport::cli {

/// Statements and commands that a person types at a terminal, one after another, until they leave.
/// What fails is told, and the next statement connects again where that is needed.
///
/// To be called in the main thread before any other thread starts.
/// \return kUnavailable when nobody answers at `url` to begin with.
Status RunShell(const std::string& url);

}  // namespace arrowport::cli
