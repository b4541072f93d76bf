#include "rpc/output.h"

#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <arrow/buffer.h>

namespace arrowport::rpc {

void Output::Copy(std::span<const uint8_t> bytes) {
  if (bytes.size() > kSmallBytes) {
    std::string copy(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    auto buffer = arrow::Buffer::FromString(std::move(copy));
    const uint8_t* const data = buffer->data();
    return Refer(std::move(buffer), data, bytes.size());
  }
  const bool fits = !pieces_.empty() && pieces_.back().owner == nullptr &&
                    pieces_.back().size + bytes.size() <= kSmallBytes;
  Piece& piece = fits ? pieces_.back() : pieces_.emplace_back();
  std::ranges::copy(bytes, piece.small.begin() + static_cast<ptrdiff_t>(piece.size));
  piece.size += bytes.size();
  bytes_ += bytes.size();
}

void Output::Add(const std::shared_ptr<arrow::Buffer>& buffer, int64_t begin, int64_t length) {
  const uint8_t* const data = buffer->data() + begin;
  const auto size = static_cast<size_t>(length);
  if (size <= kSmallBytes) return Copy({data, size});
  Refer(buffer, data, size);
}

void Output::Refer(std::shared_ptr<arrow::Buffer> buffer, const uint8_t* data, size_t size) {
  Piece& piece = pieces_.emplace_back();
  piece.owner = std::move(buffer);
  piece.data = data;
  piece.size = size;
  bytes_ += size;
}

size_t Output::Gather(std::span<iovec> pieces) const {
  const size_t count = std::min(pieces.size(), pieces_.size());
  for (size_t i = 0; i < count; ++i) {
    const size_t sent = i == 0 ? sent_ : 0;
    pieces[i].iov_base = const_cast<uint8_t*>(pieces_[i].begin()) + sent;
    pieces[i].iov_len = pieces_[i].size - sent;
  }
  return count;
}

void Output::Drop(size_t bytes) {
  bytes_ -= bytes;
  bytes += sent_;
  while (!pieces_.empty() && bytes >= pieces_.front().size) {
    bytes -= pieces_.front().size;
    pieces_.pop_front();
  }
  sent_ = bytes;
}

}  // namespace arrowport::rpc
