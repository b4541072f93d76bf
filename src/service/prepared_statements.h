#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "access/caller.h"
#include "base/call_control.h"
#include "base/deadline_timer.h"
#include "base/error.h"
#include "engine/database.h"

namespace arrowport::service {

/// A statement that is kept by its handle.
struct PreparedInfo {
  std::string handle;
  std::string sql;
  std::string transaction;      ///< In which it runs; empty: none.
  engine::QueryInfo info;       ///< When it was prepared, without parameters.
  engine::ParameterRows bound;  ///< What it is to be run with; none: nothing was bound.
};

/// Statements that clients have prepared. They are text: what is planned for them is kept with each
/// connection (see engine/kept_plans.h), and so nothing of the database is held by one that nobody
/// closes.
///
/// Handles belong to their caller; to others they do not exist. Those that are not used for a
/// lifetime are forgotten. Safe to use from many threads.
class PreparedStatements {
 public:
  explicit PreparedStatements(std::chrono::milliseconds lifetime) : lifetime_(lifetime) {}
  ~PreparedStatements() = default;
  PreparedStatements(const PreparedStatements&) = delete;
  PreparedStatements& operator=(const PreparedStatements&) = delete;

  /// kOverloaded when there are too many.
  Result<PreparedInfo> Add(const access::Caller& owner, std::string sql, engine::QueryInfo info,
                           std::string transaction = {});

  /// kNotFound for a handle that is unknown, closed or expired. So do the others.
  Result<PreparedInfo> Find(const access::Caller& owner, std::string_view handle);

  /// Replaces what was bound. kInvalidInput when a row has not as many values as there are
  /// parameters.
  Status Bind(const access::Caller& owner, std::string_view handle, engine::ParameterRows rows);

  Status Close(const access::Caller& owner, std::string_view handle);

  [[nodiscard]] int64_t count() const;

  /// Of one that nobody uses.
  [[nodiscard]] std::chrono::milliseconds lifetime() const { return lifetime_; }

 private:
  struct Entry {
    std::string owner;
    std::shared_ptr<const PreparedInfo> prepared;
    Clock::time_point expires_at;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  Result<Entries::iterator> FindLocked(const access::Caller& owner, std::string_view handle);
  void ForgetExpired();

  const std::chrono::milliseconds lifetime_;

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  Entries entries_;
  bool is_watched_ = false;  // The timer will look for expired ones.

  // Last, so that nothing expires while the rest is destroyed.
  DeadlineTimer timer_;
};

/// That each of `rows` has as many values as `info` has parameters. kInvalidInput.
Status CheckParameters(const engine::QueryInfo& info, const engine::ParameterRows& rows);

}  // namespace arrowport::service
