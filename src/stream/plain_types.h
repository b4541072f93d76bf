#pragma once

#include <memory>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"

namespace arrowport::stream {

/// `schema` for clients of Flight SQL, of which many know fewer types than Arrow has: dictionaries
/// as their values, at any depth. Decimals tell their precision and scale in the metadata of their
/// field as well, where JDBC and ODBC look for them (`ARROW:FLIGHT:SQL:PRECISION`, `…:SCALE`).
std::shared_ptr<arrow::Schema> PlainSchema(const std::shared_ptr<arrow::Schema>& schema);

/// `batch` as `plain`, the plain schema of its own.
Result<std::shared_ptr<arrow::RecordBatch>> ToPlain(const arrow::RecordBatch& batch,
                                                    const std::shared_ptr<arrow::Schema>& plain);

}  // namespace arrowport::stream
