#include "http/routes.h"

#include <string_view>

#include <gtest/gtest.h>

#include "base/error.h"
#include "http/request.h"

namespace arrowport::http {
namespace {

Result<RouteMatch> Find(Method method, std::string_view path) {
  return FindRoute(RouteTable(), method, path);
}

TEST(RoutesTest, FindsARouteAndItsParameter) {
  const RouteMatch match = Find(Method::post, "/ingest/a%2Fb").ValueOrDie();
  EXPECT_EQ(match.route->pattern, "/ingest/{stream}");
  EXPECT_EQ(match.parameter, "a/b");
  EXPECT_EQ(Find(Method::get, "/tables").ValueOrDie().route->pattern, "/tables");
  EXPECT_EQ(Find(Method::get, "/").ValueOrDie().route->pattern, "/");
}

TEST(RoutesTest, ServesHeadWhereItServesGet) {
  EXPECT_EQ(Find(Method::head, "/healthz").ValueOrDie().route->pattern, "/healthz");
}

TEST(RoutesTest, KnowsNoOtherPaths) {
  for (const char* path :
       {"/nothing", "/ingest", "/ingest/", "/ingest/a/b", "/tables/", "//", ""}) {
    EXPECT_EQ(KindOf(Find(Method::post, path).status()), ErrorKind::kNotFound) << path;
  }
}

TEST(RoutesTest, NamesTheMethodsThatAPathHas) {
  const Status status = Find(Method::get, "/ingest/a").status();
  EXPECT_EQ(KindOf(status), ErrorKind::kMethodNotAllowed);
  EXPECT_EQ(status.message(), "'/ingest/a' takes POST");
  EXPECT_EQ(AllowedMethods(RouteTable(), "/tables/x"), "GET, HEAD");
  EXPECT_EQ(AllowedMethods(RouteTable(), "/query"), "POST, GET, HEAD");
}

TEST(RoutesTest, RefusesAParameterThatCannotBeDecoded) {
  EXPECT_EQ(KindOf(Find(Method::post, "/ingest/%00").status()), ErrorKind::kInvalidInput);
}

TEST(RoutesTest, FindsAnEndingBeforeANameThatHasIt) {
  const RouteMatch file = Find(Method::get, "/tables/a%2Eb.parquet").ValueOrDie();
  EXPECT_EQ(file.route->pattern, "/tables/{name}.parquet");
  EXPECT_EQ(file.parameter, "a.b");
  EXPECT_EQ(Find(Method::get, "/tables/a.parquet.arrow").ValueOrDie().parameter, "a.parquet");
  for (const char* path : {"/tables/.parquet", "/tables/a.PARQUET", "/tables/a%2Eparquet",
                           "/tables/main.%22parquet%22", "/tables/a.csv"}) {
    EXPECT_EQ(Find(Method::get, path).ValueOrDie().route->pattern, "/tables/{name}") << path;
  }
  EXPECT_EQ(Find(Method::get, "/tables/a.arrow/data").ValueOrDie().parameter, "a.arrow");
  EXPECT_EQ(AllowedMethods(RouteTable(), "/tables/a.arrow"), "GET, HEAD");
}

TEST(RoutesTest, HasASummaryAndAHandlerForEachRoute) {
  for (const Route& route : RouteTable()) {
    EXPECT_FALSE(route.summary.empty()) << route.pattern;
    EXPECT_FALSE(route.verb.empty()) << route.pattern;
    EXPECT_NE(route.handler, nullptr) << route.pattern;
  }
}

}  // namespace
}  // namespace arrowport::http
