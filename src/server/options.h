#pragma once

#include <chrono>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "engine/database.h"
#include "flight/server.h"
#include "http/server.h"
#include "observe/log.h"
#include "server/stream_rules.h"
#include "service/service.h"

namespace arrowport::server {

/// Everything that a server can be told. Where the rooms' own structs have a default too, the one
/// of the option table is what a server runs with.
struct ServerOptions {
  engine::DatabaseOptions database;
  http::HttpOptions http;
  flight::FlightOptions flight;
  service::ServiceOptions service;
  RulesSource rules;  ///< Of streams.
  observe::LogLevel log_level = observe::LogLevel::kInfo;
  observe::LogFormat log_format = observe::LogFormat::kText;
  std::string port_file;  ///< Where the bound ports are written; empty: nowhere.
  std::chrono::milliseconds drain_timeout{30'000};  ///< What runs may take when the server stops.
};

/// One option: all that is said of it, and how its text becomes a value. Every other form of an
/// option (YAML reader, environment reader, `--help`, reference page) is made from this row.
struct OptionRow {
  std::string_view name;        ///< YAML key, nested at the dots: "http_port", "http.idle_timeout".
  std::string_view value_name;  ///< What a value is: "PORT", "SIZE", "DURATION", "PATH".
  std::string_view default_text;  ///< As a user would write it; empty where nothing is set.
  std::string_view help;
  Status (*set)(ServerOptions& options, std::string_view text);
  std::vector<std::string_view> other_keys = {};  ///< YAML keys of other programs for the same.
  std::vector<std::string_view> other_environment = {};  ///< The same for environment names.
  bool in_file = true;                                   ///< False: may not stand in a file.
  std::vector<std::string_view> other_flags = {};        ///< "--port".
  /// May be given several times, and as a list in a file; its text then has a value per line.
  bool is_list = false;
  bool is_map = false;  ///< The file has names with texts; elsewhere that is a JSON object.

  /// "--http-port"
  [[nodiscard]] std::string Flag() const;
  /// "ARROWPORT_HTTP_PORT"
  [[nodiscard]] std::string EnvironmentName() const;
};

/// The option table, in the order in which people should read it.
std::span<const OptionRow> OptionTable();

/// The row with this name, or null.
const OptionRow* FindOption(std::string_view name);

/// A setting of another program's configuration that needs none here, and is passed over.
struct ForeignSetting {
  std::string_view key;               ///< YAML key; "streams" covers all below it.
  std::string_view environment_name;  ///< Empty: there is none.
  std::string_view note;              ///< What the user should know.
};

std::span<const ForeignSetting> ForeignSettings();

/// A text given for an option and the place to name when it is wrong.
struct GivenText {
  std::string text;
  std::string place;  ///< "--http-port", "ARROWPORT_HTTP_PORT", "arrowport.yaml:7: http_port"
};

/// What one source gives: texts by option name, and notes for the log.
struct GivenOptions {
  std::map<std::string_view, GivenText> texts;
  std::vector<std::string> notes;
};

/// The three sources, weakest last.
struct OptionSources {
  GivenOptions command_line;
  GivenOptions environment;
  GivenOptions file;
};

/// The options that `sources` and the table's defaults give together.
/// \return kInvalidInput that names the place of the first wrong value.
Result<ServerOptions> ResolveOptions(const OptionSources& sources);

/// The options of the table's defaults alone.
ServerOptions DefaultOptions();

}  // namespace arrowport::server
