#include "server/options.h"

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/limits.h"
#include "observe/log.h"

namespace arrowport::server {
namespace {

using std::chrono::milliseconds;

GivenOptions Given(std::string_view name, std::string text, std::string place) {
  GivenOptions given;
  given.texts[name] = {.text = std::move(text), .place = std::move(place)};
  return given;
}

Result<ServerOptions> ResolveOne(std::string_view name, const std::string& text) {
  return ResolveOptions(
      {.command_line = Given(name, text, "--here"), .environment = {}, .file = {}});
}

// A text for an option and whether the options show that it arrived.
struct Effect {
  std::string_view name;
  std::string text;
  std::function<bool(const ServerOptions&)> arrived;
};

const std::vector<Effect>& Effects() {
  static const std::vector<Effect> kEffects = {
      {"config", "a.yaml", [](const auto&) { return true; }},
      {"host", "::1", [](const auto& o) { return o.http.host == "::1" && o.flight.host == "::1"; }},
      {"http_port", "0", [](const auto& o) { return o.http.port == 0; }},
      {"flight_port", "65535", [](const auto& o) { return o.flight.port == 65535; }},
      {"port_file", "p.json", [](const auto& o) { return o.port_file == "p.json"; }},
      {"drain_timeout", "5s", [](const auto& o) { return o.drain_timeout == milliseconds(5000); }},
      {"streams", "s.yaml", [](const auto& o) { return o.rules.path == "s.yaml"; }},
      {"log_level", "error",
       [](const auto& o) { return o.log_level == observe::LogLevel::kError; }},
      {"log_format", "json",
       [](const auto& o) { return o.log_format == observe::LogFormat::kJson; }},
      {"db", "x.duckdb", [](const auto& o) { return o.database.path == "x.duckdb"; }},
      {"parquet_path", "/lake/*.parquet",
       [](const auto& o) {
         return o.database.data_sources.size() == 1 && o.database.data_sources[0].view_per_file;
       }},
      {"data", "a=/a.csv\nb=/b.csv",
       [](const auto& o) { return o.database.data_sources.size() == 2; }},
      {"memory_limit", "4GB",
       [](const auto& o) { return o.database.memory_bytes_max == 4'000'000'000; }},
      {"planning_bytes_max", "9MiB",
       [](const auto& o) { return o.database.planning_bytes_max == 9 * kMiB; }},
      {"planning_time_max", "9s",
       [](const auto& o) { return o.database.planning_time_max == milliseconds(9000); }},
      {"threads", "3", [](const auto& o) { return o.database.threads == 3; }},
      {"temp_directory", "/t", [](const auto& o) { return o.database.temp_directory == "/t"; }},
      {"extension_directory", "/e",
       [](const auto& o) { return o.database.extension_directory == "/e"; }},
      {"server_result_bytes_max", "3MiB",
       [](const auto& o) { return o.database.server_result_bytes_max == 3 * kMiB; }},
      {"result_bytes_max", "1MiB",
       [](const auto& o) { return o.database.result_bytes_max == kMiB; }},
      {"put_bytes_max", "2MiB", [](const auto& o) { return o.database.put_bytes_max == 2 * kMiB; }},
      {"checkpoint.wal_bytes_max", "8MiB",
       [](const auto& o) { return o.database.checkpoint.wal_bytes_max == 8 * kMiB; }},
      {"checkpoint.idle", "3s",
       [](const auto& o) { return o.database.checkpoint.idle == milliseconds(3000); }},
      {"disk_reserve_bytes", "9MiB",
       [](const auto& o) { return o.database.disk_reserve_bytes == 9 * kMiB; }},
      {"ingest.bytes_max", "4MiB",
       [](const auto& o) { return o.service.ingest.bytes_max == 4 * kMiB; }},
      {"ingest.wait_max", "70ms",
       [](const auto& o) { return o.service.ingest.wait_max == milliseconds(70); }},
      {"ingest.small_put_bytes_max", "5KiB",
       [](const auto& o) { return o.service.ingest.small_put_bytes_max == 5 * kKiB; }},
      {"ingest.group_bytes_max", "6MiB",
       [](const auto& o) { return o.service.ingest.group_bytes_max == 6 * kMiB; }},
      {"ingest.parts_directory", "/parts",
       [](const auto& o) { return o.service.staging.directory == "/parts"; }},
      {"ingest.parts_bytes_max", "7MiB",
       [](const auto& o) { return o.service.staging.bytes_max == 7 * kMiB; }},
      {"ingest.parts_lifetime", "8m",
       [](const auto& o) { return o.service.staging.lifetime == std::chrono::minutes(8); }},
      {"http.io_threads", "2", [](const auto& o) { return o.http.io_threads == 2; }},
      {"http.worker_threads_max", "7",
       [](const auto& o) { return o.http.worker_threads_max == 7; }},
      {"http.connections_max", "9", [](const auto& o) { return o.http.connections_max == 9; }},
      {"http.header_bytes_max", "1KiB",
       [](const auto& o) { return o.http.header_bytes_max == kKiB; }},
      {"http.body_bytes_max", "10", [](const auto& o) { return o.http.body_bytes_max == 10; }},
      {"http.unpacked_ratio_max", "11",
       [](const auto& o) { return o.http.unpacked_ratio_max == 11; }},
      {"http.spool_bytes_max", "6MiB",
       [](const auto& o) { return o.http.spool_bytes_max == 6 * kMiB; }},
      {"http.json_put_bytes_max", "5MiB",
       [](const auto& o) { return o.http.json_put_bytes_max == 5 * kMiB; }},
      {"http.sql_bytes_max", "3KiB",
       [](const auto& o) { return o.http.sql_bytes_max == 3 * kKiB; }},
      {"http.ipc_message_bytes_max", "64MiB",
       [](const auto& o) { return o.http.ipc_message_bytes_max == 64 * kMiB; }},
      {"http.header_timeout", "1s",
       [](const auto& o) { return o.http.header_timeout == milliseconds(1000); }},
      {"http.body_idle_timeout", "2s",
       [](const auto& o) { return o.http.body_idle_timeout == milliseconds(2000); }},
      {"http.idle_timeout", "3s",
       [](const auto& o) { return o.http.idle_timeout == milliseconds(3000); }},
      {"http.bulk_read_max_age", "5m",
       [](const auto& o) { return o.http.bulk_read_max_age == milliseconds(300'000); }},
      {"read_idle_timeout", "4s",
       [](const auto& o) {
         return o.http.read_idle_timeout == milliseconds(4000) &&
                o.flight.read_idle_max == milliseconds(4000);
       }},
      {"file_cache_bytes_max", "3MiB",
       [](const auto& o) { return o.service.files.bytes_max == 3 * kMiB; }},
      {"file_cache_directory", "/f",
       [](const auto& o) { return o.service.files.directory == "/f"; }},
      {"flight.ticket_timeout", "6s",
       [](const auto& o) { return o.service.ticket_lifetime == milliseconds(6000); }},
      {"flight.statement_timeout", "7s",
       [](const auto& o) { return o.service.statement_lifetime == milliseconds(7000); }},
      {"flight.session_timeout", "8s",
       [](const auto& o) { return o.service.sessions.session_idle_max == milliseconds(8000); }},
      {"flight.transaction_timeout", "9s",
       [](const auto& o) { return o.service.sessions.transaction_idle_max == milliseconds(9000); }},
      {"exchangers", R"({"kept": "FROM input"})",
       [](const auto& o) { return o.service.exchangers.size() == 1; }},
      {"exchange_spill_bytes_max", "7MiB",
       [](const auto& o) { return o.service.spill.bytes_max == 7 * kMiB; }},
      {"transfer_hosts", "a,b:1",
       [](const auto& o) { return o.service.transfer.hosts == "a,b:1"; }},
      {"flight.calls_max", "5", [](const auto& o) { return o.flight.calls_max == 5; }},
      {"flight.message_bytes_max", "6MiB",
       [](const auto& o) { return o.flight.message_bytes_max == 6 * kMiB; }},
      {"flight.put_idle_timeout", "7s",
       [](const auto& o) { return o.flight.put_idle_max == milliseconds(7000); }},
  };
  return kEffects;
}

TEST(OptionsTest, EveryOptionReachesTheRoomThatItIsFor) {
  for (const Effect& effect : Effects()) {
    const Result<ServerOptions> options = ResolveOne(effect.name, effect.text);
    ASSERT_TRUE(options.ok()) << effect.name << ": " << options.status().ToString();
    EXPECT_TRUE(effect.arrived(*options)) << effect.name;
  }
}

TEST(OptionsTest, EveryOptionOfTheTableIsTested) {
  std::set<std::string_view> tested;
  for (const Effect& effect : Effects()) tested.insert(effect.name);
  for (const OptionRow& row : OptionTable()) EXPECT_TRUE(tested.contains(row.name)) << row.name;
  EXPECT_EQ(tested.size(), OptionTable().size());
}

TEST(OptionsTest, NumbersSizesAndDurationsThatAreNoneAreRefused) {
  for (const OptionRow& row : OptionTable()) {
    const std::set<std::string_view> with_form = {"PORT",     "COUNT", "SIZE",
                                                  "DURATION", "LEVEL", "FORMAT"};
    if (!with_form.contains(row.value_name)) continue;
    const Status refused = ResolveOne(row.name, "abc").status();
    EXPECT_EQ(KindOf(refused), ErrorKind::kInvalidInput) << row.name;
    EXPECT_NE(refused.message().find("--here: "), std::string::npos) << refused.message();
    EXPECT_NE(refused.message().find("'abc'"), std::string::npos) << refused.message();
  }
}

TEST(OptionsTest, ARefusalNamesThePlaceAndWhatWouldDo) {
  OptionSources sources;
  sources.file = Given("http_port", "abc", "arrowport.yaml:7: http_port");
  EXPECT_EQ(ResolveOptions(sources).status().message(),
            "arrowport.yaml:7: http_port: 'abc' is not a number from 0 to 65535");
  sources.environment = Given("http_port", "65536", "ARROWPORT_HTTP_PORT");
  EXPECT_EQ(ResolveOptions(sources).status().message(),
            "ARROWPORT_HTTP_PORT: '65536' is not a number from 0 to 65535");
}

TEST(OptionsTest, TheCommandLineWinsOverTheEnvironmentOverTheFileOverTheDefault) {
  OptionSources sources;
  EXPECT_EQ(ResolveOptions(sources)->http.port, 8888);
  sources.file = Given("http_port", "1", "file");
  EXPECT_EQ(ResolveOptions(sources)->http.port, 1);
  sources.environment = Given("http_port", "2", "environment");
  EXPECT_EQ(ResolveOptions(sources)->http.port, 2);
  sources.command_line = Given("http_port", "3", "command line");
  EXPECT_EQ(ResolveOptions(sources)->http.port, 3);
}

TEST(OptionsTest, AnEmptyHostIsRefusedInsteadOfListeningEverywhere) {
  EXPECT_EQ(ResolveOne("host", "").status().message(), "--here: a host must not be empty");
}

TEST(OptionsTest, DefaultsListenOnThisMachineOnly) {
  const ServerOptions options = DefaultOptions();
  EXPECT_EQ(options.http.host, "127.0.0.1");
  EXPECT_EQ(options.flight.host, "127.0.0.1");
  EXPECT_EQ(options.http.port, 8888);
  EXPECT_EQ(options.flight.port, 8889);
  EXPECT_EQ(options.database.path, "arrowport.duckdb");
}

TEST(OptionsTest, NamesOfAllFormsComeFromTheRow) {
  const OptionRow* row = FindOption("http.idle_timeout");
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->Flag(), "--http-idle-timeout");
  EXPECT_EQ(row->EnvironmentName(), "ARROWPORT_HTTP_IDLE_TIMEOUT");
}

TEST(OptionsTest, NoTwoOptionsShareAName) {
  std::set<std::string> flags;
  std::set<std::string> environment;
  for (const OptionRow& row : OptionTable()) {
    EXPECT_TRUE(flags.insert(row.Flag()).second) << row.Flag();
    EXPECT_TRUE(environment.insert(row.EnvironmentName()).second) << row.EnvironmentName();
    for (const std::string_view other : row.other_flags) {
      EXPECT_TRUE(flags.insert(std::string(other)).second) << other;
    }
    for (const std::string_view other : row.other_environment) {
      EXPECT_TRUE(environment.insert(std::string(other)).second) << other;
    }
  }
}

}  // namespace
}  // namespace arrowport::server
