#include "engine/table_claims.h"

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/call_control.h"
#include "base/error.h"

namespace arrowport::engine {

TableClaims::Claim::Claim(TableClaims& claims, std::string table)
    : claims_(claims), table_(std::move(table)) {}

TableClaims::Claim::~Claim() { claims_.GiveBack(table_); }

Result<std::unique_ptr<TableClaims::Claim>> TableClaims::Take(const std::string& table,
                                                              const CallControl& control) {
  std::unique_lock lock(mutex_);
  const auto is_free = [&] { return !claimed_.contains(table); };
  const bool free = control.deadline
                        ? changed_.wait_until(lock, control.stop, *control.deadline, is_free)
                        : changed_.wait(lock, control.stop, is_free);
  if (!free) {
    return MakeError(
        control.stop.stop_requested() ? ErrorKind::kCancelled : ErrorKind::kDeadlineExceeded,
        "the call ended while another put was still making the table");
  }
  claimed_.insert(table);
  return std::make_unique<Claim>(*this, table);
}

void TableClaims::GiveBack(const std::string& table) {
  std::lock_guard lock(mutex_);
  claimed_.erase(table);
  changed_.notify_all();
}

}  // namespace arrowport::engine
