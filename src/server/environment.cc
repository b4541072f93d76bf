#include "server/environment.h"

#include <unistd.h>

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/near_miss.h"
#include "server/options.h"

namespace arrowport::server {
namespace {

constexpr std::string_view kPrefix = "ARROWPORT_";

// Kubernetes gives every container ARROWPORT_PORT=tcp://10.0.0.1:8888 when a service is named
// "arrowport"; nobody means it as a setting.
bool IsServiceLink(const std::string& value) { return value.starts_with("tcp://"); }

// The names that options are read from, an option's own one first.
std::vector<std::string> NamesOf(const OptionRow& row) {
  std::vector<std::string> names = {row.EnvironmentName()};
  names.insert(names.end(), row.other_environment.begin(), row.other_environment.end());
  return names;
}

void NoteMisspelt(const Environment& environment, const std::set<std::string>& known,
                  GivenOptions* given) {
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  for (const auto& [name, value] : environment) {
    if (known.contains(name) || !name.starts_with(kPrefix)) continue;
    const std::optional<std::string_view> meant = NearMiss(name, candidates);
    if (!meant.has_value()) continue;
    given->notes.push_back(name + ": no option has this name; did you mean " + std::string(*meant) +
                           "?");
  }
}

}  // namespace

Environment ProcessEnvironment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos || !text.starts_with(kPrefix)) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

GivenOptions ReadEnvironment(const Environment& environment) {
  GivenOptions given;
  std::set<std::string> known;
  for (const OptionRow& row : OptionTable()) {
    for (const std::string& name : NamesOf(row)) {
      known.insert(name);
      const auto found = environment.find(name);
      if (found == environment.end() || IsServiceLink(found->second)) continue;
      given.texts.emplace(row.name, GivenText{found->second, name});
    }
  }
  for (const ForeignSetting& setting : ForeignSettings()) {
    const std::string name(setting.environment_name);
    if (name.empty()) continue;
    known.insert(name);
    if (!environment.contains(name)) continue;
    given.notes.push_back(name + ": " + std::string(setting.note));
  }
  NoteMisspelt(environment, known, &given);
  return given;
}

}  // namespace arrowport::server
