#include "stream/nameless_file.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/io/file.h>

#include "base/error.h"
#include "base/ids.h"
#include "stream/batch_encoder.h"

namespace arrowport::stream {
namespace {

constexpr std::string_view kNamePrefix = "arrowport-";
constexpr std::string_view kNameEnding = ".nameless";

// A disk that is full or gone is nothing that a caller did wrong.
Status OfDisk(const Status& status) {
  if (status.ok()) return status;
  return MakeError(ErrorKind::kUnavailable, status.message());
}

}  // namespace

struct NamelessFile::Opened {
  std::shared_ptr<arrow::io::FileOutputStream> writer;
  std::shared_ptr<arrow::io::ReadableFile> reader;
};

Result<std::unique_ptr<NamelessFile>> NamelessFile::Make(const std::string& folder) {
  const std::string name = std::string(kNamePrefix) + NewId() + std::string(kNameEnding);
  const std::string path = std::filesystem::path(folder) / name;
  auto writer = arrow::io::FileOutputStream::Open(path);
  if (!writer.ok()) return OfDisk(writer.status());
  auto reader = arrow::io::ReadableFile::Open(path);
  std::error_code error;
  std::filesystem::remove(path, error);
  if (!reader.ok()) return OfDisk(reader.status());
  if (error) return OfDisk(Status::IOError("cannot remove '", path, "': ", error.message()));
  return std::unique_ptr<NamelessFile>(
      new NamelessFile(std::make_unique<Opened>(*std::move(writer), *std::move(reader))));
}

NamelessFile::NamelessFile(std::unique_ptr<Opened> opened) : opened_(std::move(opened)) {}

NamelessFile::~NamelessFile() {
  // Nobody will read it, so how closing it ends does not matter.
  (void)opened_->writer->Close();
  (void)opened_->reader->Close();
}

Status NamelessFile::Append(const Buffers& pieces) {
  for (const auto& piece : pieces) {
    ARROW_RETURN_NOT_OK(OfDisk(opened_->writer->Write(piece)));
    bytes_ += piece->size();
  }
  return Status::OK();
}

Status NamelessFile::Finish() { return OfDisk(opened_->writer->Close()); }

Result<std::shared_ptr<arrow::Buffer>> NamelessFile::ReadAt(int64_t offset, int64_t bytes) const {
  auto piece = opened_->reader->ReadAt(offset, bytes);
  if (!piece.ok()) return OfDisk(piece.status());
  if ((*piece)->size() == bytes) return piece;
  return MakeError(ErrorKind::kInternal, "a file ends before its end");
}

void RemoveLeftovers(const std::string& folder) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(kNamePrefix) || !name.ends_with(kNameEnding)) continue;
    std::filesystem::remove(entry.path(), ignored);
  }
}

}  // namespace arrowport::stream
