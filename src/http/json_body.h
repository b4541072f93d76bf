#pragma once

#include <string_view>

#include "base/error.h"
#include "http/request.h"

namespace arrowport::http {

/// That the body of `request` can be JSON, as far as its header tells; `what` is it, for people.
/// \return kUnsupportedMedia otherwise.
Status CheckJsonBody(const Request& request, std::string_view what);

}  // namespace arrowport::http
