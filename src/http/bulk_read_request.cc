#include "http/bulk_read_request.h"

#include "base/error.h"
#include "http/parameters.h"
#include "http/query_request.h"
#include "http/target.h"

namespace arrowport::http {

Result<BulkReadTarget> ReadBulkReadTarget(const Target& target) {
  BulkReadTarget read;
  read.request.read.columns = target.Parameter("columns");
  read.request.read.where = target.Parameter("filter");
  ARROW_ASSIGN_OR_RAISE(read.request.read.limit, NumberParameter(target, "limit", {}));
  ARROW_ASSIGN_OR_RAISE(read.request.ordered, BoolParameter(target, "ordered", true));
  ARROW_ASSIGN_OR_RAISE(read.timeout, ReadTimeout(target));
  return read;
}

}  // namespace arrowport::http
