#include "service/client_sessions.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/call_control.h"
#include "base/error.h"
#include "base/ids.h"
#include "engine/database.h"
#include "engine/parsed_text.h"
#include "engine/table.h"
#include "service/kept_place.h"
#include "service/spill_space.h"
#include "service/statement_place.h"

namespace arrowport::service {
namespace {

// Of sessions, and of transactions. Each has a connection of DuckDB, which is some 100 KiB.
constexpr size_t kEntriesMax = 5'000;

constexpr size_t kEndedMax = 10'000;

constexpr std::string_view kCatalog = "catalog";
constexpr std::string_view kSchema = "schema";

// Settings of DuckDB that are a connection's own and change what statements mean, not what the
// server may use.
constexpr std::array<std::string_view, 13> kSettings = {"TimeZone",
                                                        "Calendar",
                                                        "default_collation",
                                                        "default_null_order",
                                                        "default_order",
                                                        "ieee_floating_point_ops",
                                                        "integer_division",
                                                        "null_order",
                                                        "old_implicit_casting",
                                                        "order_by_non_integer_literal",
                                                        "pivot_limit",
                                                        "preserve_insertion_order",
                                                        "scalar_subquery_error_on_multiple_rows"};

constexpr std::string_view kHowToHaveOne =
    "sign in with a name and password, or let the client keep cookies (ADBC: "
    "adbc.flight.sql.rpc.with_cookie_middleware=true)";

Status NeedsSession(std::string_view what) {
  return MakeError(ErrorKind::kInvalidInput,
                   std::string(what) +
                       " needs a session, and this call has none: " + std::string(kHowToHaveOne));
}

Status WouldBeLost(const std::string& what) {
  return MakeError(ErrorKind::kInvalidInput,
                   what +
                       " needs a session, and this call has none: send all statements that belong "
                       "to it as one text, or use Flight SQL and " +
                       std::string(kHowToHaveOne));
}

Status CheckRoom(const auto& entries, std::string_view of_what) {
  if (entries.size() < kEntriesMax) return Status::OK();
  return MakeError(ErrorKind::kOverloaded, "there are " + std::to_string(entries.size()) + " " +
                                               std::string(of_what) + " already; try again later");
}

// Whether the client has a session, and is known to come back with it.
bool HasSession(const ClientSessions::Asker& asker) {
  return asker.session && !asker.session->id.empty() && !asker.session->is_new;
}

// Whether it is worth the time to parse a text for what it leaves behind.
bool MayStay(std::string_view sql) {
  const size_t end = sql.find(';');
  if (end != sql.npos && sql.find_first_not_of("; \t\r\n", end) != sql.npos) return true;
  constexpr std::array<std::string_view, 6> kOthers = {"select", "insert", "with",
                                                       "update", "delete", "from"};
  return std::ranges::none_of(kOthers, [sql](std::string_view word) {
    return sql.size() > word.size() && engine::IsSameName(sql.substr(0, word.size()), word);
  });
}

// Looks names up in another catalog or schema. \return where that is now.
Result<engine::TableName> UsePlace(KeptPlace& place, const ClientSessions::Asker& asker,
                                   const std::string& name,
                                   const std::optional<std::string>& value) {
  ARROW_ASSIGN_OR_RAISE(const auto current, place.CurrentSchema(asker.control));
  if (name == kSchema) {
    ARROW_RETURN_NOT_OK(
        place.UseSchema(current.catalog, value.value_or(std::string("main")), asker.control));
  } else if (!value || !engine::IsSameName(current.catalog, *value)) {
    // Clients set both in any order: that of the same catalog keeps the schema.
    ARROW_RETURN_NOT_OK(place.UseSchema(value.value_or(""), "", asker.control));
  }
  return place.CurrentSchema(asker.control);
}

}  // namespace

ClientSessions::ClientSessions(std::shared_ptr<engine::Database> database,
                               std::shared_ptr<SpillSpace> space, const SessionOptions& options)
    : database_(std::move(database)),
      any_connection_(std::make_shared<AnyConnection>(database_)),
      space_(std::move(space)),
      options_(options) {}

ClientSessions::~ClientSessions() { Clear(); }

Result<std::shared_ptr<StatementPlace>> ClientSessions::PlaceOf(const Asker& asker,
                                                                const std::string& sql,
                                                                bool read_only) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<StatementPlace> place, Find(asker));
  if (place != nullptr) return place;
  if (read_only || !MayStay(sql)) return any_connection_;
  const engine::ParsedText text = engine::ParseText(sql);
  if (text.stays && HasSession(asker)) return NeedSession(asker);
  if (!text.lost.empty()) return WouldBeLost(text.lost);
  return any_connection_;
}

Result<std::shared_ptr<KeptPlace>> ClientSessions::Find(const Asker& asker) {
  ARROW_ASSIGN_OR_RAISE(auto place, FindSession(asker));
  return asker.transaction.empty() ? place : FindTransaction(asker);
}

Result<std::shared_ptr<KeptPlace>> ClientSessions::Need(const Asker& asker,
                                                        std::string_view what_for) {
  ARROW_ASSIGN_OR_RAISE(auto place, Find(asker));
  if (place != nullptr) return place;
  return HasSession(asker) ? NeedSession(asker) : NeedsSession(what_for);
}

Result<std::shared_ptr<KeptPlace>> ClientSessions::FindTransaction(const Asker& asker) {
  const std::lock_guard lock(mutex_);
  const auto found = transactions_.find(asker.transaction);
  if (found == transactions_.end() || found->second.owner != asker.caller.name) {
    return MakeError(ErrorKind::kNotFound,
                     "there is no such transaction: it has ended, was idle for longer than " +
                         std::to_string(options_.transaction_idle_max.count()) +
                         " ms and was rolled back, or never was");
  }
  found->second.last_named = Clock::now();
  return found->second.place;
}

Result<std::shared_ptr<KeptPlace>> ClientSessions::FindSession(const Asker& asker) {
  if (!asker.session || asker.session->id.empty()) return nullptr;
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(asker.session->id);
  if (found != sessions_.end() && found->second.owner == asker.caller.name) {
    found->second.last_named = Clock::now();
    return found->second.place;
  }
  if (!ForgetEndedLocked(asker.session->id)) return nullptr;
  return MakeError(ErrorKind::kNotFound,
                   "the session was idle for longer than " +
                       std::to_string(options_.session_idle_max.count()) +
                       " ms; its settings and temporary tables are gone, and what was not "
                       "committed is rolled back. The next call begins anew");
}

bool ClientSessions::ForgetEnded(const std::string& id) {
  const std::lock_guard lock(mutex_);
  return ForgetEndedLocked(id);
}

bool ClientSessions::ForgetEndedLocked(const std::string& id) { return ended_.erase(id) > 0; }

Result<std::shared_ptr<KeptPlace>> ClientSessions::Open() {
  ARROW_ASSIGN_OR_RAISE(auto session, database_->OpenSession());
  return std::make_shared<KeptPlace>(std::move(session), space_);
}

Result<std::shared_ptr<KeptPlace>> ClientSessions::NeedSession(const Asker& asker) {
  if (!asker.session) return NeedsSession("this");
  ARROW_ASSIGN_OR_RAISE(auto place, FindSession(asker));
  if (place != nullptr) return place;
  ARROW_ASSIGN_OR_RAISE(place, Open());
  const std::lock_guard lock(mutex_);
  ARROW_RETURN_NOT_OK(CheckRoom(sessions_, "sessions"));
  Entry entry;
  entry.owner = asker.caller.name;
  entry.place = std::move(place);
  // Another call may have made it meanwhile.
  const auto [entered, is_new] = sessions_.try_emplace(asker.session->id, std::move(entry));
  WatchLocked();
  return entered->second.place;
}

// With the settings of the session.
Result<std::shared_ptr<KeptPlace>> ClientSessions::OpenLike(const Asker& asker) {
  ARROW_ASSIGN_OR_RAISE(auto place, Open());
  std::map<std::string, std::string> settings;
  if (asker.session) {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(asker.session->id);
    if (found != sessions_.end()) settings = found->second.settings;
  }
  const auto setting = [&settings](std::string_view name) {
    const auto found = settings.find(std::string(name));
    return found == settings.end() ? std::string() : found->second;
  };
  const std::string catalog = setting(kCatalog);
  const std::string schema = setting(kSchema);
  if (!catalog.empty() || !schema.empty()) {
    ARROW_RETURN_NOT_OK(place->UseSchema(catalog, schema, asker.control));
  }
  for (const auto& [name, value] : settings) {
    if (name == kCatalog || name == kSchema) continue;
    ARROW_RETURN_NOT_OK(place->Set(name, value, asker.control));
  }
  return place;
}

Result<std::string> ClientSessions::Enter(const Asker& asker, const std::string& session,
                                          std::shared_ptr<KeptPlace> place) {
  const std::lock_guard lock(mutex_);
  ARROW_RETURN_NOT_OK(CheckRoom(transactions_, "transactions"));
  std::string handle = NewId();
  Entry entry;
  entry.owner = asker.caller.name;
  entry.session = session;
  entry.place = std::move(place);
  // What the connection had before was ended by a text.
  std::erase_if(transactions_,
                [&](const auto& other) { return other.second.place == entry.place; });
  transactions_.emplace(handle, std::move(entry));
  WatchLocked();
  return handle;
}

Result<std::string> ClientSessions::BeginTransaction(const Asker& asker) {
  std::shared_ptr<KeptPlace> place;
  std::string session;
  if (asker.session && HasSession(asker)) {
    session = asker.session->id;
    ARROW_ASSIGN_OR_RAISE(place, NeedSession(asker));
    ARROW_ASSIGN_OR_RAISE(const bool is_taken, place->InTransaction(asker.control));
    if (is_taken) place = nullptr;
  }
  if (place == nullptr) {
    ARROW_ASSIGN_OR_RAISE(place, OpenLike(asker));
  }
  ARROW_RETURN_NOT_OK(place->Begin(asker.control));
  auto handle = Enter(asker, session, place);
  if (!handle.ok()) (void)place->End(/*commit=*/false, asker.control);
  return handle;
}

Status ClientSessions::EndTransaction(const Asker& asker, bool commit) {
  const auto place = FindTransaction(asker);
  // What a client wants that was idle for too long has been done.
  if (!place.ok() && !commit && ForgetEnded(asker.transaction)) return Status::OK();
  ARROW_RETURN_NOT_OK(place.status());
  {
    const std::lock_guard lock(mutex_);
    transactions_.erase(asker.transaction);
  }
  return (*place)->End(commit, asker.control);
}

Status ClientSessions::SetOption(const Asker& asker, const std::string& name,
                                 const std::optional<std::string>& value) {
  const auto known = std::ranges::find_if(
      kSettings, [&](std::string_view setting) { return engine::IsSameName(setting, name); });
  const bool is_place = name == kCatalog || name == kSchema;
  if (!is_place && known == kSettings.end()) {
    return MakeError(ErrorKind::kNotFound, "there is no session option '" + name + "'");
  }
  if (!asker.session || asker.session->id.empty()) return NeedsSession("a session option");
  ARROW_ASSIGN_OR_RAISE(const auto place, NeedSession(asker));
  std::map<std::string, std::optional<std::string>> now;
  if (is_place) {
    ARROW_ASSIGN_OR_RAISE(const auto used, UsePlace(*place, asker, name, value));
    now[std::string(kCatalog)] = used.catalog;
    now[std::string(kSchema)] = used.schema;
  } else {
    now[std::string(*known)] = value;
    ARROW_RETURN_NOT_OK(place->Set(std::string(*known), value, asker.control));
  }
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(asker.session->id);
  if (found == sessions_.end()) return Status::OK();
  for (const auto& [key, text] : now) {
    found->second.settings.erase(key);
    if (text) found->second.settings[key] = *text;
  }
  return Status::OK();
}

Result<std::map<std::string, std::string>> ClientSessions::Options(const Asker& asker) {
  ARROW_ASSIGN_OR_RAISE(auto place, Find(asker));
  std::map<std::string, std::string> told;
  if (place != nullptr && asker.session) {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(asker.session->id);
    if (found != sessions_.end()) told = found->second.settings;
  }
  if (place == nullptr) {
    ARROW_ASSIGN_OR_RAISE(place, Open());
  }
  ARROW_ASSIGN_OR_RAISE(const auto current, place->CurrentSchema(asker.control));
  told[std::string(kCatalog)] = current.catalog;
  told[std::string(kSchema)] = current.schema;
  return told;
}

Status ClientSessions::Close(const Asker& asker) {
  if (!asker.session || asker.session->id.empty()) return Status::OK();
  // Let go without the lock, which rolls back.
  std::vector<Entries::node_type> closed;
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(asker.session->id);
  if (found != sessions_.end() && found->second.owner == asker.caller.name) {
    closed.push_back(sessions_.extract(found));
  }
  for (auto entry = transactions_.begin(); entry != transactions_.end();) {
    const bool is_of_it =
        entry->second.session == asker.session->id && entry->second.owner == asker.caller.name;
    const auto here = entry++;
    if (is_of_it) closed.push_back(transactions_.extract(here));
  }
  return Status::OK();
}

void ClientSessions::Clear() {
  Entries sessions;
  Entries transactions;
  const std::lock_guard lock(mutex_);
  sessions.swap(sessions_);
  transactions.swap(transactions_);
}

int64_t ClientSessions::sessions() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int64_t>(sessions_.size());
}

int64_t ClientSessions::transactions() const {
  const std::lock_guard lock(mutex_);
  return std::ranges::count_if(transactions_, [](const auto& transaction) {
    return transaction.second.place->has_transaction();
  });
}

void ClientSessions::WatchLocked() {
  const auto limit = std::min(options_.session_idle_max, options_.transaction_idle_max);
  // Often enough that none lives much longer than it may.
  if (!is_watched_) timer_.Add(Clock::now() + limit / 4, [this] { EndIdle(); });
  is_watched_ = true;
}

std::vector<std::shared_ptr<KeptPlace>> ClientSessions::TakeIdleLocked(
    Entries& entries, std::chrono::milliseconds idle_max, Clock::time_point now) {
  const bool is_session = &entries == &sessions_;
  std::vector<std::shared_ptr<KeptPlace>> idle;
  for (auto entry = entries.begin(); entry != entries.end();) {
    const auto here = entry++;
    Entry& kept = here->second;
    auto last_used = kept.last_named;
    // A transaction that a text has ended is not used with its connection.
    if (is_session || kept.place->has_transaction()) {
      last_used = std::max(last_used, kept.place->last_used());
    }
    if (last_used + idle_max > now) continue;
    idle.push_back(std::move(kept.place));
    ended_.insert(here->first);
    ended_in_order_.push_back(here->first);
    entries.erase(here);
  }
  for (; ended_in_order_.size() > kEndedMax; ended_in_order_.pop_front()) {
    ended_.erase(ended_in_order_.front());
  }
  return idle;
}

void ClientSessions::EndIdle() {
  std::vector<std::shared_ptr<KeptPlace>> transactions;
  {
    // Goes without the lock, which rolls back.
    std::vector<std::shared_ptr<KeptPlace>> sessions;
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    transactions = TakeIdleLocked(transactions_, options_.transaction_idle_max, now);
    sessions = TakeIdleLocked(sessions_, options_.session_idle_max, now);
    is_watched_ = false;
    if (!sessions_.empty() || !transactions_.empty()) WatchLocked();
  }
  // Some are of sessions that go on.
  for (const auto& place : transactions) (void)place->End(/*commit=*/false, {});
}

}  // namespace arrowport::service
