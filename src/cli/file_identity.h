#pragma once

#include <string>

#include "base/error.h"

namespace arrowport::cli {

/// The producer of what is sent of the file at `path`: `name`, and a mark that is the same whenever
/// the file is. It is taken for the same file when its path, its size and its first and last 64 KiB
/// are. Whether it was touched does not matter.
Result<std::string> ProducerOfFile(const std::string& name, const std::string& path);

/// The same for a file that grows, by its path and its inode: another file that takes the name has
/// another producer.
Result<std::string> ProducerOfGrowingFile(const std::string& name, const std::string& path);

}  // namespace arrowport::cli
