#include "rpc/message_assembler.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/buffer.h>

#include "base/error.h"
#include "base/limits.h"

namespace arrowport::rpc {
namespace {

// Of what Arrow's buffers begin at.
constexpr size_t kAlignment = 64;

// What a message gets at first, however long it says that it will be: memory is for what came.
constexpr int64_t kFirstBytesMax = 16 * kMiB;

}  // namespace

std::string PrefixOf(int64_t length) {
  std::string prefix(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) {
    prefix += static_cast<char>(static_cast<uint64_t>(length) >> static_cast<unsigned>(shift));
  }
  return prefix;
}

Status MessageAssembler::Add(std::span<const uint8_t> bytes,
                             std::deque<std::shared_ptr<arrow::Buffer>>& messages) {
  while (!bytes.empty()) {
    if (prefix_size_ < kPrefixBytes) {
      const size_t taken = std::min(kPrefixBytes - prefix_size_, bytes.size());
      std::ranges::copy(bytes.first(taken), prefix_.begin() + static_cast<ptrdiff_t>(prefix_size_));
      prefix_size_ += taken;
      bytes = bytes.subspan(taken);
      if (prefix_size_ < kPrefixBytes) return Status::OK();
      ARROW_RETURN_NOT_OK(ReadPrefix());
      if (bytes.empty() && length_ > 0) return Status::OK();
    }
    if (buffer_ == nullptr) ARROW_RETURN_NOT_OK(MakeRoom(bytes));
    const int64_t taken = std::min(length_ - filled_, static_cast<int64_t>(bytes.size()));
    if (taken > 0) {
      ARROW_RETURN_NOT_OK(GrowFor(taken));
      std::memcpy(buffer_->mutable_data() + begin_ + filled_, bytes.data(),
                  static_cast<size_t>(taken));
    }
    filled_ += taken;
    bytes = bytes.subspan(static_cast<size_t>(taken));
    if (filled_ < length_) continue;
    messages.push_back(
        arrow::SliceBuffer(std::shared_ptr<arrow::Buffer>(std::move(buffer_)), begin_, length_));
    buffer_ = nullptr;
    prefix_size_ = 0;
  }
  return Status::OK();
}

Status MessageAssembler::ReadPrefix() {
  if (prefix_[0] != 0) {
    return MakeError(ErrorKind::kNotImplemented,
                     "the message is compressed by gRPC, which this server does not read; send it "
                     "as it is (grpc-encoding: identity)");
  }
  length_ = 0;
  for (const uint8_t byte : std::span(prefix_).subspan(1)) length_ = length_ * 256 + byte;
  filled_ = 0;
  if (length_ <= options_.message_bytes_max) return Status::OK();
  return MakeError(ErrorKind::kTooLarge, "a message has " + std::to_string(length_) +
                                             " bytes, the limit is " +
                                             std::to_string(options_.message_bytes_max) + " (" +
                                             options_.limit_name + "); send smaller ones");
}

Status MessageAssembler::MakeRoom(std::span<const uint8_t> beginning) {
  if (length_ == 0) {
    begin_ = 0;
    return arrow::AllocateResizableBuffer(0).Value(&buffer_);
  }
  const std::string_view text(reinterpret_cast<const char*>(beginning.data()),
                              std::min(beginning.size(), static_cast<size_t>(length_)));
  const size_t aligned = options_.find_aligned ? options_.find_aligned(text) : 0;
  begin_ = static_cast<int64_t>((kAlignment - aligned % kAlignment) % kAlignment);
  auto buffer = arrow::AllocateResizableBuffer(begin_ + std::min(length_, kFirstBytesMax));
  ARROW_RETURN_NOT_OK(WithKind(ErrorKind::kOutOfMemory, buffer.status()));
  buffer_ = *std::move(buffer);
  return Status::OK();
}

Status MessageAssembler::GrowFor(int64_t bytes) {
  const int64_t needed = begin_ + filled_ + bytes;
  if (needed <= buffer_->size()) return Status::OK();
  const int64_t size = std::min(std::max(needed, 2 * buffer_->size()), begin_ + length_);
  return WithKind(ErrorKind::kOutOfMemory, buffer_->Resize(size, /*shrink_to_fit=*/false));
}

}  // namespace arrowport::rpc
