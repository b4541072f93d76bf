#include "http/query_request.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/scalar.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "http/target.h"

namespace arrowport::http {
namespace {

using testing::HasSubstr;

QueryRequest ReadJson(const std::string& body) {
  return ReadQueryRequest("application/json", body).ValueOrDie();
}

Status FailureOf(const std::string& body) {
  return ReadQueryRequest("application/json; charset=utf-8", body).status();
}

TEST(QueryRequestTest, TakesSqlText) {
  for (const char* type :
       {"", "application/sql", "text/plain; charset=utf-8", "application/x-www-form-urlencoded"}) {
    EXPECT_EQ(ReadQueryRequest(type, "SELECT 1").ValueOrDie().statement.sql, "SELECT 1") << type;
  }
}

TEST(QueryRequestTest, ReadsParametersWithTheirTypes) {
  const QueryRequest request = ReadJson(
      R"({"sql": "SELECT 1", "params": [null, true, -3, 4, 18446744073709551615, 0.5, "ü"]})");
  const std::vector<std::shared_ptr<arrow::Scalar>> expected = {
      std::make_shared<arrow::NullScalar>(),
      std::make_shared<arrow::BooleanScalar>(true),
      std::make_shared<arrow::Int64Scalar>(-3),
      std::make_shared<arrow::Int64Scalar>(4),
      std::make_shared<arrow::UInt64Scalar>(UINT64_MAX),
      std::make_shared<arrow::DoubleScalar>(0.5),
      std::make_shared<arrow::StringScalar>("ü"),
  };
  ASSERT_EQ(request.statement.parameters.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(request.statement.parameters[i]->Equals(*expected[i])) << i;
  }
}

TEST(QueryRequestTest, ReadsTheOptions) {
  const QueryRequest request =
      ReadJson(R"({"sql": "SELECT 1", "ordered": false, "timeout_ms": 250})");
  EXPECT_FALSE(request.options.ordered);
  EXPECT_EQ(request.timeout, std::chrono::milliseconds(250));
  EXPECT_TRUE(ReadJson(R"({"sql": "SELECT 1"})").options.ordered);
}

TEST(QueryRequestTest, NamesTheKeyThatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"sql": 1})", "'sql'"},
      {R"({"sql": "SELECT 1", "params": {}})", "\"params\""},
      {R"({"sql": "SELECT 1", "params": [1, [2]]})", "params[1]"},
      {R"({"sql": "SELECT 1", "ordered": 1})", "'ordered'"},
      {R"({"sql": "SELECT 1", "timeout_ms": 0})", "'timeout_ms'"},
      {R"({"sql": "SELECT 1", "timeout_ms": -5})", "'timeout_ms'"},
      {R"({"sql": "SELECT 1", "timeout_ms": 1e300})", "'timeout_ms'"},
      {R"({"sql": "SELECT 1", "limit": 1})", "'limit'"},
      {R"({"sql": )", "JSON"},
      {R"(["SELECT 1"])", "'sql'"},
      {R"({})", "no SQL"},
  };
  for (const auto& [body, words] : cases) {
    const Status status = FailureOf(body);
    EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput) << body;
    EXPECT_THAT(status.message(), HasSubstr(words));
  }
}

TEST(QueryRequestTest, RefusesWhatHoldsNoSql) {
  for (const char* body : {"", " \n", ";"}) {
    EXPECT_EQ(KindOf(ReadQueryRequest("", body).status()), ErrorKind::kInvalidInput);
  }
  EXPECT_EQ(KindOf(ReadQueryRequest("", "SELECT '\xff'").status()), ErrorKind::kInvalidInput);
}

TEST(QueryRequestTest, RefusesOtherTypes) {
  EXPECT_EQ(KindOf(ReadQueryRequest("application/xml", "SELECT 1").status()),
            ErrorKind::kUnsupportedMedia);
}

TEST(QueryRequestTest, SurvivesDeepJson) {
  EXPECT_FALSE(FailureOf(std::string(1'000'000, '[')).ok());
}

TEST(QueryRequestTest, ReadsAQueryFromItsAddress) {
  const Target target =
      ParseTarget(
          "/query?sql=SELECT%20%27a%26b%27&ordered=false&timeout_ms=50&format=csv&"
          "compression=none")
          .ValueOrDie();
  const QueryRequest request = ReadQueryTarget(target).ValueOrDie();
  EXPECT_EQ(request.statement.sql, "SELECT 'a&b'");
  EXPECT_TRUE(request.options.read_only);
  EXPECT_FALSE(request.options.ordered);
  EXPECT_EQ(request.timeout, std::chrono::milliseconds(50));
}

TEST(QueryRequestTest, NamesWhatIsWrongWithAnAddress) {
  const auto failure = [](const std::string& query) {
    const Status status = ReadQueryTarget(ParseTarget("/query?" + query).ValueOrDie()).status();
    EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput) << query;
    return status.message();
  };
  EXPECT_THAT(failure(""), HasSubstr("'sql' is missing"));
  EXPECT_THAT(failure("sql=+;"), HasSubstr("no SQL"));
  EXPECT_THAT(failure("sql=1&ordered=no"), HasSubstr("'ordered'"));
  EXPECT_THAT(failure("sql=1&timeout_ms=0"), HasSubstr("'timeout_ms'"));
  EXPECT_THAT(failure("sql=1&timeout_ms=86400001"), HasSubstr("86400000"));
}

}  // namespace
}  // namespace arrowport::http
