#pragma once

#include <string_view>

namespace arrowport::server {

/// Arrowport's own version: "0.1.0".
std::string_view Version();

}  // namespace arrowport::server
