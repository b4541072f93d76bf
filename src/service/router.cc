#include "service/router.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "engine/landing.h"
#include "service/stream_rule.h"

namespace arrowport::service {

Route RouteOf(std::shared_ptr<const StreamRule> rule) {
  auto landing = std::make_shared<engine::Landing>();
  landing->rule = rule->landing;
  return {.rule = std::move(rule), .landing = std::move(landing)};
}

void Router::Follow(const StreamRules& rules, std::string source) {
  auto routes = std::make_shared<Routes>();
  for (const auto& rule : rules) routes->push_back(RouteOf(rule));
  const std::lock_guard lock(mutex_);
  routes_ = std::move(routes);
  state_.rules = static_cast<int64_t>(rules.size());
  ++state_.loads;
  state_.source = std::move(source);
  state_.refusal.clear();
}

void Router::Refuse(const Status& reason) {
  const std::lock_guard lock(mutex_);
  ++state_.refusals;
  state_.refusal = reason.message();
}

Route Router::Find(std::string_view stream) const {
  std::shared_ptr<const Routes> routes;
  {
    const std::lock_guard lock(mutex_);
    routes = routes_;
  }
  for (const Route& route : *routes) {
    if (route.rule->Matches(stream)) return route;
  }
  return {};
}

RulesState Router::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

}  // namespace arrowport::service
