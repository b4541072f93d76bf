#include "server/options_reference.h"

#include <string>
#include <string_view>
#include <vector>

#include "server/options.h"

namespace arrowport::server {
namespace {

constexpr std::string_view kHead =
    "# Configuration\n"
    "\n"
    "<!-- Made by `arrowport help-config`: change the option table, not this page. -->\n"
    "\n"
    "Every option has a flag of `arrowport serve`, an environment name and a key in the YAML file\n"
    "that `--config` names. The flag wins over the environment, the environment over the file, "
    "and\n"
    "the file over the default. A key that no option has, and a value that does not fit, are\n"
    "refused with the file and line.\n"
    "\n"
    "```yaml\n"
    "# arrowport.yaml\n"
    "host: 0.0.0.0\n"
    "db: /var/lib/arrowport/arrowport.duckdb\n"
    "memory_limit: 8GB\n"
    "http:\n"
    "  connections_max: 4096\n"
    "```\n"
    "\n"
    "Sizes are numbers with `kB`, `MB`, `GB`, `TB` (thousands) or `KiB`, `MiB`, `GiB`, `TiB`\n"
    "(1024s); a plain number is bytes. Durations are numbers with `ms`, `s`, `m` or `h`; a plain\n"
    "number is seconds.\n"
    "\n"
    "## Options\n"
    "\n"
    "| key | flag | environment | value | default | meaning |\n"
    "|---|---|---|---|---|---|\n";

constexpr std::string_view kOtherNamesHead =
    "\n"
    "## Other names\n"
    "\n"
    "Configurations and commands written for other programs work unchanged: these names mean the "
    "same.\n"
    "\n"
    "| name | option |\n"
    "|---|---|\n";

constexpr std::string_view kForeignHead =
    "\n"
    "## Settings of other programs\n"
    "\n"
    "The log says so when one of these is set.\n"
    "\n"
    "| setting | here |\n"
    "|---|---|\n";

std::string Code(std::string_view text) { return "`" + std::string(text) + "`"; }

std::string OptionLine(const OptionRow& row) {
  const std::string key = row.in_file ? Code(row.name) : Code(row.name) + " (not in the file)";
  const std::string default_text = row.default_text.empty() ? "unset" : Code(row.default_text);
  return "| " + key + " | " + Code(row.Flag()) + " | " + Code(row.EnvironmentName()) + " | " +
         std::string(row.value_name) + " | " + default_text + " | " + std::string(row.help) +
         " |\n";
}

std::string OtherNameLines(const OptionRow& row) {
  std::string lines;
  std::vector<std::string_view> names = row.other_flags;
  names.insert(names.end(), row.other_keys.begin(), row.other_keys.end());
  names.insert(names.end(), row.other_environment.begin(), row.other_environment.end());
  for (const std::string_view name : names) {
    lines += "| " + Code(name) + " | " + Code(row.name) + " |\n";
  }
  return lines;
}

std::string ForeignLine(const ForeignSetting& setting) {
  std::string names = Code(setting.key);
  if (!setting.environment_name.empty()) names += ", " + Code(setting.environment_name);
  return "| " + names + " | " + std::string(setting.note) + " |\n";
}

}  // namespace

std::string OptionsReference() {
  std::string page(kHead);
  for (const OptionRow& row : OptionTable()) page += OptionLine(row);
  page += kOtherNamesHead;
  for (const OptionRow& row : OptionTable()) page += OtherNameLines(row);
  page += kForeignHead;
  for (const ForeignSetting& setting : ForeignSettings()) page += ForeignLine(setting);
  return page;
}

}  // namespace arrowport::server
