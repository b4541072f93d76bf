#include "server/config_file.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include "base/error.h"
#include "server/near_miss.h"
#include "server/options.h"

namespace arrowport::server {
namespace {

struct KeyPlace {
  std::string key;
  int line;
};

// One file on its way into options.
class Reading {
 public:
  explicit Reading(std::string_view path) : path_(path) {}

  Status Take(const YAML::Node& document) {
    if (document.IsNull()) return Status::OK();
    if (!document.IsMap()) {
      return MakeError(ErrorKind::kInvalidInput,
                       path_ + ":1: a configuration is a list of `key: value` lines");
    }
    return TakeMap(document, "");
  }

  GivenOptions Given() && { return std::move(given_); }

 private:
  Status TakeMap(const YAML::Node& map, const std::string& prefix) {
    for (const auto& entry : map) {
      const KeyPlace place = {prefix + entry.first.as<std::string>(), entry.first.Mark().line + 1};
      ARROW_RETURN_NOT_OK(TakeEntry(place, entry.second));
    }
    return Status::OK();
  }

  Status TakeEntry(const KeyPlace& place, const YAML::Node& value) {
    // The rules themselves: they are read by themselves, as often as they change.
    if (place.key == "streams" && (value.IsMap() || value.IsNull())) {
      given_.texts["streams"] = {path_, At(place)};
      return Status::OK();
    }
    if (const ForeignSetting* foreign = FindForeign(place.key)) {
      given_.notes.push_back(At(place) + ": " + std::string(foreign->note));
      return Status::OK();
    }
    if (const OptionRow* row = FindRow(place.key)) return TakeOption(place, *row, value);
    if (value.IsMap() && IsSection(place.key)) return TakeMap(value, place.key + ".");
    return Unknown(place);
  }

  Status TakeOption(const KeyPlace& place, const OptionRow& row, const YAML::Node& value) {
    if (!row.in_file) {
      return Refuse(place,
                    "may not stand in a file; use " + row.Flag() + " or " + row.EnvironmentName());
    }
    ARROW_ASSIGN_OR_RAISE(std::string text, row.is_map    ? MapText(place, value)
                                            : row.is_list ? ListText(place, value)
                                                          : PlainText(place, value));
    const auto [earlier, is_new] = taken_.emplace(row.name, place);
    if (!is_new) {
      return Refuse(place, "was already set in line " + std::to_string(earlier->second.line) +
                               ", as " + earlier->second.key);
    }
    given_.texts[row.name] = {std::move(text), At(place)};
    return Status::OK();
  }

  [[nodiscard]] Result<std::string> PlainText(const KeyPlace& place,
                                              const YAML::Node& value) const {
    if (value.IsScalar()) return value.as<std::string>();
    return Refuse(place, "needs one plain value");
  }

  [[nodiscard]] Result<std::string> MapText(const KeyPlace& place, const YAML::Node& value) const {
    if (!value.IsMap()) return Refuse(place, "needs `name: text` lines");
    nlohmann::json texts = nlohmann::json::object();
    for (const auto& entry : value) {
      if (!entry.first.IsScalar() || !entry.second.IsScalar()) {
        return Refuse(place, "needs `name: text` lines");
      }
      texts[entry.first.as<std::string>()] = entry.second.as<std::string>();
    }
    return texts.dump();
  }

  // One plain value is a list of one.
  [[nodiscard]] Result<std::string> ListText(const KeyPlace& place, const YAML::Node& value) const {
    if (value.IsScalar()) return value.as<std::string>();
    std::string lines;
    for (const auto& item : value) {
      if (!value.IsSequence() || !item.IsScalar()) {
        return Refuse(place, "needs a list of plain values");
      }
      lines += item.as<std::string>() + "\n";
    }
    return lines;
  }

  Status Unknown(const KeyPlace& place) const {
    const std::optional<std::string_view> meant = NearMiss(place.key, KnownKeys());
    return Refuse(place, meant.has_value()
                             ? "no option has this name; did you mean " + std::string(*meant) + "?"
                             : "no option has this name; `arrowport serve --help` lists them");
  }

  Status Refuse(const KeyPlace& place, const std::string& why) const {
    return MakeError(ErrorKind::kInvalidInput, At(place) + ": " + why);
  }

  [[nodiscard]] std::string At(const KeyPlace& place) const {
    return path_ + ":" + std::to_string(place.line) + ": " + place.key;
  }

  static const OptionRow* FindRow(std::string_view key) {
    for (const OptionRow& row : OptionTable()) {
      if (row.name == key || std::ranges::find(row.other_keys, key) != row.other_keys.end()) {
        return &row;
      }
    }
    return nullptr;
  }

  static const ForeignSetting* FindForeign(std::string_view key) {
    for (const ForeignSetting& setting : ForeignSettings()) {
      const bool below = key.starts_with(std::string(setting.key) + ".");
      if (key == setting.key || below) return &setting;
    }
    return nullptr;
  }

  static std::vector<std::string_view> KnownKeys() {
    std::vector<std::string_view> keys;
    for (const OptionRow& row : OptionTable()) {
      if (row.in_file) keys.push_back(row.name);
      keys.insert(keys.end(), row.other_keys.begin(), row.other_keys.end());
    }
    for (const ForeignSetting& setting : ForeignSettings()) keys.push_back(setting.key);
    return keys;
  }

  // Whether some key lies below `key`.
  static bool IsSection(const std::string& key) {
    return std::ranges::any_of(
        KnownKeys(), [&](std::string_view known) { return known.starts_with(key + "."); });
  }

  const std::string path_;
  GivenOptions given_;
  std::map<std::string_view, KeyPlace> taken_;
};

}  // namespace

Result<GivenOptions> ReadConfigFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (file.is_open()) text << file.rdbuf();
  if (!file.is_open() || file.bad() || file.fail()) {
    return MakeError(ErrorKind::kNotFound, path + ": the configuration file cannot be read");
  }
  return ReadConfigText(text.str(), path);
}

Result<GivenOptions> ReadConfigText(const std::string& text, std::string_view path) {
  try {
    Reading reading(path);
    ARROW_RETURN_NOT_OK(reading.Take(YAML::Load(text)));
    return std::move(reading).Given();
  } catch (const YAML::Exception& error) {
    return MakeError(ErrorKind::kInvalidInput, std::string(path) + ":" +
                                                   std::to_string(error.mark.line + 1) +
                                                   ": this is not YAML: " + error.msg);
  }
}

}  // namespace arrowport::server
