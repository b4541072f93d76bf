#include "http/table_request.h"

#include "base/error.h"
#include "http/parameters.h"
#include "http/query_request.h"
#include "http/target.h"

namespace arrowport::http {

Result<TableRequest> ReadTableTarget(const Target& target) {
  TableRequest request;
  request.read.columns = target.Parameter("columns");
  request.read.where = target.Parameter("where");
  request.read.order_by = target.Parameter("order_by");
  ARROW_ASSIGN_OR_RAISE(request.read.limit, NumberParameter(target, "limit", {}));
  ARROW_ASSIGN_OR_RAISE(request.read.offset, NumberParameter(target, "offset", {}));
  ARROW_ASSIGN_OR_RAISE(request.options.ordered, BoolParameter(target, "ordered", true));
  ARROW_ASSIGN_OR_RAISE(request.timeout, ReadTimeout(target));
  return request;
}

}  // namespace arrowport::http
