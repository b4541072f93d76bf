#include "server/option_exchange.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "server/option_value.h"
#include "server/options.h"
#include "service/exchangers.h"

namespace arrowport::server {
namespace {

using Options = ServerOptions;
using Text = std::string_view;

Status SetExchangers(Options& options, Text text) {
  if (text.empty()) return Status::OK();
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return MakeError(
        ErrorKind::kInvalidInput,
        R"('…' is not names with their SQL, as in {"doubled": "SELECT … FROM input"})");
  }
  service::ExchangerList exchangers;
  for (const auto& [name, sql] : json.items()) {
    if (!sql.is_string()) {
      return MakeError(ErrorKind::kInvalidInput, "exchanger '" + name + "' needs its SQL as text");
    }
    exchangers.emplace(name, sql.get<std::string>());
  }
  options.service.exchangers = std::move(exchangers);
  return Status::OK();
}

}  // namespace

std::vector<OptionRow> ExchangeRows() {
  return {
      {.name = "exchangers",
       .value_name = "NAMES",
       .default_text = "",
       .help = "SELECTs over streams that come in, by name: in the file `name: SQL` lines, "
               "elsewhere a JSON object. Clients exchange rows by the names.",
       .set = SetExchangers,
       .is_map = true},
      {.name = "exchange_spill_bytes_max",
       .value_name = "SIZE",
       .default_text = "16GiB",
       .help = "What clients of exchanges send before they read anything, on disk, in "
               "temp_directory or beside the database file; of all of them together.",
       .set = [](Options& o, Text text) { return ReadBytes(text, &o.service.spill.bytes_max); }},
      {.name = "transfer_hosts",
       .value_name = "HOSTS",
       .default_text = "localhost,127.0.0.1,[::1]",
       .help = "The servers that clients may make this one transfer rows from and to: hosts, or "
               "host:port, with commas between; * for all, empty for none.",
       .set = [](Options& o, Text text) { return ReadText(text, &o.service.transfer.hosts); }},
  };
}

}  // namespace arrowport::server
