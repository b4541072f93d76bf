#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "access/caller.h"
#include "base/call_control.h"
#include "base/deadline_timer.h"
#include "base/error.h"
#include "engine/database.h"
#include "engine/table.h"
#include "service/kept_place.h"
#include "service/spill_space.h"
#include "service/statement_place.h"

namespace arrowport::service {

/// The session that a call belongs to, as its door knows it.
struct SessionKey {
  std::string id;       ///< Empty: none.
  bool is_new = false;  ///< The client was told of it in this call, and may not come back with it.
};

struct SessionOptions {
  std::chrono::milliseconds session_idle_max{1'800'000};
  std::chrono::milliseconds transaction_idle_max{300'000};
};

/// What clients keep from call to call: sessions, each with its settings, temporary tables and
/// perhaps a transaction; and transactions by their handles.
///
/// A session takes nothing until it has something to keep; only from then on do its statements have
/// a connection of their own. A transaction that is begun in a session is that of the session: its
/// statements are in it, whether they name it or not. Others, and a second one, have connections of
/// their own, with the settings of the session.
///
/// Both end, and are rolled back, when nobody uses them for a time. Sessions and transactions
/// belong to their caller; to others they do not exist. Safe to use from many threads.
class ClientSessions {
 public:
  ClientSessions(std::shared_ptr<engine::Database> database, std::shared_ptr<SpillSpace> space,
                 const SessionOptions& options);
  ~ClientSessions();
  ClientSessions(const ClientSessions&) = delete;
  ClientSessions& operator=(const ClientSessions&) = delete;

  /// Who asks, and for what.
  struct Asker {
    const access::Caller& caller;
    const std::optional<SessionKey>& session;  ///< None: sessions are nothing to the door.
    const std::string& transaction;            ///< Empty: none is named.
    const CallControl& control;
  };

  /// Where `sql` is to run. kNotFound for a transaction that is over, and once for a session that
  /// was idle for too long; kInvalidInput for what makes something that only a session keeps, where
  /// there is none, and does not use it in the same text. `read_only`: nothing of `sql` is run that
  /// makes anything.
  Result<std::shared_ptr<StatementPlace>> PlaceOf(const Asker& asker, const std::string& sql,
                                                  bool read_only = false);

  /// The connection that the call has; null when it has none.
  Result<std::shared_ptr<KeptPlace>> Find(const Asker& asker);

  /// The same, which is made where it is missing. kInvalidInput without a session or transaction.
  Result<std::shared_ptr<KeptPlace>> Need(const Asker& asker, std::string_view what_for);

  /// A connection for one call.
  Result<std::shared_ptr<KeptPlace>> Open();

  /// Begins a transaction. \return its handle.
  Result<std::string> BeginTransaction(const Asker& asker);
  /// kNotFound for a handle that is unknown, ended or expired. To roll back one that has expired,
  /// and so is rolled back, is no error, once.
  Status EndTransaction(const Asker& asker, bool commit);

  /// Sets `name` for the session: "catalog", "schema", or one of DuckDB's settings that are a
  /// session's own. \return kNotFound for other names, kInvalidInput for the value.
  Status SetOption(const Asker& asker, const std::string& name,
                   const std::optional<std::string>& value);
  /// Where the session is, and what was set.
  Result<std::map<std::string, std::string>> Options(const Asker& asker);
  /// Ends the session, and rolls back what was begun in it.
  Status Close(const Asker& asker);

  /// Ends all.
  void Clear();

  /// Of one that nobody uses.
  [[nodiscard]] std::chrono::milliseconds transaction_idle_max() const {
    return options_.transaction_idle_max;
  }

  [[nodiscard]] int64_t sessions() const;
  /// Those that have begun by BeginTransaction and not ended.
  [[nodiscard]] int64_t transactions() const;

 private:
  struct Entry {
    std::string owner;
    std::string session;  ///< Of a transaction: in which it was begun.
    std::shared_ptr<KeptPlace> place;
    std::map<std::string, std::string> settings;  ///< Of a session.
    Clock::time_point last_named = Clock::now();  ///< By a call. Its place may be used later.
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  Result<std::shared_ptr<KeptPlace>> FindTransaction(const Asker& asker);
  Result<std::shared_ptr<KeptPlace>> FindSession(const Asker& asker);
  Result<std::shared_ptr<KeptPlace>> NeedSession(const Asker& asker);
  Result<std::shared_ptr<KeptPlace>> OpenLike(const Asker& asker);
  Result<std::string> Enter(const Asker& asker, const std::string& session,
                            std::shared_ptr<KeptPlace> place);
  bool ForgetEnded(const std::string& id);
  bool ForgetEndedLocked(const std::string& id);
  void WatchLocked();
  void EndIdle();
  std::vector<std::shared_ptr<KeptPlace>> TakeIdleLocked(Entries& entries,
                                                         std::chrono::milliseconds idle_max,
                                                         Clock::time_point now);

  const std::shared_ptr<engine::Database> database_;
  const std::shared_ptr<StatementPlace> any_connection_;
  const std::shared_ptr<SpillSpace> space_;
  const SessionOptions options_;

  // Guarded by mutex_. Nothing of the database happens under it.
  mutable std::mutex mutex_;
  Entries sessions_;
  Entries transactions_;
  // Sessions and transactions that were idle: who comes is told. The oldest are forgotten.
  std::unordered_set<std::string> ended_;
  std::deque<std::string> ended_in_order_;  // With those that were told.
  bool is_watched_ = false;                 // The timer will look for idle ones.

  // Last, so that nothing ends while the rest is destroyed.
  DeadlineTimer timer_;
};

}  // namespace arrowport::service
