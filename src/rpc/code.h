#pragma once

#include <string>

#include "rpc/metadata.h"

namespace arrowport::rpc {

/// gRPC's status codes, by their numbers (https://grpc.io/docs/guides/status-codes/).
enum class Code {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

/// How a call ended, as its client is told.
struct Outcome {
  Code code = Code::kOk;
  std::string message = {};
  Headers trailers = {};
};

}  // namespace arrowport::rpc
