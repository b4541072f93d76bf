#include "stream/nameless_input.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include "base/error.h"
#include "stream/nameless_file.h"

namespace arrowport::stream {
namespace {

class RandomAccess final : public arrow::io::RandomAccessFile {
 public:
  explicit RandomAccess(std::shared_ptr<const NamelessFile> file) : file_(std::move(file)) {}

  Status Close() override {
    closed_ = true;
    return Status::OK();
  }
  [[nodiscard]] bool closed() const override { return closed_; }
  [[nodiscard]] Result<int64_t> Tell() const override { return position_; }
  Status Seek(int64_t position) override {
    position_ = position;
    return Status::OK();
  }
  Result<int64_t> GetSize() override { return file_->bytes(); }

  Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t bytes) override {
    if (position < 0 || bytes < 0) {
      return MakeError(ErrorKind::kInvalidInput, "it points to a place outside of itself");
    }
    const int64_t there = std::clamp<int64_t>(file_->bytes() - position, 0, bytes);
    return file_->ReadAt(position, there);
  }

  Result<int64_t> ReadAt(int64_t position, int64_t bytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const auto buffer, ReadAt(position, bytes));
    std::memcpy(out, buffer->data(), static_cast<size_t>(buffer->size()));
    return buffer->size();
  }

  Result<std::shared_ptr<arrow::Buffer>> Read(int64_t bytes) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, bytes));
    position_ += buffer->size();
    return buffer;
  }

  Result<int64_t> Read(int64_t bytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t read, ReadAt(position_, bytes, out));
    position_ += read;
    return read;
  }

 private:
  const std::shared_ptr<const NamelessFile> file_;
  int64_t position_ = 0;
  bool closed_ = false;
};

}  // namespace

std::shared_ptr<arrow::io::RandomAccessFile> OpenNamelessFile(
    std::shared_ptr<const NamelessFile> file) {
  return std::make_shared<RandomAccess>(std::move(file));
}

}  // namespace arrowport::stream
