#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <arrow/buffer.h>
#include <boost/asio/buffer.hpp>

namespace arrowport::http {

/// Collects what one write sends, in order. Large buffers are only referred to; small ones are
/// copied side by side, because the kernel takes few pieces a call and each has its price.
///
/// What was added by reference must stay alive until the write is over.
class Gather {
 public:
  void Add(std::string_view bytes);
  void Add(const arrow::Buffer& buffer);

  /// Bytes added since Clear.
  [[nodiscard]] size_t size() const { return size_; }

  /// The pieces, valid until the next call of Add or Clear.
  [[nodiscard]] std::vector<boost::asio::const_buffer> Pieces() const;

  void Clear();

 private:
  struct Part {
    const uint8_t* data;  // Null: in copied_, at `offset`.
    size_t offset;
    size_t size;
  };

  void Copy(const void* data, size_t size);

  std::vector<Part> parts_;
  std::vector<uint8_t> copied_;
  size_t size_ = 0;
};

}  // namespace arrowport::http
