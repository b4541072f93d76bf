#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include <arrow/io/interfaces.h>
#include <arrow/record_batch.h>

#include "base/error.h"

namespace arrowport::stream {

/// The rows of an input, batch by batch.
struct BatchSource {
  std::shared_ptr<arrow::RecordBatchReader> reader;
  int64_t rows = -1;  ///< -1: the format does not say beforehand.
};

/// Row group by row group, so that memory does not grow with the file.
Result<BatchSource> OpenParquetSource(const std::shared_ptr<arrow::io::RandomAccessFile>& file);

/// Batches share memory with `file` where it supports that.
Result<BatchSource> OpenArrowFileSource(const std::shared_ptr<arrow::io::RandomAccessFile>& file);

/// Through IpcDecoder: every batch is validated, and a stream that was cut short is an error.
Result<BatchSource> OpenArrowStreamSource(const std::shared_ptr<arrow::io::InputStream>& input);

/// Opens an input from its start; called more than once.
using OpenInput = std::function<Result<std::shared_ptr<arrow::io::InputStream>>()>;

/// Types are inferred from the first part of the input; "" and "NA" are null unless quoted, and a
/// column that has only nulls there is text.
Result<BatchSource> OpenCsvSource(const OpenInput& open);

/// Objects, one a line, or with `may_be_array` also a JSON array of objects or objects over several
/// lines. Types are inferred from the first part of the input.
Result<BatchSource> OpenJsonSource(const OpenInput& open, bool may_be_array);

}  // namespace arrowport::stream
