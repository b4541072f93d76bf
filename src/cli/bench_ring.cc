#include "cli/bench_ring.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/error.h"
#include "cli/bench_data.h"
#include "cli/bench_names.h"
#include "cli/bench_run.h"
#include "cli/child_process.h"
#include "cli/contender.h"
#include "cli/peer_process.h"
#include "cli/python_worker.h"
#include "cli/server_process.h"
#include "engine/baseline.h"
#include "server/install_tree.h"

namespace arrowport::cli {
namespace {

struct PeerKind {
  const char* name;  ///< Of the server and its client, as contenders are named.
  const char* script;
  const char* mode;
  const char* client;  ///< A kind of bench/clients.py; null: our own client in C++, over Flight.
  bool one_process;    ///< Whether its time and memory are those of the process that was started.
};

constexpr auto kPeers = std::to_array<PeerKind>({
    {kStreamingPeer, "bench/peers/flight_server.py", "stream", nullptr, true},
    {kTablePeer, "bench/peers/flight_server.py", "table", nullptr, true},
    {kQuackPeer, "bench/peers/quack_server.py", "", "quack", true},
    {kGizmoSqlPeer, "bench/peers/gizmosql_server.py", "", "gizmosql", true},
    {kPostgreSqlPeer, "bench/peers/postgresql_server.py", "", "postgresql", false},
});

constexpr TakesPart kAllInCpp = {.reads = true,
                                 .puts = true,
                                 .put_loads = true,
                                 .endpoints = false,
                                 .codecs = false,
                                 .points = true,
                                 .many_points = true};
// Many clients in one Python process measure that process.
constexpr TakesPart kAllInPython = {.reads = true,
                                    .puts = true,
                                    .put_loads = false,
                                    .endpoints = false,
                                    .codecs = true,
                                    .points = true,
                                    .many_points = false};

Result<std::string> BenchScript(const std::string& name) {
  if (const auto shared = server::FindShared(name)) return *shared;
  // In a checkout the program lies in build/PRESET.
  const auto checkout =
      std::filesystem::path(server::ProgramPath()).parent_path() / ".." / ".." / name;
  if (std::filesystem::exists(checkout)) return checkout.lexically_normal().string();
  return MakeError(ErrorKind::kNotFound, name + " is missing beside this program");
}

class Assembly {
 public:
  explicit Assembly(const RingOptions& options) : options_(options) {}

  Status StartServer() {
    ARROW_ASSIGN_OR_RAISE(const std::string served, Copy("served"));
    std::vector<std::string> flags;
    if (!options_.memory_limit.empty()) flags = {"--memory-limit", options_.memory_limit};
    ARROW_ASSIGN_OR_RAISE(
        ring_.server,
        ServerProcess::Start({.database = served, .folder = options_.folder, .flags = flags}));
    server_ = &ring_.server->process();
    http_url_ = ring_.server->http_url();
    flight_url_ = ring_.server->flight_url();
    return Status::OK();
  }

  Status AddCpp() {
    using Plan = engine::Baseline::Plan;
    ARROW_ASSIGN_OR_RAISE(const std::string copy, Copy("in_process"));
    ARROW_ASSIGN_OR_RAISE(ring_.baseline, engine::Baseline::Open(copy, 0));
    TakesPart all = kAllInCpp;
    all.endpoints = true;
    Add(kReferenceCpp, InProcess(*ring_.baseline), nullptr, all);
    Add("DuckDB C++, kept plan", InProcess(*ring_.baseline, Plan::kKept), nullptr,
        {.points = true, .many_points = true});
    ARROW_ASSIGN_OR_RAISE(auto http, ThroughServer(http_url_));
    Add(kHttpCpp, std::move(http), server_, kAllInCpp);
    ARROW_ASSIGN_OR_RAISE(auto flight, ThroughServer(flight_url_));
    Add(kFlightCpp, std::move(flight), server_, all);
    ARROW_ASSIGN_OR_RAISE(auto kept, ThroughKeptPuts(flight_url_));
    Add(kKeptPutCpp, std::move(kept), server_, {.put_loads = true});
    for (const int endpoints : {1, 2, 4}) {
      ARROW_ASSIGN_OR_RAISE(auto parallel, ThroughServer(flight_url_, endpoints));
      const std::string count =
          std::to_string(endpoints) + (endpoints == 1 ? " endpoint" : " endpoints");
      Add(std::string(kFlightCpp) + ", " + count, std::move(parallel), server_,
          {.endpoints = true});
    }
    return Status::OK();
  }

  Status AddPython() {
    ARROW_ASSIGN_OR_RAISE(const std::string script, BenchScript("bench/python_worker.py"));
    ARROW_ASSIGN_OR_RAISE(ring_.python, PythonWorker::Start(options_.python, script));
    ring_.versions.push_back(ring_.python->versions());
    ARROW_ASSIGN_OR_RAISE(const std::string copy, Copy("python"));
    ARROW_RETURN_NOT_OK(
        AddFromPython(kReferencePython, "duckdb", {{"database", copy}}, nullptr, kAllInPython));
    for (const auto& [door, kind, url] : {std::tuple{kHttpPython, "http", http_url_},
                                          std::tuple{kFlightPython, "flight", flight_url_}}) {
      ARROW_RETURN_NOT_OK(AddFromPython(door, kind, {{"url", url}}, server_, kAllInPython));
      for (const char* codec : {"lz4", "zstd"}) {
        ARROW_RETURN_NOT_OK(AddFromPython(std::string(door) + ", " + codec, kind,
                                          {{"url", url}, {"codec", std::string(codec)}}, server_,
                                          {.codecs = true}));
      }
    }
    return Status::OK();
  }

  void AddPeers() {
    for (const PeerKind& kind : kPeers) {
      const Status added = AddPeer(kind);
      if (!added.ok()) Miss(kind, added.message());
    }
  }

  void MissPeers(const std::string& why) {
    for (const PeerKind& kind : kPeers) Miss(kind, why);
  }

  BenchRing Take() { return std::move(ring_); }

 private:
  Result<std::string> Copy(const std::string& name) {
    return CopyOfDatabase(options_.database, options_.folder, name);
  }

  [[nodiscard]] std::string NewPeerName() const {
    return "peer_" + std::to_string(ring_.peers.size() + ring_.missing.size());
  }

  void Add(const std::string& name, std::unique_ptr<Contender> contender, ChildProcess* server,
           const TakesPart& takes_part) {
    ring_.contenders.push_back({name, *contender, server, takes_part});
    ring_.owned.push_back(std::move(contender));
  }

  Status AddFromPython(const std::string& name, const std::string& kind, const PythonFacts& facts,
                       ChildProcess* server, const TakesPart& takes_part) {
    ARROW_ASSIGN_OR_RAISE(auto contender, ring_.python->Open(name, kind, facts));
    Add(name, std::move(contender), server, takes_part);
    return Status::OK();
  }

  Status AddPeer(const PeerKind& kind) {
    ARROW_ASSIGN_OR_RAISE(const std::string script, BenchScript(kind.script));
    ARROW_ASSIGN_OR_RAISE(const std::string copy, Copy(NewPeerName()));
    ARROW_ASSIGN_OR_RAISE(auto peer, PeerProcess::Start({.interpreter = options_.python,
                                                         .script = script,
                                                         .mode = kind.mode,
                                                         .binary = options_.gizmosql,
                                                         .database = copy,
                                                         .folder = options_.folder}));
    ChildProcess* const process = kind.one_process ? &peer->process() : nullptr;
    const bool in_python = kind.client != nullptr;
    const TakesPart takes_part = {
        .reads = true, .puts = true, .put_loads = true, .points = true, .many_points = !in_python};
    if (in_python) {
      ARROW_RETURN_NOT_OK(AddFromPython(kind.name, kind.client, {{"port", int64_t{peer->port()}}},
                                        process, takes_part));
    } else {
      ARROW_ASSIGN_OR_RAISE(auto contender,
                            ThroughServer("grpc://127.0.0.1:" + std::to_string(peer->port())));
      Add(kind.name, std::move(contender), process, takes_part);
    }
    ring_.contenders.back().is_peer = true;
    if (std::string_view(kind.mode).empty()) ring_.versions.push_back(peer->version());
    ring_.peers.push_back(std::move(peer));
    return Status::OK();
  }

  void Miss(const PeerKind& kind, const std::string& why) {
    ring_.missing.push_back(std::string(kind.name) + " does not take part: " + why);
  }

  const RingOptions& options_;
  BenchRing ring_;
  ChildProcess* server_ = nullptr;
  std::string http_url_;
  std::string flight_url_;
};

}  // namespace

Result<BenchRing> AssembleRing(const RingOptions& options) {
  Assembly assembly(options);
  ARROW_RETURN_NOT_OK(assembly.StartServer());
  ARROW_RETURN_NOT_OK(assembly.AddCpp());
  if (options.python.empty()) {
    assembly.MissPeers("--python names no interpreter (bench/setup makes one)");
    return assembly.Take();
  }
  ARROW_RETURN_NOT_OK(assembly.AddPython());
  if (options.peers) {
    assembly.AddPeers();
  } else {
    assembly.MissPeers("--no-peers");
  }
  return assembly.Take();
}

}  // namespace arrowport::cli
