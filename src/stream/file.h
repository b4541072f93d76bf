#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"

namespace arrowport::stream {

enum class FileFormat { kArrowFile, kArrowStream, kParquet, kCsv, kJson, kNdjson };

/// By the name's ending: .arrow and .feather (file), .arrows (stream), .parquet, .csv (also
/// .csv.gz), .json and .ndjson (an object a line). Nothing for others.
std::optional<FileFormat> FormatOfPath(std::string_view path);

/// A file that is read batch by batch, in constant memory.
class FileSource {
 public:
  virtual ~FileSource() = default;

  [[nodiscard]] virtual std::shared_ptr<arrow::RecordBatchReader> reader() const = 0;

  /// Rows of the whole file; -1 when its format does not say so beforehand.
  [[nodiscard]] virtual int64_t rows() const = 0;

  /// Bytes of the whole file; -1 for a pipe.
  [[nodiscard]] virtual int64_t bytes() const = 0;

  /// How many of those bytes were read so far. Safe to call from another thread.
  [[nodiscard]] virtual int64_t bytes_read() const = 0;
};

/// Opens `path` for reading; "-" is standard input with an Arrow stream. The format follows the
/// path, or the file's first bytes where the path says nothing.
/// \return kNotFound, or kUnsupportedMedia for a format that is not known, both with the path.
Result<std::unique_ptr<FileSource>> OpenFileSource(const std::string& path);

/// Opens an Arrow stream that a FileSink of this program wrote: its messages have no limit, since
/// they were let in under one that may be another now. Batches are validated as they are read.
Result<std::shared_ptr<arrow::RecordBatchReader>> OpenOwnStream(const std::string& path);

/// A file that is written batch by batch. Until Close succeeded the file is not complete; a
/// destroyed sink that was not closed removes it.
class FileSink {
 public:
  virtual ~FileSink() = default;
  /// kStorageFull when the disk has no room, as of Close.
  virtual Status Write(const std::shared_ptr<arrow::RecordBatch>& batch) = 0;
  virtual Status Close() = 0;

  /// Written so far.
  [[nodiscard]] virtual int64_t bytes() const = 0;
};

/// Creates or replaces `path` with batches of `schema` in `format`; text is compressed where the
/// path ends in .gz. "-" is standard output, which is closed with the sink: so that a disk that is
/// full shows.
Result<std::unique_ptr<FileSink>> OpenFileSink(const std::string& path, FileFormat format,
                                               const std::shared_ptr<arrow::Schema>& schema);

}  // namespace arrowport::stream
