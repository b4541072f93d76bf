#include "http/routes.h"

#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "http/request.h"
#include "http/target.h"

namespace arrowport::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<RouteMatch> Find(Method method, std::string_view path) {
  return FindRoute(RouteTable(), method, path);
}

TEST(RoutesTest, FindsARouteAndItsParameter) {
  const RouteMatch match = Find(Method::post, "/ingest/a%2Fb").ValueOrDie();
  EXPECT_EQ(match.route->pattern, "/ingest/{stream}");
  EXPECT_THAT(match.parameters, ElementsAre("a/b"));
  EXPECT_EQ(Find(Method::get, "/tables").ValueOrDie().route->pattern, "/tables");
  EXPECT_EQ(Find(Method::get, "/").ValueOrDie().route->pattern, "/");
}

TEST(RoutesTest, FindsEachParameterOfAPath) {
  const RouteMatch match = Find(Method::put, "/ingest/a%2Fb/parts/0f/day%201").ValueOrDie();
  EXPECT_EQ(match.route->pattern, "/ingest/{stream}/parts/{ingest}/{part}");
  EXPECT_THAT(match.parameters, ElementsAre("a/b", "0f", "day 1"));
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
  EXPECT_THAT(file.parameters, ElementsAre("a.b"));
  EXPECT_THAT(Find(Method::get, "/tables/a.parquet.arrow").ValueOrDie().parameters,
              ElementsAre("a.parquet"));
  for (const char* path : {"/tables/.parquet", "/tables/a.PARQUET", "/tables/a%2Eparquet",
                           "/tables/main.%22parquet%22", "/tables/a.csv"}) {
    EXPECT_EQ(Find(Method::get, path).ValueOrDie().route->pattern, "/tables/{name}") << path;
  }
  EXPECT_THAT(Find(Method::get, "/tables/a.arrow/data").ValueOrDie().parameters,
              ElementsAre("a.arrow"));
  EXPECT_EQ(AllowedMethods(RouteTable(), "/tables/a.arrow"), "GET, HEAD");
}

TEST(RoutesTest, HasASummaryAndAHandlerForEachRoute) {
  for (const Route& route : RouteTable()) {
    EXPECT_FALSE(route.summary.empty()) << route.pattern;
    EXPECT_FALSE(route.verb.empty()) << route.pattern;
    EXPECT_NE(route.handler, nullptr) << route.pattern;
  }
}

TEST(RoutesTest, TakesTheParametersOfARouteOnceAndNoOthers) {
  const auto check = [](std::string_view text) {
    const Target target = ParseTarget(text).ValueOrDie();
    return CheckParameters(*Find(Method::get, target.path).ValueOrDie().route, target);
  };
  EXPECT_TRUE(check("/tables/t/data?columns=a&limit=1").ok());
  EXPECT_TRUE(check("/healthz?from=balancer").ok());
  for (const char* text :
       {"/tables/t/data?sql=1", "/tables/t/data?Limit=1", "/tables/t/data?limit=1&limit=2",
        "/tables?format=csv", "/query?format=csv"}) {
    EXPECT_EQ(KindOf(check(text)), ErrorKind::kInvalidInput) << text;
  }
  EXPECT_EQ(check("/query").message(), "the query parameter 'sql' is missing");
  EXPECT_EQ(check("/tables?x=1").message(),
            "query parameter 'x' is not known here; there are none");
  EXPECT_THAT(check("/query?sqll=1").message(),
              HasSubstr("'sqll' is not known here; there are sql, "));
  EXPECT_EQ(check("/tables/t/data?limit=1&where=a&limit=1").message(),
            "query parameter 'limit' is given twice");
}

}  // namespace
}  // namespace arrowport::http
