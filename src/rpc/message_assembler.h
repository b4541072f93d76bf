#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/buffer.h>

#include "base/error.h"

namespace arrowport::rpc {

/// Where, in a message that begins like this, the first byte lies that should be at a boundary of
/// 64 bytes in memory; 0 where there is none, or it cannot be seen yet.
using FindAligned = std::function<size_t(std::string_view beginning)>;

struct MessageOptions {
  int64_t message_bytes_max = 0;  ///< A larger one is refused before any of it is kept.
  std::string limit_name = {};    ///< As errors call it.
  FindAligned find_aligned = {};  ///< None: messages lie as they come.
};

/// What stands before a message of that length which is not compressed.
std::string PrefixOf(int64_t length);

/// Puts messages together from the bytes of one direction of a call, each of which begins with
/// five bytes: whether it is compressed, and its length, big-endian.
class MessageAssembler {
 public:
  explicit MessageAssembler(MessageOptions options) : options_(std::move(options)) {}

  /// Takes `bytes`; what is complete with them goes to the end of `messages`.
  /// \return kTooLarge; kNotImplemented for a compressed message; kOutOfMemory.
  Status Add(std::span<const uint8_t> bytes, std::deque<std::shared_ptr<arrow::Buffer>>& messages);

  /// Whether it holds a part of a message.
  [[nodiscard]] bool is_within_message() const { return prefix_size_ > 0; }

 private:
  static constexpr size_t kPrefixBytes = 5;

  Status ReadPrefix();
  Status MakeRoom(std::span<const uint8_t> beginning);
  Status GrowFor(int64_t bytes);

  const MessageOptions options_;

  std::array<uint8_t, kPrefixBytes> prefix_{};
  size_t prefix_size_ = 0;
  int64_t length_ = 0;  // Of the message; known once the prefix is complete.
  std::unique_ptr<arrow::ResizableBuffer> buffer_;
  int64_t begin_ = 0;  // Of the message within buffer_.
  int64_t filled_ = 0;
};

}  // namespace arrowport::rpc
