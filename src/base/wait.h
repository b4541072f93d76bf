#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>

#include "base/call_control.h"
#include "base/error.h"

namespace arrowport {

/// Waits with `lock` on `changed` until `is_so`, for as long as `control` lets the call go on.
/// \return nothing when it is so, else why it was not waited for: kCancelled or kDeadlineExceeded.
template <typename Predicate>
std::optional<ErrorKind> WaitFor(std::condition_variable_any& changed,
                                 std::unique_lock<std::mutex>& lock, const CallControl& control,
                                 const Predicate& is_so) {
  const bool came = control.deadline
                        ? changed.wait_until(lock, control.stop, *control.deadline, is_so)
                        : changed.wait(lock, control.stop, is_so);
  if (came) return std::nullopt;
  return control.stop.stop_requested() ? ErrorKind::kCancelled : ErrorKind::kDeadlineExceeded;
}

}  // namespace arrowport
