#pragma once

#include <memory>

#include <arrow/io/interfaces.h>

#include "stream/nameless_file.h"

namespace arrowport::stream {

/// `file`, which is complete and stays open as long as this, as Arrow's readers want it. Places
/// that make no sense are kInvalidInput: a reader takes them from what the file says of itself.
std::shared_ptr<arrow::io::RandomAccessFile> OpenNamelessFile(
    std::shared_ptr<const NamelessFile> file);

}  // namespace arrowport::stream
