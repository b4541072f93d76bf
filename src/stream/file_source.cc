#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/io/compressed.h>
#include <arrow/io/file.h>
#include <arrow/io/interfaces.h>
#include <arrow/io/stdio.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/compression.h>

#include "base/error.h"
#include "stream/counted_input.h"
#include "stream/file.h"
#include "stream/source_readers.h"

namespace arrowport::stream {
namespace {

// Failures of a source are about its content, unless they say better.
Status Located(const std::string& path, const Status& status) {
  if (status.ok()) return status;
  const ErrorKind kind = KindOf(status);
  const bool is_vague = kind == ErrorKind::kInternal || kind == ErrorKind::kNotFound;
  return WithContext("file '" + path + "'",
                     is_vague ? WithKind(ErrorKind::kInvalidInput, status) : status);
}

class LocatedReader final : public arrow::RecordBatchReader {
 public:
  LocatedReader(std::string path, std::shared_ptr<arrow::RecordBatchReader> reader)
      : path_(std::move(path)), reader_(std::move(reader)) {}

  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override { return reader_->schema(); }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    return Located(path_, reader_->ReadNext(batch));
  }

 private:
  const std::string path_;
  const std::shared_ptr<arrow::RecordBatchReader> reader_;
};

class OpenedSource final : public FileSource {
 public:
  OpenedSource(BatchSource source, int64_t bytes, ByteCount bytes_read)
      : source_(std::move(source)), bytes_(bytes), bytes_read_(std::move(bytes_read)) {}

  [[nodiscard]] std::shared_ptr<arrow::RecordBatchReader> reader() const override {
    return source_.reader;
  }
  [[nodiscard]] int64_t rows() const override { return source_.rows; }
  [[nodiscard]] int64_t bytes() const override { return bytes_; }

  [[nodiscard]] int64_t bytes_read() const override {
    const int64_t bytes = bytes_read_->load(std::memory_order_relaxed);
    return bytes_ < 0 ? bytes : std::min(bytes, bytes_);
  }

 private:
  const BatchSource source_;
  const int64_t bytes_;
  const ByteCount bytes_read_;
};

std::unique_ptr<FileSource> MakeSource(const std::string& path, BatchSource source, int64_t bytes,
                                       ByteCount bytes_read) {
  source.reader = std::make_shared<LocatedReader>(path, std::move(source.reader));
  return std::make_unique<OpenedSource>(std::move(source), bytes, std::move(bytes_read));
}

// What the first bytes of a file tell, where its name does not.
std::optional<FileFormat> FormatOfBytes(std::string_view start) {
  if (start.starts_with("ARROW1")) return FileFormat::kArrowFile;
  if (start.starts_with("PAR1")) return FileFormat::kParquet;
  if (start.starts_with("\xff\xff\xff\xff")) return FileFormat::kArrowStream;
  const size_t first = start.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && (start[first] == '{' || start[first] == '[')) {
    return FileFormat::kJson;
  }
  return std::nullopt;
}

Result<FileFormat> FormatOf(const std::string& path, arrow::io::RandomAccessFile& file) {
  const auto by_name = FormatOfPath(path);
  if (by_name.has_value()) return *by_name;
  ARROW_ASSIGN_OR_RAISE(const auto start, file.ReadAt(0, 64));
  // A read at a place leaves none to go on from, and a stream is read from front to back.
  ARROW_RETURN_NOT_OK(file.Seek(0));
  const auto by_bytes = FormatOfBytes(start->ToString());
  if (by_bytes.has_value()) return *by_bytes;
  return MakeError(ErrorKind::kUnsupportedMedia,
                   "neither its name nor its first bytes tell the format; name it .parquet, "
                   ".arrow, .arrows, .csv, .csv.gz, .json or .ndjson");
}

Result<std::shared_ptr<arrow::io::InputStream>> OpenText(const std::string& path,
                                                         const ByteCount& bytes_read) {
  // Opened again, it is read again.
  bytes_read->store(0, std::memory_order_relaxed);
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::io::InputStream> file,
                        arrow::io::ReadableFile::Open(path));
  auto input = CountReads(std::move(file), bytes_read);
  if (!path.ends_with(".gz") && !path.ends_with(".GZ")) return input;
  ARROW_ASSIGN_OR_RAISE(auto codec, arrow::util::Codec::Create(arrow::Compression::GZIP));
  // The codec has no state of its own; the stream makes what it needs of it at once.
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::io::InputStream> text,
                        arrow::io::CompressedInputStream::Make(codec.get(), input));
  return text;
}

Result<BatchSource> OpenFormat(FileFormat format, const std::string& path,
                               const std::shared_ptr<arrow::io::RandomAccessFile>& file,
                               const ByteCount& bytes_read) {
  const OpenInput open_text = [path, bytes_read] { return OpenText(path, bytes_read); };
  switch (format) {
    case FileFormat::kParquet:
      return OpenParquetSource(file);
    case FileFormat::kArrowFile:
      return OpenArrowFileSource(file);
    case FileFormat::kArrowStream:
      return OpenArrowStreamSource(file);
    case FileFormat::kCsv:
      return OpenCsvSource(open_text);
    case FileFormat::kJson:
      return OpenJsonSource(open_text, /*may_be_array=*/true);
    case FileFormat::kNdjson:
      return OpenJsonSource(open_text, /*may_be_array=*/false);
  }
  return MakeError(ErrorKind::kInternal, "a format that is not known");
}

Result<std::unique_ptr<FileSource>> OpenStandardInput() {
  auto bytes_read = std::make_shared<std::atomic<int64_t>>(0);
  const std::shared_ptr<arrow::io::InputStream> input = std::make_shared<arrow::io::StdinStream>();
  ARROW_ASSIGN_OR_RAISE(auto source, OpenArrowStreamSource(CountReads(input, bytes_read)));
  return MakeSource("-", std::move(source), -1, std::move(bytes_read));
}

Result<std::unique_ptr<FileSource>> OpenRegularFile(const std::string& path) {
  auto bytes_read = std::make_shared<std::atomic<int64_t>>(0);
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::io::RandomAccessFile> file,
                        arrow::io::ReadableFile::Open(path));
  ARROW_ASSIGN_OR_RAISE(const int64_t bytes, file->GetSize());
  ARROW_ASSIGN_OR_RAISE(const FileFormat format, FormatOf(path, *file));
  if (bytes == 0) return MakeError(ErrorKind::kInvalidInput, "the file is empty");
  ARROW_ASSIGN_OR_RAISE(auto source,
                        OpenFormat(format, path, CountReads(file, bytes_read), bytes_read));
  return MakeSource(path, std::move(source), bytes, std::move(bytes_read));
}

}  // namespace

Result<std::unique_ptr<FileSource>> OpenFileSource(const std::string& path) {
  if (path == "-") {
    auto source = OpenStandardInput();
    if (!source.ok()) return WithContext("standard input", source.status());
    return source;
  }
  std::error_code error;
  const auto type = std::filesystem::status(path, error).type();
  if (type == std::filesystem::file_type::not_found) {
    return MakeError(ErrorKind::kNotFound, "there is no file '" + path + "'");
  }
  if (type == std::filesystem::file_type::directory) {
    return MakeError(ErrorKind::kInvalidInput,
                     "'" + path + "' is a directory; name the files in it");
  }
  auto source = OpenRegularFile(path);
  if (!source.ok()) return Located(path, source.status());
  return source;
}

}  // namespace arrowport::stream
