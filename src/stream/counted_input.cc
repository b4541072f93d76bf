#include "stream/counted_input.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include "base/error.h"

namespace arrowport::stream {
namespace {

Result<int64_t> Counted(Result<int64_t> bytes, const ByteCount& count) {
  if (bytes.ok()) count->fetch_add(*bytes, std::memory_order_relaxed);
  return bytes;
}

Result<std::shared_ptr<arrow::Buffer>> Counted(Result<std::shared_ptr<arrow::Buffer>> buffer,
                                               const ByteCount& count) {
  if (buffer.ok()) count->fetch_add((*buffer)->size(), std::memory_order_relaxed);
  return buffer;
}

class CountedFile final : public arrow::io::RandomAccessFile {
 public:
  CountedFile(std::shared_ptr<arrow::io::RandomAccessFile> file, ByteCount count)
      : file_(std::move(file)), count_(std::move(count)) {
    set_mode(arrow::io::FileMode::READ);
  }

  Status Close() override { return file_->Close(); }
  bool closed() const override { return file_->closed(); }
  Result<int64_t> Tell() const override { return file_->Tell(); }
  Status Seek(int64_t position) override { return file_->Seek(position); }
  Result<int64_t> GetSize() override { return file_->GetSize(); }
  bool supports_zero_copy() const override { return file_->supports_zero_copy(); }

  Result<int64_t> Read(int64_t nbytes, void* out) override {
    return Counted(file_->Read(nbytes, out), count_);
  }
  Result<std::shared_ptr<arrow::Buffer>> Read(int64_t nbytes) override {
    return Counted(file_->Read(nbytes), count_);
  }
  using arrow::io::RandomAccessFile::ReadAt;
  Result<int64_t> ReadAt(int64_t position, int64_t nbytes, void* out) override {
    return Counted(file_->ReadAt(position, nbytes, out), count_);
  }
  Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t nbytes) override {
    return Counted(file_->ReadAt(position, nbytes), count_);
  }

 private:
  const std::shared_ptr<arrow::io::RandomAccessFile> file_;
  const ByteCount count_;
};

class CountedStream final : public arrow::io::InputStream {
 public:
  CountedStream(std::shared_ptr<arrow::io::InputStream> input, ByteCount count)
      : input_(std::move(input)), count_(std::move(count)) {
    set_mode(arrow::io::FileMode::READ);
  }

  Status Close() override { return input_->Close(); }
  bool closed() const override { return input_->closed(); }
  Result<int64_t> Tell() const override { return input_->Tell(); }

  Result<int64_t> Read(int64_t nbytes, void* out) override {
    return Counted(input_->Read(nbytes, out), count_);
  }
  Result<std::shared_ptr<arrow::Buffer>> Read(int64_t nbytes) override {
    return Counted(input_->Read(nbytes), count_);
  }

 private:
  const std::shared_ptr<arrow::io::InputStream> input_;
  const ByteCount count_;
};

}  // namespace

std::shared_ptr<arrow::io::RandomAccessFile> CountReads(
    std::shared_ptr<arrow::io::RandomAccessFile> file, ByteCount count) {
  return std::make_shared<CountedFile>(std::move(file), std::move(count));
}

std::shared_ptr<arrow::io::InputStream> CountReads(std::shared_ptr<arrow::io::InputStream> input,
                                                   ByteCount count) {
  return std::make_shared<CountedStream>(std::move(input), std::move(count));
}

}  // namespace arrowport::stream
