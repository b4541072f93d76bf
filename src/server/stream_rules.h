#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "service/stream_rule.h"

namespace arrowport::server {

/// Where the rules of streams stand.
struct RulesSource {
  std::string path;  ///< A YAML file; empty: there are none.
  /// Whether the file is the server's configuration: then they stand under `streams`, if they are
  /// there. Otherwise they may also be all of the file.
  bool is_config = false;
};

/// Reads rules: patterns of streams' names, in the order in which they are tried.
///
///     streams:
///       sensor-*:
///         target_table: raw.{stream}
///         mode: upsert                  # append, upsert, replace
///         key: [id]
///         order_by: measured_at
///         on_schema_change: evolve      # strict, skip, add_columns, widen, evolve
///         on_bad_rows: quarantine       # refuse, quarantine
///
/// All keys: docs/streams.md.
/// \return kInvalidInput with the place and the reason, "streams.yaml:7: streams.sensor-*.mode: …".
Result<service::StreamRules> ParseStreamRules(const std::string& text, const RulesSource& source);

/// The text of the source; empty without one. kNotFound when it cannot be read.
Result<std::string> ReadRulesFile(const RulesSource& source);

}  // namespace arrowport::server
