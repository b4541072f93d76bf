#include "stream/growing_rows.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/json/options.h>
#include <arrow/json/reader.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/file.h"
#include "stream/ipc_decoder.h"

namespace arrowport::stream {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;

// A line that is longer has probably lost its end.
constexpr size_t kLineBytesMax = size_t{64 * kMiB};

bool HasText(std::string_view lines) {
  return lines.find_first_not_of(" \t\r\n") != std::string_view::npos;
}

Result<Batch> ParseAs(const std::string& lines, const std::shared_ptr<arrow::Schema>& schema) {
  auto options = arrow::json::ParseOptions::Defaults();
  options.explicit_schema = schema;
  auto batch = arrow::json::ParseOne(options, arrow::Buffer::FromString(lines));
  if (!batch.ok()) return WithKind(ErrorKind::kInvalidInput, batch.status());
  return batch;
}

// Whole numbers become fractions, and times become texts, where such have come.
bool IsWider(const arrow::DataType& known, const arrow::DataType& inferred) {
  return (known.id() == arrow::Type::INT64 && inferred.id() == arrow::Type::DOUBLE) ||
         (known.id() == arrow::Type::TIMESTAMP && inferred.id() == arrow::Type::STRING);
}

std::shared_ptr<arrow::Schema> Widened(const arrow::Schema& known, const arrow::Schema& inferred) {
  arrow::FieldVector fields;
  for (const auto& field : known.fields()) {
    const auto other = inferred.GetFieldByName(field->name());
    const bool is_wider = other != nullptr && IsWider(*field->type(), *other->type());
    fields.push_back(is_wider ? other : field);
  }
  return arrow::schema(std::move(fields));
}

class GrowingLines final : public GrowingRows {
 public:
  Status Add(std::string_view bytes) override {
    const size_t end = bytes.rfind('\n');
    if (end == std::string_view::npos) return Keep(bytes);
    std::string lines = std::exchange(partial_line_, {});
    lines.append(bytes.substr(0, end + 1));
    ARROW_RETURN_NOT_OK(Keep(bytes.substr(end + 1)));
    return HasText(lines) ? Parse(lines) : Status::OK();
  }

  Batch TakeBatch() override {
    if (batches_.empty()) return nullptr;
    Batch batch = std::move(batches_.front());
    batches_.pop_front();
    return batch;
  }

  [[nodiscard]] bool at_end() const override { return false; }

 private:
  Status Keep(std::string_view bytes) {
    partial_line_.append(bytes);
    if (partial_line_.size() <= kLineBytesMax) return Status::OK();
    return MakeError(ErrorKind::kTooLarge,
                     "a line has more than " + std::to_string(kLineBytesMax) + " bytes");
  }

  Status Parse(const std::string& lines) {
    auto batch = ParseAs(lines, known_);
    if (!batch.ok() && known_ != nullptr) {
      const auto inferred = ParseAs(lines, nullptr);
      if (!inferred.ok()) return batch.status();
      known_ = Widened(*known_, *(*inferred)->schema());
      batch = ParseAs(lines, known_);
    }
    ARROW_RETURN_NOT_OK(batch.status());
    if (Learn(*(*batch)->schema())) {
      batch = ParseAs(lines, known_);
      ARROW_RETURN_NOT_OK(batch.status());
    }
    batches_.push_back(*std::move(batch));
    return Status::OK();
  }

  // \return whether a column has to be read as something else than it was.
  bool Learn(const arrow::Schema& schema) {
    bool has_changed = false;
    arrow::FieldVector fields;
    for (const auto& field : schema.fields()) {
      const bool is_null = field->type()->id() == arrow::Type::NA;
      has_changed = has_changed || is_null;
      fields.push_back(is_null ? field->WithType(arrow::utf8()) : field);
    }
    known_ = arrow::schema(std::move(fields));
    return has_changed;
  }

  std::string partial_line_;
  std::shared_ptr<arrow::Schema> known_;
  std::deque<Batch> batches_;
};

class GrowingStream final : public GrowingRows {
 public:
  Status Add(std::string_view bytes) override {
    while (!bytes.empty()) {
      ARROW_ASSIGN_OR_RAISE(const auto space, decoder_.Prepare());
      // What stands behind the end of the stream is none of ours.
      if (space.empty()) return Status::OK();
      const size_t taken = std::min(space.size(), bytes.size());
      std::memcpy(space.data(), bytes.data(), taken);
      ARROW_RETURN_NOT_OK(decoder_.Commit(taken));
      bytes.remove_prefix(taken);
    }
    return Status::OK();
  }

  Batch TakeBatch() override { return decoder_.TakeBatch(); }

  [[nodiscard]] bool at_end() const override { return decoder_.at_end(); }

 private:
  IpcDecoder decoder_{IpcDecoderOptions{}};
};

}  // namespace

Result<std::unique_ptr<GrowingRows>> GrowingRows::Make(FileFormat format) {
  if (format == FileFormat::kNdjson) return std::make_unique<GrowingLines>();
  if (format == FileFormat::kArrowStream) return std::make_unique<GrowingStream>();
  return MakeError(ErrorKind::kUnsupportedMedia,
                   "only NDJSON (.ndjson) and Arrow streams (.arrows) can be read while they grow");
}

}  // namespace arrowport::stream
