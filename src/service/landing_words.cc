#include "service/landing_words.h"

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "engine/landing.h"
#include "service/put.h"
#include "service/router.h"
#include "service/stream_rule.h"

namespace arrowport::service {
namespace {

using engine::LandingMode;
using engine::LandingRule;

struct Word {
  std::string_view key;
  std::string_view name;
  void (*apply)(StreamRule& rule);
};

template <LandingMode mode>
void SetMode(StreamRule& rule) {
  rule.landing.mode = mode;
}

template <bool add_columns, bool widen, bool skip>
void SetChange(StreamRule& rule) {
  rule.landing.on_schema_change = {.add_columns = add_columns, .widen = widen};
  rule.skip_misfits = skip;
}

template <bool quarantine>
void SetBadRows(StreamRule& rule) {
  rule.landing.quarantine = quarantine;
}

constexpr std::array kWords = {
    Word{"mode", "append", SetMode<LandingMode::kAppend>},
    Word{"mode", "upsert", SetMode<LandingMode::kUpsert>},
    Word{"mode", "replace", SetMode<LandingMode::kReplace>},
    Word{"on_schema_change", "strict", SetChange<false, false, false>},
    Word{"on_schema_change", "skip", SetChange<false, false, true>},
    Word{"on_schema_change", "add_columns", SetChange<true, false, false>},
    Word{"on_schema_change", "widen", SetChange<false, true, false>},
    Word{"on_schema_change", "evolve", SetChange<true, true, false>},
    Word{"on_bad_rows", "refuse", SetBadRows<false>},
    Word{"on_bad_rows", "quarantine", SetBadRows<true>},
};

constexpr std::string_view kOptions =
    "delete_column, key, mode, on_bad_rows, on_schema_change and order_by";

bool Has(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

Status Refuse(const std::string& why) { return MakeError(ErrorKind::kInvalidInput, why); }

Result<std::vector<std::string>> SplitNames(std::string_view text) {
  std::vector<std::string> names;
  for (;;) {
    const auto comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const auto first = part.find_first_not_of(' ');
    if (first == std::string_view::npos) return Refuse("an empty name");
    names.emplace_back(part.substr(first, part.find_last_not_of(' ') - first + 1));
    if (comma == std::string_view::npos) return names;
    text.remove_prefix(comma + 1);
  }
}

Status SetOption(StreamRule& rule, const std::string& key, const std::string& text) {
  LandingRule& landing = rule.landing;
  if (HasWords(key)) return SetByWord(rule, key, text);
  if (key == "key") return SplitNames(text).Value(&landing.key);
  if (key == "order_by") {
    landing.order_by = text;
  } else if (key == "delete_column") {
    landing.delete_column = text;
  } else {
    return Refuse("there is no such option; how rows land is told by " + std::string(kOptions));
  }
  return Status::OK();
}

}  // namespace

bool HasWords(std::string_view key) {
  return std::ranges::find(kWords, key, &Word::key) != kWords.end();
}

Status SetByWord(StreamRule& rule, std::string_view key, std::string_view word) {
  std::string names;
  for (const Word& known : kWords) {
    if (known.key != key) continue;
    if (known.name == word) {
      known.apply(rule);
      return Status::OK();
    }
    names += (names.empty() ? "" : ", ") + std::string(known.name);
  }
  return Refuse("must be one of " + names + (word.empty() ? "" : ", not " + std::string(word)));
}

Status CheckTogether(const StreamRule& rule) {
  const LandingRule& landing = rule.landing;
  const bool upserts = landing.mode == LandingMode::kUpsert;
  if (upserts && landing.key.empty()) {
    return Refuse("mode upsert needs `key`, the columns that no two rows have alike");
  }
  const bool has_upsert_keys =
      !landing.key.empty() || !landing.order_by.empty() || !landing.delete_column.empty();
  if (!upserts && has_upsert_keys) {
    return Refuse("key, order_by and delete_column are of mode upsert only");
  }
  const std::string& marker = landing.delete_column;
  if (!marker.empty() && (marker == landing.order_by || Has(landing.key, marker))) {
    return Refuse("delete_column is not kept, and so no key and no order_by");
  }
  return Status::OK();
}

Result<Route> WithOptions(Route route, const LandingOptions& options) {
  if (options.empty()) return route;
  auto rule = std::make_shared<StreamRule>();
  if (route.rule != nullptr) *rule = *route.rule;
  const auto mode = options.find("mode");
  // The columns of an upsert are nothing to another mode.
  if (mode != options.end() && mode->second != "upsert") {
    rule->landing.key.clear();
    rule->landing.order_by.clear();
    rule->landing.delete_column.clear();
  }
  for (const auto& [key, text] : options) {
    ARROW_RETURN_NOT_OK(WithContext("the option '" + key + "'", SetOption(*rule, key, text)));
  }
  ARROW_RETURN_NOT_OK(CheckTogether(*rule));
  return RouteOf(std::move(rule));
}

}  // namespace arrowport::service
