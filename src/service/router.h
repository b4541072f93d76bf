#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "engine/landing.h"
#include "engine/table.h"
#include "service/stream_rule.h"

namespace arrowport::service {

/// A rule, and its landing as all puts that follow it share it.
struct Route {
  std::shared_ptr<const StreamRule> rule;          ///< Null: there is none for the stream.
  std::shared_ptr<const engine::Landing> landing;  ///< Null: rows are appended.
};

/// Of a rule that no put follows yet.
Route RouteOf(std::shared_ptr<const StreamRule> rule);

/// What became of the rules that were read last.
struct RulesState {
  int64_t rules = 0;         ///< That are followed.
  int64_t loads = 0;         ///< How often rules were taken.
  int64_t refusals = 0;      ///< How often they were not, because something in them was wrong.
  std::string source = {};   ///< Where they stand; empty without any.
  std::string refusal = {};  ///< Why those read last are not followed; empty when they are.
};

/// Finds the rule of a stream. Rules may be replaced at any time; a put ends under those that it
/// began with. Safe to use from many threads.
class Router {
 public:
  /// Follows `rules` from now on.
  void Follow(const StreamRules& rules, std::string source);

  /// Goes on with the rules that it has, and remembers why.
  void Refuse(const Status& reason);

  [[nodiscard]] Route Find(std::string_view stream) const;
  [[nodiscard]] RulesState state() const;

 private:
  using Routes = std::vector<Route>;

  // Everything below is guarded by mutex_.
  mutable std::mutex mutex_;
  std::shared_ptr<const Routes> routes_ = std::make_shared<Routes>();
  RulesState state_;
};

}  // namespace arrowport::service
