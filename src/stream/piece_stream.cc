#include "stream/piece_stream.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <arrow/buffer.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/batch_encoder.h"

namespace arrowport::stream {
namespace {

// Below this a copy costs less than one more piece in the list that goes to the socket.
constexpr int64_t kCopiedBytesMax = 4 * kKiB;

}  // namespace

Status PieceStream::Write(const void* data, int64_t nbytes) {
  position_ += nbytes;
  copied_.append(static_cast<const char*>(data), static_cast<size_t>(nbytes));
  return Status::OK();
}

Status PieceStream::Write(const std::shared_ptr<arrow::Buffer>& data) {
  if (data->size() <= kCopiedBytesMax) return Write(data->data(), data->size());
  position_ += data->size();
  FlushCopied();
  pieces_.push_back(data);
  return Status::OK();
}

Status PieceStream::Close() {
  closed_ = true;
  return Status::OK();
}

Buffers PieceStream::Take() {
  FlushCopied();
  return std::exchange(pieces_, {});
}

void PieceStream::FlushCopied() {
  if (copied_.empty()) return;
  pieces_.push_back(arrow::Buffer::FromString(std::exchange(copied_, {})));
}

}  // namespace arrowport::stream
