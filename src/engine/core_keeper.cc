#include "engine/core_keeper.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/core.h"
#include "engine/database.h"
#include "engine/open.h"
#include "observe/log.h"

namespace arrowport::engine {
namespace {

using observe::Log;
using observe::LogLevel;

// DuckDB tells nobody that it has given up, so we look.
constexpr auto kLookStep = std::chrono::milliseconds(20);

// Between two tries to open the file again: twice as long after each.
constexpr std::chrono::milliseconds kFirstWait(100);
constexpr std::chrono::milliseconds kLongestWait(5'000);

// Only a fault keeps an instance open that nobody uses.
constexpr auto kGoneStep = std::chrono::milliseconds(5);
constexpr auto kGoneComplaint = std::chrono::seconds(10);

Status Closing() { return MakeError(ErrorKind::kUnavailable, "the database is closing"); }

Status ShuttingDown() { return MakeError(ErrorKind::kUnavailable, "the server is shutting down"); }

Status Absent(std::string_view what, const Status& status) {
  return MakeError(ErrorKind::kUnavailable, std::string(what) + ": " + status.message());
}

std::string Seconds(Clock::duration time) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(time);
  return std::to_string(static_cast<double>(milliseconds.count()) / 1000);
}

}  // namespace

Result<CoreUse> CoreUse::Begin(std::shared_ptr<Core> core) {
  if (!core->Enter()) return Closing();
  return CoreUse(std::move(core));
}

CoreUse::~CoreUse() {
  if (core_ != nullptr) core_->Leave();
}

Result<std::unique_ptr<CoreKeeper>> CoreKeeper::Open(DatabaseOptions options) {
  ARROW_ASSIGN_OR_RAISE(auto core, OpenCore(std::move(options)));
  std::unique_ptr<CoreKeeper> keeper(new CoreKeeper(std::move(core)));
  keeper->thread_ = std::thread([keeper = keeper.get()] { keeper->Run(); });
  return keeper;
}

CoreKeeper::CoreKeeper(std::shared_ptr<Core> core)
    : options_(core->options), result_budget_(core->result_budget), core_(std::move(core)) {}

CoreKeeper::~CoreKeeper() { (void)Close(); }

Result<CoreUse> CoreKeeper::Use(std::optional<int64_t> edition) const {
  std::shared_ptr<Core> core;
  {
    const std::lock_guard lock(mutex_);
    if (core_ == nullptr) return absence_;
    if (edition.value_or(edition_) != edition_) {
      return MakeError(ErrorKind::kUnavailable, "the database was opened again; try again");
    }
    core = core_;
  }
  return CoreUse::Begin(std::move(core));
}

Status CoreKeeper::Check() const {
  ARROW_ASSIGN_OR_RAISE(const CoreUse use, Use());
  return use.core()->CheckSound();
}

int64_t CoreKeeper::edition() const {
  const std::lock_guard lock(mutex_);
  return edition_;
}

Status CoreKeeper::Close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  closing_changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  std::shared_ptr<Core> core;
  {
    const std::lock_guard lock(mutex_);
    core = std::exchange(core_, nullptr);
    absence_ = Closing();
  }
  return core == nullptr ? Status::OK() : core->Close(ShuttingDown());
}

bool CoreKeeper::WaitUntilClosing(Clock::duration time) {
  std::unique_lock lock(mutex_);
  return closing_changed_.wait_for(lock, time, [this] { return closing_; });
}

void CoreKeeper::Run() {
  while (!WaitUntilClosing(kLookStep)) {
    // Only this thread changes core_ before it is closing.
    const Status sound = core_->CheckSound();
    if (sound.ok()) continue;
    if (options_.path == kInMemoryPath) {
      Log(LogLevel::kError,
          "the database has failed, and what is in memory cannot be opened again; "
          "restart the server",
          {{"error", sound.message()}});
      return;
    }
    Replace(sound);
  }
}

void CoreKeeper::Replace(const Status& failure) {
  const auto began = Clock::now();
  Log(LogLevel::kError,
      "the database has failed; its file is closed and opened again, and clients are refused "
      "meanwhile",
      {{"file", options_.path}, {"error", failure.message()}});
  const Status absence = Absent("the database has failed and is being opened again", failure);
  std::shared_ptr<Core> failed;
  {
    const std::lock_guard lock(mutex_);
    failed = std::exchange(core_, nullptr);
    absence_ = absence;
  }
  auto core = CloseForGood(*failed, absence) ? OpenAgain() : nullptr;
  if (core == nullptr) return;
  {
    const std::lock_guard lock(mutex_);
    core_ = std::move(core);
    ++edition_;
  }
  Log(LogLevel::kWarning, "the database is open again, with all that was acknowledged",
      {{"file", options_.path}, {"seconds", Seconds(Clock::now() - began)}});
}

// A second instance of the same file beside it would ruin the file, and locks do not keep a process
// from itself.
// \return false when the server stops before nobody has it any more.
bool CoreKeeper::CloseForGood(Core& failed, const Status& reason) {
  const Status closed = failed.Close(reason);
  if (!closed.ok()) {
    Log(LogLevel::kWarning, "closing the failed database", {{"error", closed.message()}});
  }
  auto complaint = Clock::now() + kGoneComplaint;
  while (!failed.is_gone()) {
    if (WaitUntilClosing(kGoneStep)) return false;
    if (Clock::now() < complaint) continue;
    Log(LogLevel::kError, "the failed database is still in use, and so cannot be opened again");
    complaint = Clock::time_point::max();
  }
  return true;
}

// \return null when the server stops first.
std::shared_ptr<Core> CoreKeeper::OpenAgain() {
  std::chrono::milliseconds wait = kFirstWait;
  std::string complaint;
  for (;;) {
    auto opened = OpenCore(options_, result_budget_);
    if (opened.ok()) return *std::move(opened);
    const std::string& message = opened.status().message();
    if (message != complaint) {
      Log(LogLevel::kError, "the database cannot be opened again yet; this goes on trying",
          {{"error", message}});
      complaint = message;
    }
    {
      const std::lock_guard lock(mutex_);
      absence_ = Absent("the database has failed and cannot be opened again yet", opened.status());
    }
    if (WaitUntilClosing(wait)) return nullptr;
    wait = std::min(2 * wait, kLongestWait);
  }
}

}  // namespace arrowport::engine
