#include "server/stream_rules.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "base/error.h"
#include "engine/database.h"
#include "engine/landing.h"
#include "engine/table.h"
#include "server/near_miss.h"
#include "service/added_columns.h"
#include "service/landing_words.h"
#include "service/stream_rule.h"

namespace arrowport::server {
namespace {

using service::Durability;
using service::StreamRule;

constexpr std::string_view kSection = "streams";
constexpr int64_t kDelayMaxMs = 60'000;

template <typename Value>
struct Word {
  std::string_view name;
  Value value;
};

constexpr std::array kDurabilities = {Word<Durability>{"commit", Durability::kCommit},
                                      Word<Durability>{"queued", Durability::kQueued}};
constexpr std::array kBooleans = {Word<bool>{"true", true}, Word<bool>{"false", false}};
constexpr std::array kAlgorithms = {Word<int>{"zstd", 22}, Word<int>{"lz4", 12}};
/// Where something stands.
struct Place {
  std::string key;
  int line;
};

/// Reads one file.
class Reading {
 public:
  explicit Reading(const RulesSource& source) : source_(source) {}

  Result<service::StreamRules> Take(const YAML::Node& document) {
    if (document.IsNull()) return service::StreamRules{};
    const Place top = {std::string(kSection), 1};
    if (!document.IsMap()) return Refuse(top, "a file of rules is a list of `pattern: rule` lines");
    const YAML::Node named = document[std::string(kSection)];
    if (!named.IsDefined() && source_.is_config) return service::StreamRules{};
    if (named.IsDefined() && !source_.is_config) ARROW_RETURN_NOT_OK(CheckAlone(document));
    const YAML::Node& section = named.IsDefined() ? named : document;
    // In a configuration it may name a file instead.
    if (section.IsNull() || section.IsScalar()) return service::StreamRules{};
    return TakeRules(section);
  }

 private:
  // Otherwise some of the rules might be passed over in silence.
  [[nodiscard]] Status CheckAlone(const YAML::Node& document) const {
    for (const auto& entry : document) {
      const std::string key = entry.first.IsScalar() ? entry.first.as<std::string>() : "a key";
      if (key == kSection) continue;
      return Refuse({key, LineOf(entry.first)}, "stands beside `streams:`, and belongs below it");
    }
    return Status::OK();
  }

  Result<service::StreamRules> TakeRules(const YAML::Node& section) {
    if (!section.IsMap()) {
      return Refuse({std::string(kSection), LineOf(section)}, "needs `pattern: rule` lines");
    }
    service::StreamRules rules;
    std::map<std::string, int> lines;
    for (const auto& entry : section) {
      if (!entry.first.IsScalar()) {
        return Refuse({std::string(kSection), LineOf(entry.first)}, "a pattern is one plain text");
      }
      auto rule = std::make_shared<StreamRule>();
      rule->pattern = entry.first.as<std::string>();
      const Place place = {std::string(kSection) + "." + rule->pattern, LineOf(entry.first)};
      rule->place = source_.path + ":" + std::to_string(place.line);
      const auto [earlier, is_new] = lines.emplace(rule->pattern, place.line);
      if (!is_new) {
        return Refuse(place, "stands in line " + std::to_string(earlier->second) + " already");
      }
      ARROW_RETURN_NOT_OK(TakeRule(place, entry.second, *rule));
      rules.push_back(std::move(rule));
    }
    return rules;
  }

  Status TakeRule(const Place& place, const YAML::Node& keys, StreamRule& rule) const {
    if (keys.IsNull()) return Status::OK();
    if (!keys.IsMap()) return Refuse(place, "needs `key: value` lines");
    for (const auto& entry : keys) {
      if (!entry.first.IsScalar()) return Refuse(place, "a key is one plain text");
      const Place at = {place.key + "." + entry.first.as<std::string>(), LineOf(entry.first)};
      ARROW_RETURN_NOT_OK(TakeKey(at, entry.first.as<std::string>(), entry.second, rule));
    }
    return InPlace(place, service::CheckTogether(rule));
  }

  static bool Has(const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
  }

  Status TakeKey(const Place& place, const std::string& key, const YAML::Node& value,
                 StreamRule& rule) const {
    using Take = std::function<Status()>;
    engine::LandingRule& landing = rule.landing;
    const auto text = [&](std::string& into) {
      return [&, this] { return Text(place, value).Value(&into); };
    };
    const auto list = [&](std::vector<std::string>& into) {
      return [&, this] { return List(place, value).Value(&into); };
    };
    const auto word = [&](const auto& words, auto& into) {
      return [&, this] { return OneOf(place, value, words).Value(&into); };
    };
    const std::map<std::string, Take, std::less<>> takes = {
        {"target_table", [&, this] { return TakeTable(place, value, rule); }},
        {"create", word(kBooleans, landing.create_table)},
        {"key", list(landing.key)},
        {"order_by", text(landing.order_by)},
        {"delete_column", text(landing.delete_column)},
        {"schema", text(rule.schema)},
        {"durability", word(kDurabilities, rule.durability)},
        {"max_delay_ms", [&, this] { return TakeDelay(place, value, rule); }},
        {"add_columns", [&, this] { return TakeColumns(place, value, rule); }},
        {"partition_by", list(landing.partition_by)},
        {"chunk_size", [&, this] { return Number(place, value, 1, INT32_MAX).status(); }},
        {"compression", [&, this] { return CheckCompression(place, value); }},
    };
    if (service::HasWords(key)) {
      const std::string given = value.IsScalar() ? value.as<std::string>() : "";
      return InPlace(place, service::SetByWord(rule, key, given));
    }
    const auto found = takes.find(key);
    if (found != takes.end()) return found->second();
    std::vector<std::string_view> names = {"mode", "on_schema_change", "on_bad_rows"};
    for (const auto& [name, take] : takes) names.emplace_back(name);
    return Refuse(place, "a rule has no such key" + Meant(key, names));
  }

  static std::string Meant(const std::string& key, const std::vector<std::string_view>& names) {
    const auto meant = NearMiss(key, names);
    return meant.has_value() ? "; did you mean " + std::string(*meant) + "?" : "";
  }

  Status TakeTable(const Place& place, const YAML::Node& value, StreamRule& rule) const {
    ARROW_ASSIGN_OR_RAISE(rule.target_table, Text(place, value));
    const auto table = rule.TableOf("stream");
    if (!table.ok()) return Refuse(place, table.status().message());
    if (!engine::IsSameName(table->schema, engine::kOwnSchema)) return Status::OK();
    return Refuse(place, "schema " + table->schema + " is arrowport's own");
  }

  Status TakeDelay(const Place& place, const YAML::Node& value, StreamRule& rule) const {
    ARROW_ASSIGN_OR_RAISE(const int64_t delay, Number(place, value, 0, kDelayMaxMs));
    rule.max_delay = std::chrono::milliseconds(delay);
    return Status::OK();
  }

  Status TakeColumns(const Place& place, const YAML::Node& value, StreamRule& rule) const {
    ARROW_ASSIGN_OR_RAISE(rule.add_columns, List(place, value));
    for (const std::string& name : rule.add_columns) {
      if (service::AddedColumns::IsKnown(name)) continue;
      return Refuse(place, "'" + name + "' cannot be added; there are " +
                               service::AddedColumns::KnownNames());
    }
    return Status::OK();
  }

  // Clients choose how they compress what they send, and DuckDB compresses what it stores.
  Status CheckCompression(const Place& place, const YAML::Node& value) const {
    if (!value.IsMap())
      return Refuse(place, "needs `algorithm: zstd` or `lz4`, and `level` or not");
    int level_max = 0;
    for (const auto& entry : value) {
      const std::string key = entry.first.as<std::string>();
      const Place at = {place.key + "." + key, LineOf(entry.first)};
      if (key == "algorithm") {
        ARROW_ASSIGN_OR_RAISE(level_max, OneOf(at, entry.second, kAlgorithms));
      } else if (key == "level") {
        const int most = level_max == 0 ? kAlgorithms.front().value : level_max;
        ARROW_RETURN_NOT_OK(Number(at, entry.second, 1, most).status());
      } else {
        return Refuse(at, "compression has only `algorithm` and `level`");
      }
    }
    return Status::OK();
  }

  [[nodiscard]] Result<std::string> Text(const Place& place, const YAML::Node& value) const {
    if (value.IsScalar() && !value.as<std::string>().empty()) return value.as<std::string>();
    return Refuse(place, "needs one plain value");
  }

  // One plain value is a list of one.
  [[nodiscard]] Result<std::vector<std::string>> List(const Place& place,
                                                      const YAML::Node& value) const {
    if (value.IsScalar()) return std::vector{value.as<std::string>()};
    std::vector<std::string> texts;
    for (const auto& item : value) {
      if (!value.IsSequence() || !item.IsScalar()) break;
      const auto text = item.as<std::string>();
      if (text.empty() || Has(texts, text)) return Refuse(place, "names each thing once");
      texts.push_back(text);
    }
    if (texts.empty() || texts.size() != value.size()) {
      return Refuse(place, "needs a list of plain values");
    }
    return texts;
  }

  [[nodiscard]] Result<int64_t> Number(const Place& place, const YAML::Node& value, int64_t min,
                                       int64_t max) const {
    int64_t number = 0;
    if (value.IsScalar() && YAML::convert<int64_t>::decode(value, number) && number >= min &&
        number <= max) {
      return number;
    }
    return Refuse(
        place, "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  }

  template <typename Words>
  [[nodiscard]] auto OneOf(const Place& place, const YAML::Node& value, const Words& words) const
      -> Result<std::remove_cvref_t<decltype(words.front().value)>> {
    const std::string given = value.IsScalar() ? value.as<std::string>() : "";
    std::string names;
    for (const auto& word : words) {
      if (word.name == given) return word.value;
      names += (names.empty() ? "" : ", ") + std::string(word.name);
    }
    return Refuse(place, "must be one of " + names + (given.empty() ? "" : ", not " + given));
  }

  static int LineOf(const YAML::Node& node) { return node.Mark().line + 1; }

  [[nodiscard]] Status InPlace(const Place& place, const Status& status) const {
    return status.ok() ? status : Refuse(place, status.message());
  }

  [[nodiscard]] Status Refuse(const Place& place, const std::string& why) const {
    return MakeError(ErrorKind::kInvalidInput, source_.path + ":" + std::to_string(place.line) +
                                                   ": " + place.key + ": " + why);
  }

  const RulesSource& source_;
};

}  // namespace

Result<service::StreamRules> ParseStreamRules(const std::string& text, const RulesSource& source) {
  try {
    return Reading(source).Take(YAML::Load(text));
  } catch (const YAML::Exception& error) {
    return MakeError(ErrorKind::kInvalidInput, source.path + ":" +
                                                   std::to_string(error.mark.line + 1) +
                                                   ": this is not YAML: " + error.msg);
  }
}

Result<std::string> ReadRulesFile(const RulesSource& source) {
  if (source.path.empty()) return std::string();
  std::error_code error;
  std::ifstream file(source.path);
  std::ostringstream text;
  if (std::filesystem::is_regular_file(source.path, error) && file.is_open()) {
    // Nothing to read is no failure.
    if (file.peek() == std::ifstream::traits_type::eof()) return std::string();
    if (text << file.rdbuf()) return text.str();
  }
  return MakeError(ErrorKind::kNotFound, source.path + ": the file of rules cannot be read");
}

}  // namespace arrowport::server
