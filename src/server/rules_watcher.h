#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/error.h"
#include "server/stream_rules.h"
#include "service/router.h"

namespace arrowport::server {

/// Keeps a router's rules as their file has them. Rules are read as a whole: where something in
/// them is wrong the router goes on with those it has, the log says what, and so does the router's
/// state. Changes are noticed by inotify, in the file's own folder and in that of what it links to,
/// so that files which are replaced (by editors, by Kubernetes) are noticed as well.
class RulesWatcher {
 public:
  /// Reads the rules of `source` for `router`, which must outlive the watcher, and watches them
  /// from then on. \return why they cannot be followed.
  static Result<std::unique_ptr<RulesWatcher>> Start(RulesSource source, service::Router& router);

  ~RulesWatcher();
  RulesWatcher(const RulesWatcher&) = delete;
  RulesWatcher& operator=(const RulesWatcher&) = delete;

  /// Reads the rules again, changed or not. From any thread.
  void Reload();

 private:
  RulesWatcher(RulesSource source, service::Router& router);

  Status Watch();
  void WatchFolders();
  void Run();
  void Load(bool only_changed);
  void Take(const Result<std::string>& text);

  // Constant after Start.
  const RulesSource source_;
  service::Router& router_;
  int inotify_ = -1;
  int stop_event_ = -1;

  // Guarded by mutex_: what was read last. Empty: nothing could be read.
  std::mutex mutex_;
  std::string text_;

  std::thread thread_;
};

}  // namespace arrowport::server
