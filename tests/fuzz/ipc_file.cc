// A file of Arrow or Parquet that a client of ours reads.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "fuzz/fuzzing.h"
#include "stream/file.h"

namespace arrowport::fuzz {
namespace {

Status ReadAll(const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const auto file, stream::OpenFileSource(path));
  std::shared_ptr<arrow::RecordBatch> batch;
  do {
    ARROW_RETURN_NOT_OK(file->reader()->ReadNext(&batch));
    if (batch != nullptr) Require(batch->ValidateFull().ok(), "a batch of a file is not valid");
  } while (batch != nullptr);
  return Status::OK();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const int kFile = memfd_create("input", 0);
  Require(ftruncate(kFile, 0) == 0 && pwrite(kFile, data, size, 0) == static_cast<ssize_t>(size),
          "the file could not be written");
  const Status read = ReadAll("/proc/self/fd/" + std::to_string(kFile));
  // It is a file of whoever reads it, so it may be as large as it says.
  if (read.ok() || KindOf(read) != ErrorKind::kOutOfMemory) RequireFaultOfClient(read);
  return 0;
}

}  // namespace arrowport::fuzz
