#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "cli/child_process.h"

namespace arrowport::cli {

struct PeerOptions {
  std::string interpreter;  ///< Python, with what the peer needs.
  std::string script;       ///< "bench/peers/quack_server.py", and where it is.
  std::string mode;         ///< Where the script has several.
  std::string binary;       ///< Where it needs one.
  std::string database;     ///< A DuckDB file of its own, whose tables it serves.
  std::string folder;       ///< For what it writes besides.
};

/// Another server that does the same work, for comparison.
class PeerProcess {
 public:
  /// Returns when it serves.
  /// \return kNotFound when something of it is missing on this machine; the message says what.
  static Result<std::unique_ptr<PeerProcess>> Start(const PeerOptions& options);

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] const std::string& version() const { return version_; }  ///< "quack 1.5.5"
  [[nodiscard]] ChildProcess& process() { return *process_; }

 private:
  explicit PeerProcess(std::unique_ptr<ChildProcess> process);

  const std::unique_ptr<ChildProcess> process_;
  int port_ = 0;
  std::string version_;
};

}  // namespace arrowport::cli
