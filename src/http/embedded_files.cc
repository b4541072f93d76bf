#include "http/embedded_files.h"

#include <cstddef>
#include <string_view>

extern "C" {
extern const char arrowport_openapi_schemas_begin[];
extern const char arrowport_openapi_schemas_end[];
extern const char arrowport_swagger_script_begin[];
extern const char arrowport_swagger_script_end[];
extern const char arrowport_swagger_style_begin[];
extern const char arrowport_swagger_style_end[];
extern const char arrowport_swagger_icon_begin[];
extern const char arrowport_swagger_icon_end[];
}

namespace arrowport::http {
namespace {

std::string_view Between(const char* begin, const char* end) {
  return {begin, static_cast<size_t>(end - begin)};
}

}  // namespace

std::string_view OpenApiSchemasFile() {
  return Between(arrowport_openapi_schemas_begin, arrowport_openapi_schemas_end);
}

std::string_view SwaggerScriptFile() {
  return Between(arrowport_swagger_script_begin, arrowport_swagger_script_end);
}

std::string_view SwaggerStyleFile() {
  return Between(arrowport_swagger_style_begin, arrowport_swagger_style_end);
}

std::string_view SwaggerIconFile() {
  return Between(arrowport_swagger_icon_begin, arrowport_swagger_icon_end);
}

}  // namespace arrowport::http
