#include "base/batch_bytes.h"

#include <arrow/util/byte_size.h>

namespace arrowport {

int64_t BytesOf(const arrow::RecordBatch& batch) {
  const auto referenced = arrow::util::ReferencedBufferSize(batch);
  // Types whose references Arrow cannot follow count in full.
  return referenced.ok() ? *referenced : arrow::util::TotalBufferSize(batch);
}

}  // namespace arrowport
