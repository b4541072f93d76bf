#include "http/json_parts.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace arrowport::http {
namespace {

using Json = nlohmann::json;

class PartsReader final : public nlohmann::json_sax<Json> {
 public:
  explicit PartsReader(const JsonParts& parts) : parts_(parts) {}

  Json Take() { return std::move(root_); }

  bool null() override { return Value(nullptr); }
  bool boolean(bool value) override { return Value(value); }
  bool number_integer(int64_t value) override { return Value(value); }
  bool number_unsigned(uint64_t value) override { return Value(value); }
  bool number_float(double value, const std::string& /*text*/) override { return Value(value); }
  bool string(std::string& value) override { return Value(std::move(value)); }
  bool binary(Json::binary_t& /*value*/) override { return false; }
  bool start_object(size_t /*size*/) override { return Begin(Json::object()); }
  bool end_object() override { return End(); }
  bool start_array(size_t /*size*/) override { return Begin(Json::array()); }
  bool end_array() override { return End(); }

  bool key(std::string& name) override {
    if (passed_over_ > 0) return true;
    const bool known = std::ranges::find(parts_.keys, name) != parts_.keys.end();
    key_ = known ? std::move(name) : std::string();
    return true;
  }

  bool parse_error(size_t /*position*/, const std::string& /*token*/,
                   const Json::exception& /*error*/) override {
    return false;
  }

 private:
  // Where the next value stands; null when it is not kept.
  Json* Place() {
    if (passed_over_ > 0) return nullptr;
    if (open_.empty()) return &root_;
    return open_.back()->is_object() && !key_.empty() ? &(*open_.back())[key_] : nullptr;
  }

  bool Value(Json value) {
    if (Json* const place = Place()) *place = std::move(value);
    return true;
  }

  bool Begin(Json container) {
    Json* const place = Place();
    if (place != nullptr) *place = std::move(container);
    if (place != nullptr && open_.size() < static_cast<size_t>(parts_.depth_max)) {
      open_.push_back(place);
    } else {
      ++passed_over_;
    }
    return true;
  }

  bool End() {
    if (passed_over_ > 0) {
      --passed_over_;
    } else {
      open_.pop_back();
    }
    return true;
  }

  const JsonParts& parts_;
  Json root_;
  std::vector<Json*> open_;  // Within one another; those that are kept.
  size_t passed_over_ = 0;   // Open ones that are not kept.
  std::string key_;          // Of the next value; empty when it is not kept.
};

}  // namespace

std::optional<Json> ParseJsonParts(std::string_view text, const JsonParts& parts) {
  PartsReader reader(parts);
  if (!Json::sax_parse(text, &reader)) return std::nullopt;
  return reader.Take();
}

}  // namespace arrowport::http
