#include "engine/data_views.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/data_source.h"

namespace arrowport::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

using Patterns = std::vector<std::string>;

class DataViewsTest : public ::testing::Test {
 protected:
  DataViews Make(DataSource source) { return *DataViews::Make(std::move(source), names_); }
  DataViews MakeFolder() {
    return Make({.view = "dataset", .pattern = "/lake/*", .view_per_file = true});
  }

  static std::map<std::string, Patterns> ByName(const DataViewChanges& changes) {
    std::map<std::string, Patterns> views;
    for (const DataView& view : changes.views) views[view.name] = view.patterns;
    return views;
  }

  DataViewNames names_;
};

TEST_F(DataViewsTest, NumbersFilesInTheirOrderAndNamesThemToo) {
  auto views = MakeFolder();
  EXPECT_THAT(
      ByName(views.Update({"/lake/b.csv", "/lake/a.parquet"})),
      ElementsAre(Pair("a", Patterns{"/lake/a.parquet"}), Pair("b", Patterns{"/lake/b.csv"}),
                  Pair("dataset", Patterns{"/lake/a.parquet", "/lake/b.csv"}),
                  Pair("file_0", Patterns{"/lake/a.parquet"}),
                  Pair("file_1", Patterns{"/lake/b.csv"})));
}

TEST_F(DataViewsTest, KeepsNumbersWhenFilesComeAndGo) {
  auto views = MakeFolder();
  (void)views.Update({"/lake/b.csv", "/lake/c.csv"});
  EXPECT_THAT(views.Update({"/lake/c.csv", "/lake/b.csv"}).views, IsEmpty());
  EXPECT_THAT(ByName(views.Update({"/lake/a.csv", "/lake/c.csv"})),
              ElementsAre(Pair("a", Patterns{"/lake/a.csv"}),
                          Pair("dataset", Patterns{"/lake/a.csv", "/lake/c.csv"}),
                          Pair("file_2", Patterns{"/lake/a.csv"})));
  EXPECT_THAT(ByName(views.Update({"/lake/b.csv"})),
              ElementsAre(Pair("dataset", Patterns{"/lake/b.csv"})));
}

TEST_F(DataViewsTest, WithoutFilesTheViewOfAllNamesItsPattern) {
  auto views = MakeFolder();
  EXPECT_THAT(ByName(views.Update({})), ElementsAre(Pair("dataset", Patterns{"/lake/*"})));
  EXPECT_THAT(views.Update({}).views, IsEmpty());
}

TEST_F(DataViewsTest, SaysWhichFileGoesWithoutItsName) {
  auto views = MakeFolder();
  const auto changes = views.Update(
      {"/lake/a.csv", "/lake/A.parquet", "/lake/Dataset.csv", "/lake/file_7.csv", "/lake/.csv"});
  EXPECT_THAT(ByName(changes), ElementsAre(Pair("A", Patterns{"/lake/A.parquet"}),
                                           Pair("dataset", ::testing::SizeIs(5)),
                                           Pair("file_0", Patterns{"/lake/.csv"}),
                                           Pair("file_1", Patterns{"/lake/A.parquet"}),
                                           Pair("file_2", Patterns{"/lake/Dataset.csv"}),
                                           Pair("file_3", Patterns{"/lake/a.csv"}),
                                           Pair("file_4", Patterns{"/lake/file_7.csv"})));
  EXPECT_THAT(changes.warnings, ElementsAre(HasSubstr("file_2"), HasSubstr("file_3"),
                                            HasSubstr("'/lake/file_7.csv' is the view file_4")));
}

TEST_F(DataViewsTest, ASourceWithANameOfItsOwnIsOneView) {
  auto views = Make({.view = "zones", .pattern = "/lake/z*.csv"});
  EXPECT_THAT(ByName(views.Update({"/lake/z[1].csv"})),
              ElementsAre(Pair("zones", Patterns{"/lake/z[[]1].csv"})));
}

TEST_F(DataViewsTest, AnAddressIsListedWheneverItsViewIsRead) {
  auto views = Make({.view = "dataset", .pattern = "s3://lake/*.parquet", .view_per_file = true});
  EXPECT_THAT(ByName(views.Update({"s3://lake/a.parquet"})),
              ElementsAre(Pair("a", Patterns{"s3://lake/a.parquet"}),
                          Pair("dataset", Patterns{"s3://lake/*.parquet"}),
                          Pair("file_0", Patterns{"s3://lake/a.parquet"})));
}

TEST_F(DataViewsTest, TwoSourcesCannotHaveOneName) {
  (void)Make({.view = "trips", .pattern = "a.csv"});
  const auto again =
      DataViews::Make({.view = "Trips", .pattern = "b.csv", .option = "--data"}, names_);
  EXPECT_EQ(KindOf(again.status()), ErrorKind::kInvalidInput);
  EXPECT_THAT(again.status().message(), HasSubstr("--data: the view 'Trips'"));
  EXPECT_FALSE(DataViews::Make({.view = "file_1", .pattern = "b.csv"}, names_).ok());
}

}  // namespace
}  // namespace arrowport::engine
