#include "server/port_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <ios>
#include <string>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace arrowport::server {
namespace {

Status CannotWrite(const std::string& path, const std::string& why) {
  return MakeError(ErrorKind::kInvalidInput, "port file '" + path + "' cannot be written: " + why);
}

}  // namespace

PortFile::PortFile(std::string path) : path_(std::move(path)) {}

PortFile::PortFile(PortFile&& other) noexcept
    : path_(std::move(other.path_)), written_(std::exchange(other.written_, false)) {}

PortFile::~PortFile() {
  std::error_code ignored;
  if (written_) std::filesystem::remove(path_, ignored);
}

Result<PortFile> PortFile::Prepare(const std::string& path) {
  if (path.empty()) return PortFile("");
  std::error_code error;
  const std::filesystem::file_status found = std::filesystem::status(path, error);
  // A typing error must not cost somebody a folder or a device.
  if (std::filesystem::exists(found) && !std::filesystem::is_regular_file(found)) {
    return CannotWrite(path, "it is not a plain file");
  }
  std::filesystem::remove(path, error);
  if (error) return CannotWrite(path, error.message());
  return PortFile(path);
}

Status PortFile::Write(const BoundPorts& ports) {
  if (path_.empty()) return Status::OK();
  const std::string draft = path_ + "." + std::to_string(getpid());
  const nlohmann::ordered_json text = {
      {"http_port", ports.http}, {"flight_port", ports.flight}, {"pid", getpid()}};
  std::ofstream file(draft, std::ios::trunc);
  file << text.dump() << '\n';
  file.close();
  if (!file) return CannotWrite(path_, std::strerror(errno));
  // A rename, so that a reader never sees half of it.
  std::error_code error;
  std::filesystem::rename(draft, path_, error);
  if (error) return CannotWrite(path_, error.message());
  written_ = true;
  return Status::OK();
}

}  // namespace arrowport::server
