#include "http/openapi.h"

#include <cstddef>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "http/routes.h"

namespace arrowport::http {
namespace {

using Json = nlohmann::ordered_json;

// Calls `visit` with every object in `json`.
template <typename Visit>
void ForEachObject(const Json& json, const Visit& visit) {
  if (json.is_object()) visit(json);
  if (!json.is_structured()) return;
  for (const Json& child : json) ForEachObject(child, visit);
}

TEST(OpenApiTest, DescribesEveryRoute) {
  const Json document = DescribeRoutes(RouteTable(), "1.2.3");
  EXPECT_EQ(document["info"]["version"], "1.2.3");
  size_t operations = 0;
  for (const Json& path : document["paths"]) operations += path.size();
  EXPECT_EQ(operations, RouteTable().size());
  const Json& data = document["paths"]["/tables/{name}/data"]["get"];
  EXPECT_EQ(data["parameters"].front()["in"], "path");
  EXPECT_EQ(data["parameters"].size(), 10U);
  EXPECT_TRUE(data["responses"]["200"]["content"].contains("text/csv"));
}

TEST(OpenApiTest, NamesEachOperationOnce) {
  std::set<std::string> names;
  const Json document = DescribeRoutes(RouteTable(), "1");
  for (const Json& path : document["paths"]) {
    for (const Json& operation : path) {
      EXPECT_TRUE(names.insert(operation["operationId"].get<std::string>()).second) << operation;
    }
  }
}

TEST(OpenApiTest, HasEverySchemaThatItRefersTo) {
  const Json document = DescribeRoutes(RouteTable(), "1");
  int references = 0;
  ForEachObject(document, [&](const Json& object) {
    if (!object.contains("$ref")) return;
    ++references;
    const std::string place = object["$ref"].get<std::string>().substr(1);
    EXPECT_TRUE(document.contains(Json::json_pointer(place))) << place;
  });
  EXPECT_GT(references, 20);
}

}  // namespace
}  // namespace arrowport::http
