#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/shape.h"

namespace arrowport::engine {

/// What becomes of the rows that a table has already.
enum class LandingMode {
  kAppend,   ///< They stay, and what is put comes beside them.
  kUpsert,   ///< Those with a key that is put are replaced; the rest stays.
  kReplace,  ///< What is put takes the place of all of them.
};

/// How a table may change when what is put has other columns.
struct SchemaChange {
  bool add_columns = false;  ///< Columns that it lacks are added; its rows have NULL there.
  /// Columns get a type that has every value of both: int32 and int64, float and double, decimals
  /// of more digits, finer timestamps, an enum and text. One without any value gets any type.
  bool widen = false;

  bool operator==(const SchemaChange&) const = default;
};

/// How rows land in a table.
struct LandingRule {
  LandingMode mode = LandingMode::kAppend;
  std::vector<std::string> key = {};  ///< Of kUpsert: columns that no two rows have alike.
  /// Of kUpsert: of two rows with one key the one with more in this column stays, and of equals the
  /// one that came last. Empty: the one that came last.
  std::string order_by = {};
  /// Of kUpsert: a BOOLEAN column of what is put, not of the table. Where it is true the row with
  /// that key is deleted. Empty: none is.
  std::string delete_column = {};
  SchemaChange on_schema_change = {};
  bool create_table = true;                    ///< Where there is none.
  std::vector<std::string> partition_by = {};  ///< Of a table that is made in a lake.
  std::vector<ShapeColumn> checks = {};  ///< What values must be, by column; types are unused.
  /// Whether rows that the table cannot take, or that break a check, land in `arrowport.quarantine`
  /// of the same catalog. Otherwise one of them fails the put.
  bool quarantine = false;
};

/// A rule with what one put, or all puts of a stream, need of it.
struct Landing {
  LandingRule rule = {};

  // Only of rules with a quarantine.
  std::string stream = {};    ///< Is written there.
  std::string producer = {};  ///< The same; empty: NULL.
  /// Called before the commit with how many rows went there.
  std::function<void(int64_t rows)> on_quarantined = nullptr;

  /// Whether rows are only appended, to columns that are there.
  [[nodiscard]] bool is_plain() const {
    return rule.mode == LandingMode::kAppend && !needs_staging() && rule.partition_by.empty();
  }

  /// Whether all rows must be there before the first one lands.
  [[nodiscard]] bool needs_staging() const { return rule.quarantine || !rule.checks.empty(); }
};

}  // namespace arrowport::engine
