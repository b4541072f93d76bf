#include "stream/text_decoder.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <utility>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "base/upload_limits.h"
#include "stream/allocation_budget.h"
#include "stream/decode_failure.h"
#include "stream/record_parser.h"
#include "stream/validate.h"

namespace arrowport::stream {
namespace {

std::unique_ptr<RecordParser> MakeParser(const TextOptions& options) {
  return options.form == TextForm::kCsv ? MakeCsvParser(options) : MakeJsonParser(options);
}

}  // namespace

TextDecoder::TextDecoder(const TextOptions& options)
    : options_(options), parser_(MakeParser(options)), text_(limits::kTextBlockBytes, '\0') {}

TextDecoder::~TextDecoder() = default;

std::span<uint8_t> TextDecoder::Prepare() {
  return {reinterpret_cast<uint8_t*>(text_.data()) + bytes_held_, text_.size() - bytes_held_};
}

void TextDecoder::Commit(size_t bytes) { bytes_held_ += bytes; }

Status TextDecoder::Decode(bool at_end) {
  try {
    return Located(AsDecodeFailure(DecodeRows(at_end)));
  } catch (const std::bad_alloc&) {
    return MakeError(ErrorKind::kOutOfMemory, "no memory for a batch of the text");
  } catch (const std::exception& error) {
    return Located(MakeError(ErrorKind::kInvalidInput, error.what()));
  }
}

std::shared_ptr<arrow::Schema> TextDecoder::schema() const {
  return schema_is_valid_ ? parser_->schema() : nullptr;
}

std::shared_ptr<arrow::RecordBatch> TextDecoder::TakeBatch() {
  if (ready_.empty()) return nullptr;
  auto batch = std::move(ready_.front());
  ready_.pop_front();
  return batch;
}

Status TextDecoder::DecodeRows(bool at_end) {
  size_t used = 0;
  for (;;) {
    const AllocationBudget budget(options_.batch_bytes_max);
    const std::span<char> rest(text_.data() + used, bytes_held_ - used);
    ARROW_ASSIGN_OR_RAISE(const RecordParser::Records records, parser_->Parse(rest, at_end));
    ARROW_RETURN_NOT_OK(CheckSchema());
    if (records.batch != nullptr) {
      ARROW_RETURN_NOT_OK(validator_.Validate(*records.batch, batches_++));
      ready_.push_back(records.batch);
    }
    used += records.bytes;
    if (records.bytes == 0) break;
  }
  text_.erase(0, used);
  bytes_held_ -= used;
  if (at_end) {
    if (schema_is_valid_) return Status::OK();
    return MakeError(ErrorKind::kInvalidInput, "there are no rows, and nothing names columns");
  }
  return MakeRoom();
}

Status TextDecoder::CheckSchema() {
  if (schema_is_valid_) return Status::OK();
  const auto schema = parser_->schema();
  if (schema == nullptr) return Status::OK();
  ARROW_RETURN_NOT_OK(ValidateSchema(*schema));
  schema_is_valid_ = true;
  return Status::OK();
}

// For a block more, or for the rest of a row that is larger than one.
Status TextDecoder::MakeRoom() {
  const size_t wanted = std::max(size_t{limits::kTextBlockBytes}, bytes_held_ * 2);
  const auto row_bytes_max = static_cast<size_t>(limits::kTextRowBytesMax);
  if (bytes_held_ >= row_bytes_max) {
    return MakeError(ErrorKind::kTooLarge, "a row has more than " + std::to_string(row_bytes_max) +
                                               " bytes, or a quote is never closed");
  }
  text_.resize(std::min(wanted, row_bytes_max));
  return Status::OK();
}

Status TextDecoder::Located(const Status& status) const {
  const int64_t rows = parser_->rows();
  const std::string name = options_.form == TextForm::kCsv ? "CSV" : "JSON";
  // Arrow's CSV reader numbers rows itself.
  const bool has_place = rows == 0 || status.message().find("Row #") != std::string::npos;
  return WithContext(has_place ? name : name + " behind row " + std::to_string(rows), status);
}

}  // namespace arrowport::stream
