#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "access/caller.h"
#include "base/call_control.h"
#include "base/deadline_timer.h"
#include "base/error.h"
#include "engine/result_stream.h"

namespace arrowport::service {

struct Call;

/// Results that were asked for in one call and are read in others, by tickets that nobody guesses.
///
/// Each ticket opens one stream of the result, once. The first one starts the statement, and all
/// streams of a result are fed by this one execution: a batch goes to whichever asks first, so each
/// row is in exactly one of them, and a ticket that is never used holds nothing back. A stream that
/// is given up before its end ends the others with an error, since they can no longer have the rows
/// that it took.
///
/// A result that is retained is there before it is offered: its tickets can be used any number of
/// times until they expire, and its streams have nothing to do with each other.
///
/// Tickets belong to their caller; to others they do not exist. Safe to use from many threads.
class OfferedResults {
 public:
  using RowsPtr = std::shared_ptr<engine::ResultStream>;
  /// Starts the statement.
  using Run = std::function<Result<RowsPtr>(const Call& call)>;

  /// Opens the stream `part` of a retained result.
  using OpenPart = std::function<Result<RowsPtr>(int part)>;

  struct Tickets {
    std::vector<std::string> texts;
    std::chrono::system_clock::time_point expires_at;
  };

  /// Tickets that are not used for `lifetime` expire.
  explicit OfferedResults(std::chrono::milliseconds lifetime) : lifetime_(lifetime) {}
  ~OfferedResults() = default;
  OfferedResults(const OfferedResults&) = delete;
  OfferedResults& operator=(const OfferedResults&) = delete;

  /// Offers what `run` will start under `count` tickets.
  Result<Tickets> Add(const access::Caller& owner, Run run, int count);

  /// Offers the parts of a retained result, one under each ticket.
  Result<Tickets> AddRetained(const access::Caller& owner, OpenPart open, int count);

  /// Whether `text` has the form of a ticket.
  [[nodiscard]] static bool IsTicket(std::string_view text);

  /// Uses a ticket. kNotFound when it is unknown, used or expired.
  Result<RowsPtr> Open(const Call& call, std::string_view ticket);

  /// Lets an unused ticket and the others of its result live from now on as long as a new one.
  /// \return until when. kNotFound as above.
  Result<std::chrono::system_clock::time_point> Renew(const access::Caller& owner,
                                                      std::string_view ticket);

  /// Ends the result of an unused or used ticket. kNotFound when its result is over or unknown.
  Status Cancel(const access::Caller& owner, std::string_view ticket, const Status& reason);

  /// Forgets all tickets. What was opened goes on.
  void Clear();

  /// Tickets that can be used.
  [[nodiscard]] int64_t count() const;

 private:
  class Offer;
  class OpenedStream;

  Result<Tickets> Enter(const std::shared_ptr<Offer>& offer, int count);
  Result<std::shared_ptr<Offer>> Find(const access::Caller& owner, std::string_view ticket) const;
  void UseLocked(const std::shared_ptr<Offer>& offer, std::string_view ticket);
  void Watch(const std::shared_ptr<Offer>& offer);
  void Unwatch(const Offer& offer);
  void Expire(const std::shared_ptr<Offer>& offer);

  const std::chrono::milliseconds lifetime_;

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Offer>, std::less<>> unused_;
  std::map<std::string, std::weak_ptr<Offer>, std::less<>> used_;

  // Last, so that nothing expires while the rest is destroyed.
  DeadlineTimer timer_;
};

}  // namespace arrowport::service
