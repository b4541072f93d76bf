#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <arrow/io/interfaces.h>

#include "base/error.h"

namespace arrowport::stream {

/// How many bytes were read of an input; any thread may look while another one reads.
using ByteCount = std::shared_ptr<std::atomic<int64_t>>;

/// `file`, with what is read of it added to `count`. Memory is shared where `file` shares it.
std::shared_ptr<arrow::io::RandomAccessFile> CountReads(
    std::shared_ptr<arrow::io::RandomAccessFile> file, ByteCount count);

/// The same for what can only be read from front to back.
std::shared_ptr<arrow::io::InputStream> CountReads(std::shared_ptr<arrow::io::InputStream> input,
                                                   ByteCount count);

}  // namespace arrowport::stream
