#pragma once

#include <string>

namespace arrowport::access {

/// Who is calling. Doors make it from a request's credentials; every verb of the service takes it.
struct Caller {
  std::string name = "anonymous";
};

}  // namespace arrowport::access
