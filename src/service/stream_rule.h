#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "engine/landing.h"
#include "engine/table.h"

namespace arrowport::service {

/// When the client of a put is told that it landed.
enum class Durability {
  kCommit,  ///< When it is on disk.
  kQueued,  ///< When it is complete and waits for its commit. A crash may lose it.
};

/// What is done with puts to some streams.
struct StreamRule {
  std::string pattern;  ///< Of their names: `*` stands for any text, `?` for any one byte.
  /// Gets the rows, as TableName::Parse reads it; `{stream}` in a part stands for the stream's
  /// name. Empty: the table that the stream's name says.
  std::string target_table = {};
  engine::LandingRule landing = {};
  /// What becomes of a put whose columns do not fit, once `landing` has changed what it may: it is
  /// refused, or counted and dropped.
  bool skip_misfits = false;
  std::string schema = {};  ///< A registered one, whose constraints the rows must keep.
  Durability durability = Durability::kCommit;
  std::chrono::milliseconds max_delay{0};     ///< That a small put may wait for company.
  std::vector<std::string> add_columns = {};  ///< See AddedColumns.
  std::string place = {};                     ///< Where it stands: "streams.yaml:7". For people.

  /// Whether it is about the stream `name`.
  [[nodiscard]] bool Matches(std::string_view name) const;

  /// \return kInvalidInput when `target_table` with the stream's name is none.
  [[nodiscard]] Result<engine::TableName> TableOf(std::string_view stream) const;
};

/// Rules in the order in which they are asked: the first that matches is followed.
using StreamRules = std::vector<std::shared_ptr<const StreamRule>>;

}  // namespace arrowport::service
