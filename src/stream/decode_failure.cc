#include "stream/decode_failure.h"

#include "base/error.h"

namespace arrowport::stream {
namespace {

ErrorKind KindOfDecodeFailure(const Status& status) {
  const ErrorKind kind = KindOf(status);
  switch (kind) {
    case ErrorKind::kTooLarge:
    case ErrorKind::kOutOfMemory:
    case ErrorKind::kOverloaded:
    case ErrorKind::kUnsupportedMedia:
    case ErrorKind::kUnavailable:
      return kind;
    case ErrorKind::kNotImplemented:
      return ErrorKind::kUnsupportedMedia;
    default:
      return ErrorKind::kInvalidInput;
  }
}

}  // namespace

Status AsDecodeFailure(const Status& status) {
  return status.ok() ? status : WithKind(KindOfDecodeFailure(status), status);
}

}  // namespace arrowport::stream
