#include "http/viewer_files.h"

#include <array>
#include <span>
#include <string_view>

#include "http/embedded_files.h"

namespace arrowport::http {
namespace {

constexpr std::string_view kPage = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>arrowport</title>
<link rel="icon" href="/docs/icon.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="viewer"></div>
<script src="/docs/swagger-ui.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
)";

// The validator's badge would ask a server elsewhere.
constexpr std::string_view kStart = R"(SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#viewer",
  deepLinking: true,
  validatorUrl: null,
});
)";

}  // namespace

std::span<const ViewerFile> ViewerFiles() {
  static const std::array kFiles = {
      ViewerFile{"", "text/html; charset=utf-8", kPage},
      ViewerFile{"start.js", "text/javascript; charset=utf-8", kStart},
      ViewerFile{"swagger-ui.js", "text/javascript; charset=utf-8", SwaggerScriptFile()},
      ViewerFile{"swagger-ui.css", "text/css; charset=utf-8", SwaggerStyleFile()},
      ViewerFile{"icon.png", "image/png", SwaggerIconFile()},
  };
  return kFiles;
}

}  // namespace arrowport::http
