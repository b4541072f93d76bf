#pragma once

#include <string>

namespace arrowport::server {

/// The reference page of all options as Markdown: `docs/configuration.md`.
std::string OptionsReference();

}  // namespace arrowport::server
