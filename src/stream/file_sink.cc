#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <arrow/io/compressed.h>
#include <arrow/io/file.h>
#include <arrow/io/interfaces.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/compression.h>
#include <arrow/util/io_util.h>

#include "base/durable_file.h"
#include "base/error.h"
#include "base/ids.h"
#include "stream/batch_encoder.h"
#include "stream/file.h"

namespace arrowport::stream {
namespace {

using OutputStream = std::shared_ptr<arrow::io::OutputStream>;

/// The rows of a file in one form; the file itself is opened and closed around it.
class RowWriter {
 public:
  RowWriter(OutputStream output, std::unique_ptr<BatchEncoder> encoder)
      : output_(std::move(output)), encoder_(std::move(encoder)) {}

  static Result<std::unique_ptr<RowWriter>> Open(const OutputStream& output,
                                                 const EncodeOptions& options,
                                                 const std::shared_ptr<arrow::Schema>& schema) {
    ARROW_ASSIGN_OR_RAISE(auto encoder, MakeBatchEncoder(options, schema));
    auto writer = std::make_unique<RowWriter>(output, std::move(encoder));
    ARROW_RETURN_NOT_OK(writer->Send(writer->encoder_->Begin()));
    return writer;
  }

  Status Write(const std::shared_ptr<arrow::RecordBatch>& batch) {
    return Send(encoder_->Encode(batch));
  }
  Status Close() { return Send(encoder_->End()); }

 private:
  Status Send(const Result<Buffers>& pieces) {
    ARROW_RETURN_NOT_OK(pieces);
    for (const auto& piece : *pieces) ARROW_RETURN_NOT_OK(output_->Write(piece));
    return Status::OK();
  }

  const OutputStream output_;
  const std::unique_ptr<BatchEncoder> encoder_;
};

bool IsText(FileFormat format) {
  return format == FileFormat::kCsv || format == FileFormat::kJson || format == FileFormat::kNdjson;
}

// The bytes of `format` go into `file`, through gzip where the name says so.
Result<OutputStream> CompressedAsNamed(OutputStream file, const std::string& path,
                                       FileFormat format) {
  if (!IsText(format) || (!path.ends_with(".gz") && !path.ends_with(".GZ"))) return file;
  ARROW_ASSIGN_OR_RAISE(auto codec, arrow::util::Codec::Create(arrow::Compression::GZIP));
  // The codec has no state of its own; the stream makes what it needs of it at once.
  return arrow::io::CompressedOutputStream::Make(codec.get(), file);
}

Result<EncodeOptions> EncodeOptionsOf(FileFormat format) {
  switch (format) {
    case FileFormat::kArrowFile:
      return EncodeOptions{.format = WireFormat::kArrowFile};
    case FileFormat::kArrowStream:
      return EncodeOptions{.format = WireFormat::kArrowStream};
    case FileFormat::kParquet:
      return EncodeOptions{.format = WireFormat::kParquet, .compression = Compression::kZstd};
    case FileFormat::kCsv:
      return EncodeOptions{.format = WireFormat::kCsv};
    case FileFormat::kJson:
      return EncodeOptions{.format = WireFormat::kJson};
    case FileFormat::kNdjson:
      return EncodeOptions{.format = WireFormat::kNdjson};
  }
  return MakeError(ErrorKind::kInternal, "a format that is not known");
}

// What the system said is only a detail of Arrow's message, and gets lost with a new context.
Status WithSystemError(const Status& status) {
  const int code = arrow::internal::ErrnoFromStatus(status);
  if (code == 0) return status;
  return MakeError(IsDiskFull(code) ? ErrorKind::kStorageFull : KindOf(status),
                   status.message() + ": " + std::generic_category().message(code));
}

// Libraries throw where a page or a string cannot be made.
template <typename Function>
Status Guarded(const std::string& path, const Function& function) {
  try {
    return WithContext("file '" + path + "'", WithSystemError(function()));
  } catch (const std::exception& error) {
    return WithContext("file '" + path + "'", MakeError(ErrorKind::kInternal, error.what()));
  }
}

class OpenedSink final : public FileSink {
 public:
  OpenedSink(std::string path, std::string partial_path)
      : path_(std::move(path)), partial_path_(std::move(partial_path)) {}

  ~OpenedSink() override {
    if (is_closed_) return;
    writer_ = nullptr;
    // The file is removed, so how closing it ends does not matter.
    if (output_ != nullptr) (void)output_->Close();
    std::error_code ignored;
    if (!partial_path_.empty()) std::filesystem::remove(partial_path_, ignored);
  }

  OpenedSink(const OpenedSink&) = delete;
  OpenedSink& operator=(const OpenedSink&) = delete;

  Status Open(FileFormat format, const std::shared_ptr<arrow::Schema>& schema) {
    return Guarded(path_, [&]() -> Status {
      ARROW_ASSIGN_OR_RAISE(OutputStream file, OpenFile());
      ARROW_ASSIGN_OR_RAISE(output_, CompressedAsNamed(std::move(file), path_, format));
      ARROW_ASSIGN_OR_RAISE(const EncodeOptions options, EncodeOptionsOf(format));
      return RowWriter::Open(output_, options, schema).Value(&writer_);
    });
  }

  Status Write(const std::shared_ptr<arrow::RecordBatch>& batch) override {
    if (is_closed_) return MakeError(ErrorKind::kInternal, "a write after the file was closed");
    return Guarded(path_, [&] { return writer_->Write(batch); });
  }

  Status Close() override {
    if (is_closed_) return Status::OK();
    return Guarded(path_, [&]() -> Status {
      ARROW_RETURN_NOT_OK(writer_->Close());
      bytes_ = bytes();
      ARROW_RETURN_NOT_OK(output_->Close());
      if (!partial_path_.empty()) {
        std::error_code error;
        std::filesystem::rename(partial_path_, path_, error);
        if (error) return MakeError(ErrorKind::kInternal, "cannot be replaced: " + error.message());
      }
      is_closed_ = true;
      return Status::OK();
    });
  }

  [[nodiscard]] int64_t bytes() const override {
    return output_ == nullptr || is_closed_ ? bytes_ : output_->Tell().ValueOr(bytes_);
  }

 private:
  [[nodiscard]] Result<OutputStream> OpenFile() const {
    // Arrow's own stream of standard output hears of no failure.
    constexpr int kStandardOutput = 1;
    if (path_ == "-") return arrow::io::FileOutputStream::Open(kStandardOutput);
    return arrow::io::FileOutputStream::Open(partial_path_.empty() ? path_ : partial_path_);
  }

  // Constant after construction.
  const std::string path_;
  const std::string partial_path_;

  OutputStream output_;
  std::unique_ptr<RowWriter> writer_;
  bool is_closed_ = false;
  int64_t bytes_ = 0;  // Once it is closed.
};

// Beside the file, so that it takes its place in one step; empty for pipes and devices, which are
// written to directly.
Result<std::string> PartialPathOf(const std::string& path) {
  if (path == "-") return std::string();
  std::error_code error;
  const auto type = std::filesystem::status(path, error).type();
  if (type == std::filesystem::file_type::directory) {
    return MakeError(ErrorKind::kInvalidInput, "'" + path + "' is a directory; name a file in it");
  }
  if (type != std::filesystem::file_type::not_found &&
      type != std::filesystem::file_type::regular) {
    return std::string();
  }
  return path + "." + NewId().substr(0, 8) + ".partial";
}

}  // namespace

Result<std::unique_ptr<FileSink>> OpenFileSink(const std::string& path, FileFormat format,
                                               const std::shared_ptr<arrow::Schema>& schema) {
  ARROW_ASSIGN_OR_RAISE(std::string partial_path, PartialPathOf(path));
  auto sink = std::make_unique<OpenedSink>(path, std::move(partial_path));
  ARROW_RETURN_NOT_OK(sink->Open(format, schema));
  return sink;
}

}  // namespace arrowport::stream
