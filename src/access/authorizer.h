#pragma once

#include <string_view>

#include "access/caller.h"
#include "base/error.h"

namespace arrowport::access {

/// What a caller wants to do, as grants will name it.
enum class Action { kPut, kQuery, kDescribe };

/// Decides what callers may do. Today everybody may do everything.
class Authorizer {
 public:
  /// \return OK, or kForbidden with the action and the object.
  Status Check(const Caller& caller, Action action, std::string_view object) const;
};

}  // namespace arrowport::access
