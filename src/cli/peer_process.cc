#include "cli/peer_process.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/child_process.h"

namespace arrowport::cli {
namespace {

// PostgreSQL copies all tables into itself first.
constexpr std::chrono::minutes kStartTimeout(20);

}  // namespace

PeerProcess::PeerProcess(std::unique_ptr<ChildProcess> process) : process_(std::move(process)) {}

Result<std::unique_ptr<PeerProcess>> PeerProcess::Start(const PeerOptions& options) {
  ARROW_ASSIGN_OR_RAISE(auto process,
                        ChildProcess::Start({options.interpreter, options.script, "--database",
                                             options.database, "--folder", options.folder, "--mode",
                                             options.mode, "--binary", options.binary}));
  ARROW_ASSIGN_OR_RAISE(const std::string line, process->ReadLine(kStartTimeout));
  const auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return MakeError(ErrorKind::kInternal, "it said '" + line + "'");
  if (json.contains("missing")) {
    return MakeError(ErrorKind::kNotFound, json.value("missing", ""));
  }
  std::unique_ptr<PeerProcess> peer(new PeerProcess(std::move(process)));
  peer->port_ = json.value("port", 0);
  peer->version_ = json.value("version", "");
  return peer;
}

}  // namespace arrowport::cli
