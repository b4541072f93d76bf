#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <arrow/util/align_util.h>

#include "base/error.h"
#include "stream/batch_encoder.h"

namespace arrowport::client::testing {

/// A batch with a column id that counts from `begin`.
inline std::shared_ptr<arrow::RecordBatch> MakeRows(int64_t begin, int64_t rows) {
  arrow::Int64Builder ids;
  for (int64_t i = begin; i < begin + rows; ++i) (void)ids.Append(i);
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("id", arrow::int64())}), rows,
                                  {*ids.Finish()});
}

/// Some batches, and then the end, or an error.
class TestReader final : public arrow::RecordBatchReader {
 public:
  explicit TestReader(std::vector<std::shared_ptr<arrow::RecordBatch>> batches,
                      Status end = Status::OK())
      : batches_(std::move(batches)), end_(std::move(end)) {}

  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override {
    return batches_.front()->schema();
  }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    if (next_ == batches_.size()) return end_;
    *batch = batches_[next_++];
    return Status::OK();
  }

 private:
  const std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;
  const Status end_;
  size_t next_ = 0;
};

/// The Arrow stream of `batches`, one string for the schema, each batch, and the end.
inline std::vector<std::string> EncodeRows(
    const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches) {
  const auto joined = [](const Result<stream::Buffers>& pieces) {
    std::string text;
    for (const auto& piece : *pieces) text += piece->ToString();
    return text;
  };
  auto encoder =
      *stream::MakeBatchEncoder(stream::WireFormat::kArrowStream, batches.front()->schema());
  std::vector<std::string> parts = {joined(encoder->Begin())};
  for (const auto& batch : batches) parts.push_back(joined(encoder->Encode(batch)));
  parts.push_back(joined(encoder->End()));
  return parts;
}

/// How many rows `reader` has, which must count from 0; or its failure.
inline Result<int64_t> CountRows(arrow::RecordBatchReader& reader) {
  int64_t rows = 0;
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(const auto sent, reader.Next());
    if (sent == nullptr) return rows;
    // Flight's lie wherever gRPC has put them.
    ARROW_ASSIGN_OR_RAISE(const auto batch,
                          arrow::util::EnsureAlignment(sent, arrow::util::kValueAlignment,
                                                       arrow::default_memory_pool()));
    const auto& ids = static_cast<const arrow::Int64Array&>(*batch->column(0));
    for (int64_t i = 0; i < ids.length(); ++i) {
      if (ids.Value(i) != rows++) return Status::Invalid("rows are missing or out of order");
    }
  }
}

}  // namespace arrowport::client::testing
