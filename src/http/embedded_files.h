#pragma once

#include <string_view>

namespace arrowport::http {

// Files that were made part of the program when it was built; embedded_files.S says which.

std::string_view OpenApiSchemasFile();
std::string_view SwaggerScriptFile();
std::string_view SwaggerStyleFile();
std::string_view SwaggerIconFile();

}  // namespace arrowport::http
