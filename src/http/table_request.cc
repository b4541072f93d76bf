#include "http/table_request.h"

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/parameters.h"
#include "http/query_request.h"
#include "http/target.h"

namespace arrowport::http {
namespace {

std::optional<std::string> TextOf(const Target& target, std::string_view name) {
  const auto text = target.Parameter(name);
  if (!text.has_value()) return std::nullopt;
  return std::string(*text);
}

}  // namespace

Result<TableRequest> ReadTableTarget(const Target& target) {
  TableRequest request;
  request.read.columns = TextOf(target, "columns");
  request.read.where = TextOf(target, "where");
  request.read.order_by = TextOf(target, "order_by");
  ARROW_ASSIGN_OR_RAISE(request.read.limit, NumberParameter(target, "limit", {}));
  ARROW_ASSIGN_OR_RAISE(request.read.offset, NumberParameter(target, "offset", {}));
  ARROW_ASSIGN_OR_RAISE(request.options.ordered, BoolParameter(target, "ordered", true));
  ARROW_ASSIGN_OR_RAISE(request.timeout, ReadTimeout(target));
  return request;
}

}  // namespace arrowport::http
