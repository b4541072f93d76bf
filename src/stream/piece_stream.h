#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include "base/error.h"
#include "stream/batch_encoder.h"

namespace arrowport::stream {

/// Keeps what Arrow and Parquet write as a list of buffers instead of joining it. Large buffers are
/// shared; only small ones are copied, side by side, so that a body has few pieces.
class PieceStream final : public arrow::io::OutputStream {
 public:
  PieceStream() { set_mode(arrow::io::FileMode::WRITE); }

  Status Write(const void* data, int64_t nbytes) override;
  Status Write(const std::shared_ptr<arrow::Buffer>& data) override;

  /// Bytes written since the start, also those that were taken.
  Result<int64_t> Tell() const override { return position_; }

  Status Close() override;
  bool closed() const override { return closed_; }

  /// What was written since the last call.
  Buffers Take();

 private:
  void FlushCopied();

  Buffers pieces_;
  std::string copied_;
  int64_t position_ = 0;
  bool closed_ = false;
};

}  // namespace arrowport::stream
