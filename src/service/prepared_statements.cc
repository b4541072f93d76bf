#include "service/prepared_statements.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "access/caller.h"
#include "base/call_control.h"
#include "base/error.h"
#include "base/ids.h"
#include "engine/database.h"

namespace arrowport::service {
namespace {

// Of all callers together; some kilobytes each.
constexpr size_t kStatementsMax = 20'000;

}  // namespace

Result<PreparedInfo> PreparedStatements::Add(const access::Caller& owner, std::string sql,
                                             engine::QueryInfo info, std::string transaction) {
  PreparedInfo prepared{.handle = NewId(),
                        .sql = std::move(sql),
                        .transaction = std::move(transaction),
                        .info = std::move(info),
                        .bound = {}};
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= kStatementsMax) {
    return MakeError(ErrorKind::kOverloaded,
                     "there are " + std::to_string(entries_.size()) +
                         " prepared statements already; close those that are not needed");
  }
  const auto expires_at = Clock::now() + lifetime_;
  entries_[prepared.handle] = {.owner = owner.name,
                               .prepared = std::make_shared<const PreparedInfo>(prepared),
                               .expires_at = expires_at};
  if (!is_watched_) timer_.Add(expires_at, [this] { ForgetExpired(); });
  is_watched_ = true;
  return prepared;
}

Result<PreparedInfo> PreparedStatements::Find(const access::Caller& owner,
                                              std::string_view handle) {
  std::shared_ptr<const PreparedInfo> prepared;
  {
    const std::lock_guard lock(mutex_);
    ARROW_ASSIGN_OR_RAISE(const auto found, FindLocked(owner, handle));
    prepared = found->second.prepared;
  }
  return *prepared;
}

Status PreparedStatements::Bind(const access::Caller& owner, std::string_view handle,
                                engine::ParameterRows rows) {
  const std::lock_guard lock(mutex_);
  ARROW_ASSIGN_OR_RAISE(const auto found, FindLocked(owner, handle));
  PreparedInfo bound = *found->second.prepared;
  ARROW_RETURN_NOT_OK(CheckParameters(bound.info, rows));
  bound.bound = std::move(rows);
  found->second.prepared = std::make_shared<const PreparedInfo>(std::move(bound));
  return Status::OK();
}

Status PreparedStatements::Close(const access::Caller& owner, std::string_view handle) {
  const std::lock_guard lock(mutex_);
  ARROW_ASSIGN_OR_RAISE(const auto found, FindLocked(owner, handle));
  entries_.erase(found);
  return Status::OK();
}

int64_t PreparedStatements::count() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int64_t>(entries_.size());
}

Result<PreparedStatements::Entries::iterator> PreparedStatements::FindLocked(
    const access::Caller& owner, std::string_view handle) {
  const auto found = entries_.find(handle);
  const auto now = Clock::now();
  if (found == entries_.end() || found->second.owner != owner.name ||
      found->second.expires_at <= now) {
    return MakeError(ErrorKind::kNotFound,
                     "there is no such prepared statement; it was closed, has expired, or never "
                     "was");
  }
  found->second.expires_at = now + lifetime_;
  return found;
}

void PreparedStatements::ForgetExpired() {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  auto next = Clock::time_point::max();
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    if (entry->second.expires_at <= now) {
      entry = entries_.erase(entry);
    } else {
      next = std::min(next, entry->second.expires_at);
      ++entry;
    }
  }
  is_watched_ = !entries_.empty();
  if (is_watched_) timer_.Add(next, [this] { ForgetExpired(); });
}

Status CheckParameters(const engine::QueryInfo& info, const engine::ParameterRows& rows) {
  const int wanted = info.parameters->num_fields();
  for (const auto& batch : rows) {
    if (batch->num_columns() == wanted) continue;
    return MakeError(ErrorKind::kInvalidInput,
                     "the statement has " + std::to_string(wanted) + " parameters, and " +
                         std::to_string(batch->num_columns()) + " were sent");
  }
  return Status::OK();
}

}  // namespace arrowport::service
