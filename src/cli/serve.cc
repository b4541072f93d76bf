#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>

#include <CLI/CLI.hpp>
#include <arrow/config.h>

#include "base/call_control.h"
#include "base/error.h"
#include "base/event.h"
#include "cli/commands.h"
#include "cli/figures.h"
#include "cli/option_flags.h"
#include "cli/terminal.h"
#include "engine/data_source.h"
#include "engine/database.h"
#include "observe/log.h"
#include "server/allocator.h"
#include "server/environment.h"
#include "server/load_options.h"
#include "server/options.h"
#include "server/server.h"
#include "server/stop_signals.h"
#include "server/version.h"

namespace arrowport::cli {
namespace {

constexpr const char* kExamples =
    "Every option is also an environment name (--http-port: ARROWPORT_HTTP_PORT) and a key of the\n"
    "YAML file (http_port). The command line wins over the environment, that over the file.\n"
    "\n"
    "Examples:\n"
    "  arrowport serve                                  arrowport.duckdb in this folder\n"
    "  arrowport serve --db lake.duckdb --memory-limit 8GB\n"
    "  arrowport serve --host 0.0.0.0 --config /etc/arrowport.yaml\n"
    "  arrowport serve --parquet-path lake/ --data 'zones=s3://lake/zones/*.csv'\n"
    "  arrowport serve --db :memory: --http-port 0 --flight-port 0 --port-file ports.json";

// Where a client on this machine reaches a door that listens on `host`.
std::string UrlOf(const std::string& scheme, const std::string& host, int port) {
  std::string reachable = host;
  if (host == "0.0.0.0") reachable = "127.0.0.1";
  if (host == "::") reachable = "::1";
  if (reachable.find(':') != std::string::npos) reachable = "[" + reachable + "]";
  return scheme + "://" + reachable + ":" + std::to_string(port);
}

std::string DatabaseText(const std::string& path) {
  if (path == ":memory:") return "in memory, gone when the server stops";
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  const auto bytes = std::filesystem::file_size(path, error);
  const std::string size = error ? "" : " (" + Bytes(static_cast<double>(bytes)) + ")";
  return absolute.string() + size;
}

void Greet(const server::ServerOptions& options, const server::Server& server) {
  const Terminal terminal = StandardOutput();
  const auto line = [&](const char* name, const std::string& value) {
    std::cout << "  " << Painted(terminal, Paint::kDim, name) << value << '\n';
  };
  const std::string http = UrlOf("http", options.http.host, server.http_port());
  std::cout << Painted(terminal, Paint::kBold, "arrowport " + std::string(server::Version()))
            << ", DuckDB " << engine::DuckDbVersion() << ", Arrow "
            << arrow::GetBuildInfo().version_string << '\n';
  line("HTTP      ", http);
  line("Flight    ", UrlOf("grpc", options.flight.host, server.flight_port()));
  line("database  ", DatabaseText(options.database.path));
  for (const engine::DataSource& source : options.database.data_sources) {
    line("files     ", source.pattern + " as " + source.view);
  }
  line("try       ", "curl " + http + "/query -H 'Accept: text/csv' -d 'SELECT 42'");
  std::cout << std::flush;
}

// Stops a server at the first signal, and hurries it at the second. The third ends the process.
class Stopping {
 public:
  void Signal(int nth) {
    asked_.Set();
    if (nth < 2) return;
    observe::Log(observe::LogLevel::kInfo,
                 "hurrying: cancelling what runs; one more signal ends the process");
    const std::lock_guard lock(mutex_);
    if (server_ != nullptr) server_->Hurry();
  }

  // Has the rules of streams read again.
  void Hangup() {
    const std::lock_guard lock(mutex_);
    if (server_ != nullptr) server_->ReloadRules();
  }

  // Waits for the first signal, then drains.
  Status DrainWhenAsked(server::Server& server, std::chrono::milliseconds timeout) {
    SetServer(&server);
    asked_.Wait();
    observe::Log(observe::LogLevel::kInfo, "stopping: letting what runs end");
    const Status drained = server.Drain(Clock::now() + timeout);
    SetServer(nullptr);
    return drained;
  }

 private:
  void SetServer(server::Server* server) {
    const std::lock_guard lock(mutex_);
    server_ = server;
  }

  Event asked_;

  // Guarded by mutex_.
  std::mutex mutex_;
  server::Server* server_ = nullptr;
};

Status Serve(const server::GivenOptions& given) {
  ARROW_ASSIGN_OR_RAISE(const server::LoadedOptions loaded,
                        server::LoadOptions(given, server::ProcessEnvironment()));
  const server::ServerOptions& options = loaded.options;
  observe::SetUpLog(options.log_level, options.log_format);
  server::ShareOneAllocator();
  for (const std::string& note : loaded.notes) observe::Log(observe::LogLevel::kWarning, note);

  Stopping stopping;
  // Before any thread starts, since threads inherit which signals they leave alone.
  const server::StopSignals signals([&](int nth) { stopping.Signal(nth); },
                                    [&] { stopping.Hangup(); });
  ARROW_ASSIGN_OR_RAISE(const auto server, server::Server::Start(options));
  Greet(options, *server);
  ARROW_RETURN_NOT_OK(stopping.DrainWhenAsked(*server, options.drain_timeout));
  observe::Log(observe::LogLevel::kInfo, "stopped");
  return Status::OK();
}

}  // namespace

void AddServe(CLI::App& app, Action* action) {
  CLI::App* command = app.add_subcommand("serve", "Serve a database over HTTP and Arrow Flight.");
  command->footer(kExamples);
  const std::shared_ptr<OptionFlags> flags = OptionFlags::AddTo(*command);
  command->callback([flags, action] { *action = [flags] { return Serve(flags->Given()); }; });
}

}  // namespace arrowport::cli
