#include "http/spool.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <arrow/buffer.h>

#include "base/error.h"
#include "stream/nameless_file.h"

namespace arrowport::http {

Status Spool::Append(const std::shared_ptr<arrow::Buffer>& piece) {
  if (file_ == nullptr) ARROW_RETURN_NOT_OK(MakeFile());
  const int64_t held = space_.bytes_held += piece->size();
  bytes_ += piece->size();
  const std::string limit = std::to_string(space_.bytes_max) + " bytes (spool_bytes_max)";
  if (bytes_ > space_.bytes_max) {
    return MakeError(ErrorKind::kTooLarge, "a body of this form may have " + limit);
  }
  if (held > space_.bytes_max) {
    return MakeError(ErrorKind::kOverloaded,
                     "bodies that wait on disk have used up their " + limit);
  }
  return file_->Append({piece});
}

Result<std::shared_ptr<const stream::NamelessFile>> Spool::Finish() {
  if (file_ == nullptr) ARROW_RETURN_NOT_OK(MakeFile());
  ARROW_RETURN_NOT_OK(file_->Finish());
  return file_;
}

Status Spool::MakeFile() {
  std::error_code error;
  std::filesystem::path folder = space_.directory;
  if (folder.empty()) folder = std::filesystem::temp_directory_path(error);
  if (!error) std::filesystem::create_directories(folder, error);
  if (error) {
    return MakeError(ErrorKind::kUnavailable, "cannot make the folder '" + folder.string() +
                                                  "' for bodies: " + error.message());
  }
  ARROW_ASSIGN_OR_RAISE(file_, stream::NamelessFile::Make(folder.string()));
  return Status::OK();
}

}  // namespace arrowport::http
