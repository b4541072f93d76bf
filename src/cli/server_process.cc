#include "cli/server_process.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/child_process.h"
#include "server/install_tree.h"

namespace arrowport::cli {
namespace {

constexpr std::chrono::seconds kStartTimeout(60);
constexpr std::chrono::milliseconds kLookStep(10);

// Waits for the port file, which appears whole.
Result<nlohmann::json> WaitForPorts(const std::string& path, ChildProcess& process) {
  const auto deadline = std::chrono::steady_clock::now() + kStartTimeout;
  while (!std::filesystem::exists(path)) {
    if (!process.IsRunning()) {
      return MakeError(ErrorKind::kUnavailable, "the server ended before it was ready");
    }
    if (std::chrono::steady_clock::now() > deadline) {
      return MakeError(ErrorKind::kDeadlineExceeded, "the server does not become ready");
    }
    std::this_thread::sleep_for(kLookStep);
  }
  std::ifstream file(path);
  return nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
}

}  // namespace

ServerProcess::ServerProcess(std::unique_ptr<ChildProcess> process)
    : process_(std::move(process)) {}

Result<std::unique_ptr<ServerProcess>> ServerProcess::Start(const ServerProcessOptions& options) {
  const std::string port_file = options.folder + "/ports.json";
  std::vector<std::string> command = {server::ProgramPath(),
                                      "serve",
                                      "--db",
                                      options.database,
                                      "--host",
                                      options.host,
                                      "--http-port",
                                      "0",
                                      "--flight-port",
                                      std::to_string(options.flight_port),
                                      "--port-file",
                                      port_file,
                                      "--log-level",
                                      "error"};
  command.insert(command.end(), options.flags.begin(), options.flags.end());
  ARROW_ASSIGN_OR_RAISE(auto process, ChildProcess::Start(command));
  ARROW_ASSIGN_OR_RAISE(const nlohmann::json ports, WaitForPorts(port_file, *process));
  if (!ports.is_object()) return MakeError(ErrorKind::kInternal, "the port file is no JSON");
  std::unique_ptr<ServerProcess> server(new ServerProcess(std::move(process)));
  server->http_url_ = "http://" + options.host + ":" + std::to_string(ports.value("http_port", 0));
  server->flight_url_ =
      "grpc://" + options.host + ":" + std::to_string(ports.value("flight_port", 0));
  return server;
}

}  // namespace arrowport::cli
