#include "http/gather.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace arrowport::http {
namespace {

// Copying this much costs about as much as one more piece does in the kernel.
constexpr size_t kCopyBytesMax = 1024;

}  // namespace

void Gather::Add(std::string_view bytes) { Copy(bytes.data(), bytes.size()); }

void Gather::Add(const arrow::Buffer& buffer) {
  const auto size = static_cast<size_t>(buffer.size());
  if (size <= kCopyBytesMax) return Copy(buffer.data(), size);
  parts_.push_back({buffer.data(), 0, size});
  size_ += size;
}

void Gather::Copy(const void* data, size_t size) {
  if (size == 0) return;
  const auto* bytes = static_cast<const uint8_t*>(data);
  if (parts_.empty() || parts_.back().data != nullptr)
    parts_.push_back({nullptr, copied_.size(), 0});
  copied_.insert(copied_.end(), bytes, bytes + size);
  parts_.back().size += size;
  size_ += size;
}

std::vector<boost::asio::const_buffer> Gather::Pieces() const {
  std::vector<boost::asio::const_buffer> pieces;
  pieces.reserve(parts_.size());
  for (const Part& part : parts_) {
    const uint8_t* data = part.data != nullptr ? part.data : copied_.data() + part.offset;
    pieces.emplace_back(data, part.size);
  }
  return pieces;
}

void Gather::Clear() {
  parts_.clear();
  copied_.clear();
  size_ = 0;
}

}  // namespace arrowport::http
