#include "cli/row_set.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/batch_bytes.h"
#include "base/error.h"

namespace arrowport::cli {
namespace {

class RowSetReader final : public arrow::RecordBatchReader {
 public:
  explicit RowSetReader(const RowSet& rows) : schema_(rows.schema), batches_(rows.batches) {}

  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    *batch = next_ < batches_.size() ? batches_[next_++] : nullptr;
    return Status::OK();
  }

 private:
  const std::shared_ptr<arrow::Schema> schema_;
  const std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;
  size_t next_ = 0;
};

}  // namespace

std::shared_ptr<arrow::RecordBatchReader> RowSet::Reader() const {
  return std::make_shared<RowSetReader>(*this);
}

Result<RowSet> Collect(const std::string& name, arrow::RecordBatchReader& reader,
                       const std::function<void(int64_t rows, int64_t bytes)>& progress) {
  RowSet rows = {.name = name, .schema = reader.schema(), .batches = {}};
  for (;;) {
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(reader.ReadNext(&batch));
    if (batch == nullptr) return rows;
    rows.rows += batch->num_rows();
    rows.bytes += BytesOf(*batch);
    rows.batches.push_back(std::move(batch));
    progress(rows.rows, rows.bytes);
  }
}

}  // namespace arrowport::cli
