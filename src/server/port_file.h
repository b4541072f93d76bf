#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace arrowport::server {

/// The ports that a server has bound.
struct BoundPorts {
  int http = 0;
  int flight = 0;
};

/// The file that tells others the ports of a running server, for as long as it runs:
/// `{"http_port": 8888, "flight_port": 8889, "pid": 4711}`. It appears whole or not at all.
class PortFile {
 public:
  /// Removes what an earlier server left at `path`, so that nobody takes its ports for ours. An
  /// empty path makes a port file that does nothing.
  static Result<PortFile> Prepare(const std::string& path);

  PortFile(PortFile&& other) noexcept;
  PortFile& operator=(PortFile&& other) = delete;

  /// Removes the file if it was written.
  ~PortFile();

  /// Writes it, with this process's id.
  Status Write(const BoundPorts& ports);

 private:
  explicit PortFile(std::string path);

  std::string path_;
  bool written_ = false;
};

}  // namespace arrowport::server
