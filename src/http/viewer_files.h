#pragma once

#include <span>
#include <string_view>

namespace arrowport::http {

/// A file of the page that shows `GET /openapi.json` to people.
struct ViewerFile {
  std::string_view name;  ///< Behind "/docs/"; empty for the page itself.
  std::string_view content_type;
  std::string_view content;
};

/// All of them: Swagger UI as it is published, and the page that starts it.
std::span<const ViewerFile> ViewerFiles();

}  // namespace arrowport::http
