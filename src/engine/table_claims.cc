#include "engine/table_claims.h"

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/call_control.h"
#include "base/error.h"
#include "base/wait.h"

namespace arrowport::engine {

TableClaims::Claim::Claim(TableClaims& claims, std::string table)
    : claims_(claims), table_(std::move(table)) {}

TableClaims::Claim::~Claim() { claims_.GiveBack(table_); }

Result<std::unique_ptr<TableClaims::Claim>> TableClaims::Take(const std::string& table,
                                                              const CallControl& control) {
  std::unique_lock lock(mutex_);
  const auto ended = WaitFor(changed_, lock, control, [&] { return !claimed_.contains(table); });
  if (ended) {
    return MakeError(*ended, "the call ended while another put was still making the table");
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
