#include "stream/arrow_file_batches.h"

#include <cstdint>
#include <memory>
#include <utility>

#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "stream/nameless_file.h"
#include "stream/nameless_input.h"

namespace arrowport::stream {
namespace {

class Batches final : public ArrowFileBatches {
 public:
  explicit Batches(std::shared_ptr<arrow::ipc::RecordBatchFileReader> reader)
      : reader_(std::move(reader)), schema_(reader_->schema()) {}

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  [[nodiscard]] int count() const override { return reader_->num_record_batches(); }
  Result<int64_t> CountRows() override { return reader_->CountRows(); }
  Result<std::shared_ptr<arrow::RecordBatch>> Read(int index) override {
    return reader_->ReadRecordBatch(index);
  }

 private:
  const std::shared_ptr<arrow::ipc::RecordBatchFileReader> reader_;
  const std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace

Result<std::unique_ptr<ArrowFileBatches>> ArrowFileBatches::Open(
    std::shared_ptr<const NamelessFile> file) {
  const int64_t bytes = file->bytes();
  ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ipc::RecordBatchFileReader::Open(
                                         OpenNamelessFile(std::move(file)), bytes));
  return std::make_unique<Batches>(std::move(reader));
}

}  // namespace arrowport::stream
