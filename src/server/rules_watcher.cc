#include "server/rules_watcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "base/error.h"
#include "observe/log.h"
#include "server/stream_rules.h"
#include "service/router.h"

namespace arrowport::server {
namespace {

constexpr uint32_t kChanges =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF;

// Without a change for so long a file is taken as it is.
constexpr int kRestMs = 50;

Status SystemError(const std::string& what) {
  return MakeError(ErrorKind::kInternal, what + ": " + std::strerror(errno));
}

}  // namespace

Result<std::unique_ptr<RulesWatcher>> RulesWatcher::Start(RulesSource source,
                                                          service::Router& router) {
  std::unique_ptr<RulesWatcher> watcher(new RulesWatcher(std::move(source), router));
  if (watcher->source_.path.empty()) return watcher;
  // Watched first: what changes while it is read is read again.
  ARROW_RETURN_NOT_OK(watcher->Watch());
  ARROW_ASSIGN_OR_RAISE(watcher->text_, ReadRulesFile(watcher->source_));
  ARROW_ASSIGN_OR_RAISE(const auto rules, ParseStreamRules(watcher->text_, watcher->source_));
  router.Follow(rules, watcher->source_.path);
  watcher->thread_ = std::thread([watcher = watcher.get()] { watcher->Run(); });
  return watcher;
}

RulesWatcher::RulesWatcher(RulesSource source, service::Router& router)
    : source_(std::move(source)), router_(router) {}

RulesWatcher::~RulesWatcher() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    (void)!write(stop_event_, &one, sizeof(one));
    thread_.join();
  }
  for (const int file : {inotify_, stop_event_}) {
    if (file >= 0) close(file);
  }
}

void RulesWatcher::Reload() {
  if (!source_.path.empty()) Load(/*only_changed=*/false);
}

Status RulesWatcher::Watch() {
  inotify_ = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (inotify_ < 0) return SystemError("rules cannot be watched (inotify)");
  stop_event_ = eventfd(0, EFD_CLOEXEC);
  if (stop_event_ < 0) return SystemError("rules cannot be watched (eventfd)");
  WatchFolders();
  return Status::OK();
}

// A folder that is watched already stays watched once. Of one that is not there, the nearest above
// it tells when it is made.
void RulesWatcher::WatchFolders() {
  std::error_code error;
  const auto path = std::filesystem::absolute(source_.path, error);
  const auto target = std::filesystem::canonical(path, error);
  for (const auto& file : {path, target}) {
    auto folder = file.parent_path();
    while (!folder.empty() && inotify_add_watch(inotify_, folder.c_str(), kChanges) < 0 &&
           folder != folder.parent_path()) {
      folder = folder.parent_path();
    }
  }
}

void RulesWatcher::Run() {
  std::array<pollfd, 2> files = {pollfd{.fd = inotify_, .events = POLLIN, .revents = 0},
                                 pollfd{.fd = stop_event_, .events = POLLIN, .revents = 0}};
  for (;;) {
    if (poll(files.data(), files.size(), -1) < 0 && errno != EINTR) return;
    if (files[1].revents != 0) return;
    std::array<char, 4096> events{};
    // Until whoever changes it has done so.
    while (poll(files.data(), 1, kRestMs) > 0) {
      while (read(inotify_, events.data(), events.size()) > 0) continue;
    }
    // In this order: what is written once a folder is watched is told.
    WatchFolders();
    Load(/*only_changed=*/true);
  }
}

void RulesWatcher::Load(bool only_changed) {
  const std::lock_guard lock(mutex_);
  auto text = ReadRulesFile(source_);
  const std::string now = text.ok() ? *text : "";
  if (only_changed && now == text_) return;
  text_ = now;
  Take(text);
}

void RulesWatcher::Take(const Result<std::string>& text) {
  Result<service::StreamRules> rules = service::StreamRules{};
  if (text.ok()) {
    rules = ParseStreamRules(*text, source_);
  } else {
    rules = text.status();
  }
  if (!rules.ok()) {
    router_.Refuse(rules.status());
    observe::Log(observe::LogLevel::kError, "rules of streams not taken; the earlier ones stay",
                 {{"reason", rules.status().message()}});
    return;
  }
  router_.Follow(*rules, source_.path);
  observe::Log(observe::LogLevel::kInfo, "rules of streams taken",
               {{"file", source_.path}, {"rules", std::to_string(rules->size())}});
}

}  // namespace arrowport::server
