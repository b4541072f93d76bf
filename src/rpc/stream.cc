#include "rpc/stream.h"

#include <chrono>
#include <string>
#include <string_view>

#include "base/call_control.h"
#include "base/error.h"
#include "rpc/options.h"

namespace arrowport::rpc {

std::string_view Request::Header(std::string_view name) const {
  for (const auto& header : headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

Status Stream::WhyTooSlow(const Patience& patience, Clock::time_point now) const {
  const auto is_late = [now](const auto& since, std::chrono::milliseconds most) {
    return since.has_value() && now - *since > most;
  };
  const auto too_slow = [](const std::string& what, std::chrono::milliseconds most) {
    return MakeError(ErrorKind::kRequestTimeout,
                     what + " for " + std::to_string(most.count()) + " ms");
  };
  if (hurried_until && now >= *hurried_until) {
    return MakeError(ErrorKind::kCancelled, "the call was interrupted");
  }
  if (is_late(writing_since, patience.taking)) {
    return too_slow("the call was ended because its client took nothing of it", patience.taking);
  }
  if (has_ended || !is_awaited) return Status::OK();
  if (assembler.is_within_message()) {
    if (!is_late(silent_since, patience.half_message)) return Status::OK();
    return too_slow("the call was ended because its client sent half a message, and then nothing",
                    patience.half_message);
  }
  if (may_be_silent || !is_late(silent_since, patience.message)) {
    return Status::OK();
  }
  return too_slow("the call was rolled back because its client sent nothing", patience.message);
}

}  // namespace arrowport::rpc
