#include "http/embedded_files.h"

#include <cstddef>
#include <string_view>

extern "C" {
extern const char kArrowportOpenApiSchemasBegin[];
extern const char kArrowportOpenApiSchemasEnd[];
extern const char kArrowportSwaggerScriptBegin[];
extern const char kArrowportSwaggerScriptEnd[];
extern const char kArrowportSwaggerStyleBegin[];
extern const char kArrowportSwaggerStyleEnd[];
extern const char kArrowportSwaggerIconBegin[];
extern const char kArrowportSwaggerIconEnd[];
}

namespace arrowport::http {
namespace {

std::string_view Between(const char* begin, const char* end) {
  return {begin, static_cast<size_t>(end - begin)};
}

}  // namespace

std::string_view OpenApiSchemasFile() {
  return Between(kArrowportOpenApiSchemasBegin, kArrowportOpenApiSchemasEnd);
}

std::string_view SwaggerScriptFile() {
  return Between(kArrowportSwaggerScriptBegin, kArrowportSwaggerScriptEnd);
}

std::string_view SwaggerStyleFile() {
  return Between(kArrowportSwaggerStyleBegin, kArrowportSwaggerStyleEnd);
}

std::string_view SwaggerIconFile() {
  return Between(kArrowportSwaggerIconBegin, kArrowportSwaggerIconEnd);
}

}  // namespace arrowport::http
