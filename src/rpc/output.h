#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>

#include <arrow/buffer.h>

namespace arrowport::rpc {

/// Bytes that wait for a socket: small ones are copied, others only referred to.
class Output {
 public:
  void Copy(std::span<const uint8_t> bytes);
  /// `length` bytes of `buffer` from `begin`.
  void Add(const std::shared_ptr<arrow::Buffer>& buffer, int64_t begin, int64_t length);

  [[nodiscard]] size_t bytes() const { return bytes_; }
  [[nodiscard]] bool empty() const { return bytes_ == 0; }

  /// The next pieces, as many as there is room for. \return how many.
  size_t Gather(std::span<iovec> pieces) const;

  /// The first `bytes` are sent.
  void Drop(size_t bytes);

 private:
  void Refer(std::shared_ptr<arrow::Buffer> buffer, const uint8_t* data, size_t size);

  // What frames' headers, and nearly all other frames, need.
  static constexpr size_t kSmallBytes = 40;

  struct Piece {
    std::shared_ptr<arrow::Buffer> owner;  // None: the bytes are in `small`.
    const uint8_t* data = nullptr;
    size_t size = 0;
    std::array<uint8_t, kSmallBytes> small{};

    [[nodiscard]] const uint8_t* begin() const { return owner == nullptr ? small.data() : data; }
  };

  std::deque<Piece> pieces_;
  size_t sent_ = 0;  // Of the first piece.
  size_t bytes_ = 0;
};

}  // namespace arrowport::rpc
