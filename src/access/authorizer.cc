#include "access/authorizer.h"

#include <string_view>

#include "access/caller.h"
#include "base/error.h"

namespace arrowport::access {

Status Authorizer::Check(const Caller& /*caller*/, Action /*action*/,
                         std::string_view /*object*/) const {
  return Status::OK();
}

}  // namespace arrowport::access
