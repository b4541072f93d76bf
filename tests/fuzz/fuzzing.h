#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace arrowport::fuzz {

// A target of this folder is a function that libFuzzer calls with whatever bytes it likes
// (https://llvm.org/docs/LibFuzzer.html). It must come back, within seconds, having crashed
// nothing; what a sanitizer reports or Require does not find ends the program, and is a finding.

using Input = std::span<const uint8_t>;

inline std::string_view TextOf(Input input) {
  return {reinterpret_cast<const char*>(input.data()), input.size()};
}

/// Ends the program unless `holds`.
inline void Require(bool holds, std::string_view what) {
  if (holds) return;
  (void)std::fprintf(stderr, "finding: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

/// What is wrong with a client's bytes is the client's fault.
inline void RequireFaultOfClient(const Status& status) {
  if (status.ok()) return;
  switch (KindOf(status)) {
    case ErrorKind::kInvalidInput:
    case ErrorKind::kNotFound:
    case ErrorKind::kConflict:
    case ErrorKind::kTooLarge:
    case ErrorKind::kUnsupportedMedia:
    case ErrorKind::kNotImplemented:
    case ErrorKind::kOverloaded:
      return;
    default:
      Require(false, status.ToString());
  }
}

/// Takes the first byte off, as a choice among `choices`.
inline size_t TakeChoice(Input& input, size_t choices) {
  if (input.empty()) return 0;
  const size_t choice = input[0] % choices;
  input = input.subspan(1);
  return choice;
}

}  // namespace arrowport::fuzz
