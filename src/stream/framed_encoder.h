#pragma once

#include <memory>

#include "base/error.h"
#include "stream/batch_encoder.h"

namespace arrowport::stream {

/// An encoder whose pieces are those of `inner`, compressed: what a call returns is one zstd frame
/// (RFC 8878), so that a body is a sequence of frames, at least one, and no state is kept for it
/// between calls.
Result<std::unique_ptr<BatchEncoder>> MakeFramedEncoder(std::unique_ptr<BatchEncoder> inner);

}  // namespace arrowport::stream
