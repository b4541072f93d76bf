#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/child_process.h"

namespace arrowport::cli {

struct ServerProcessOptions {
  std::string database;
  std::string folder;  ///< For the port file.
  std::string host = "127.0.0.1";
  int flight_port = 0;                  ///< 0: a free one, as for HTTP.
  std::vector<std::string> flags = {};  ///< Besides.
};

/// This program as a server of its own, so that its processor time and memory are the server's.
class ServerProcess {
 public:
  /// Returns when both doors are open.
  static Result<std::unique_ptr<ServerProcess>> Start(const ServerProcessOptions& options);

  [[nodiscard]] const std::string& http_url() const { return http_url_; }
  [[nodiscard]] const std::string& flight_url() const { return flight_url_; }
  [[nodiscard]] ChildProcess& process() { return *process_; }

 private:
  explicit ServerProcess(std::unique_ptr<ChildProcess> process);

  const std::unique_ptr<ChildProcess> process_;
  std::string http_url_;
  std::string flight_url_;
};

}  // namespace arrowport::cli
