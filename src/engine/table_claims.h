#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "base/call_control.h"
#include "base/error.h"

namespace arrowport::engine {

/// Claims on tables that are being made by the first put into them. Two transactions cannot make
/// the same table, so whoever comes second waits until the first is over, and then finds the table
/// or makes it itself. Safe to use from many threads; outlives its claims.
class TableClaims {
 public:
  /// The right to make one table; given back when it dies.
  class Claim {
   public:
    Claim(TableClaims& claims, std::string table);
    ~Claim();
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;

   private:
    TableClaims& claims_;
    const std::string table_;
  };

  /// Waits until nobody claims `table`, and claims it. kDeadlineExceeded or kCancelled when the
  /// call ends first.
  Result<std::unique_ptr<Claim>> Take(const std::string& table, const CallControl& control);

 private:
  void GiveBack(const std::string& table);

  // Everything below is guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::set<std::string> claimed_;
};

}  // namespace arrowport::engine
