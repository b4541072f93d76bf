#include "http/json_parts.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace arrowport::http {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 2> kKeys = {"a", "b"};
constexpr JsonParts kParts = {.keys = kKeys, .depth_max = 2};

TEST(JsonPartsTest, KeepsWhatIsNamed) {
  const std::vector<std::pair<std::string, Json>> documents = {
      {R"({"a": 1, "b": "text"})", {{"a", 1}, {"b", "text"}}},
      {R"({"a": {"b": -1, "c": 2}, "c": {"a": 3}})", {{"a", {{"b", -1}}}}},
      {R"({"a": [1, {"a": 2}, [3]], "b": 4})", {{"a", Json::array()}, {"b", 4}}},
      {R"({"a": {"b": {"a": 1}}, "b": true})", {{"a", {{"b", Json::object()}}}, {"b", true}}},
      {R"({"a": 1, "a": {"b": 2}})", {{"a", {{"b", 2}}}}},
      {R"({"c": {"c": [{}]}, "a": 0.5, "b": null})", {{"a", 0.5}, {"b", nullptr}}},
      {"[1, {}]", Json::array()},
      {"5", 5},
  };
  for (const auto& [text, expected] : documents) {
    const auto parts = ParseJsonParts(text, kParts);
    EXPECT_EQ(parts, std::optional<Json>(expected)) << text;
  }
}

TEST(JsonPartsTest, TakesNothingThatIsNotValid) {
  for (const char* text :
       {"", "{", R"({"c": })", R"({"a": 1} 2)", R"({"c": [1, 2})", "[\"\xff\"]"}) {
    EXPECT_FALSE(ParseJsonParts(text, kParts).has_value()) << text;
  }
}

TEST(JsonPartsTest, PassesOverBracketsOfAnyDepth) {
  constexpr size_t kDepth = 1'000'000;
  const std::string deep = std::string(kDepth, '[') + std::string(kDepth, ']');
  EXPECT_FALSE(ParseJsonParts(std::string(kDepth, '['), kParts).has_value());
  EXPECT_EQ(ParseJsonParts(R"({"c": )" + deep + R"(, "b": 1})", kParts), Json({{"b", 1}}));
}

}  // namespace
}  // namespace arrowport::http
