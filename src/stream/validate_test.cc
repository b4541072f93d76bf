#include "stream/validate.h"

#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <arrow/array.h>
#include <arrow/array/data.h>
#include <arrow/buffer.h>
#include <arrow/extension_type.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/type_samples.h"

namespace arrowport::stream {
namespace {

using arrow::ArrayData;
using testing::HasSubstr;

using ArrayDataPtr = std::shared_ptr<ArrayData>;

/// A copy of `data` whose parts may be broken without touching another array.
ArrayDataPtr CopyOf(const ArrayData& data) {
  auto copy = std::make_shared<ArrayData>(data);
  for (auto& buffer : copy->buffers) {
    if (buffer != nullptr) buffer = arrow::Buffer::FromString(buffer->ToString());
  }
  for (auto& child : copy->child_data) child = CopyOf(*child);
  if (copy->dictionary != nullptr) copy->dictionary = CopyOf(*copy->dictionary);
  return copy;
}

ArrayDataPtr DataOf(const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  return CopyOf(*arrow::json::ArrayFromJSONString(type, json).ValueOrDie()->data());
}

template <typename T>
void Set(const ArrayDataPtr& data, size_t buffer, int64_t index, T value) {
  // The copy belongs to the test, which alone knows that it may be written to.
  auto* const bytes = const_cast<uint8_t*>(data->buffers[buffer]->data());
  std::memcpy(bytes + static_cast<size_t>(index) * sizeof(T), &value, sizeof(T));
}

Status Validated(const ArrayDataPtr& data, bool is_nullable = true) {
  const auto type = data->type == nullptr ? arrow::null() : data->type;
  const auto schema = arrow::schema({arrow::field("a", type, is_nullable)});
  return ValidateBatch(
      *arrow::RecordBatch::Make(schema, data->length, arrow::ArrayDataVector{data}), 3);
}

/// A value that is broken on purpose, and what the refusal has to mention.
struct Breakage {
  const char* name;
  std::function<ArrayDataPtr()> make;
  const char* message;
};

void PrintTo(const Breakage& breakage, std::ostream* out) { *out << breakage.name; }

class ValidateBreakageTest : public testing::TestWithParam<Breakage> {};

TEST_P(ValidateBreakageTest, IsRefused) {
  const Status status = Validated(GetParam().make());
  EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput) << status;
  EXPECT_THAT(status.message(), HasSubstr("batch 3, column 'a'"));
  EXPECT_THAT(status.message(), HasSubstr(GetParam().message));
}

ArrayDataPtr Numbers() { return DataOf(arrow::int32(), "[1, null, 3]"); }
ArrayDataPtr Texts() { return DataOf(arrow::utf8(), R"(["ab", "cd", "ef"])"); }
ArrayDataPtr Views() {
  return DataOf(arrow::utf8_view(), R"(["short", "longer than twelve bytes"])");
}
ArrayDataPtr Lists() { return DataOf(arrow::list(arrow::int32()), "[[1, 2], [3]]"); }
ArrayDataPtr Dictionary() {
  return DataOf(arrow::dictionary(arrow::int8(), arrow::utf8()), R"(["a", "b"])");
}
ArrayDataPtr DenseUnion() {
  return DataOf(
      arrow::dense_union({arrow::field("i", arrow::int32()), arrow::field("s", arrow::utf8())}),
      R"([[0, 1], [1, "x"]])");
}
ArrayDataPtr Structs() {
  return DataOf(
      arrow::struct_({arrow::field("x", arrow::int32()), arrow::field("y", arrow::utf8())}),
      R"([{"x": 1, "y": "a"}, {"x": 2, "y": "b"}])");
}
ArrayDataPtr Runs() {
  auto ends = arrow::json::ArrayFromJSONString(arrow::int32(), "[2, 3]").ValueOrDie();
  auto values = arrow::json::ArrayFromJSONString(arrow::utf8(), R"(["a", "b"])").ValueOrDie();
  return CopyOf(*arrow::RunEndEncodedArray::Make(3, ends, values).ValueOrDie()->data());
}

template <typename Function>
std::function<ArrayDataPtr()> Broken(ArrayDataPtr (*make)(), Function change) {
  return [=] {
    auto data = make();
    change(data);
    return data;
  };
}

const std::vector<Breakage> kShapes = {
    {"NegativeOffset", Broken(Numbers, [](auto& d) { d->offset = -1; }), "negative"},
    {"OffsetPastTheEnd", Broken(Numbers, [](auto& d) { d->offset = 1'000; }), "too small"},
    {"OverflowingOffset", Broken(Numbers, [](auto& d) { d->offset = INT64_MAX; }), "large"},
    {"MissingValues", Broken(Numbers, [](auto& d) { d->buffers[1] = nullptr; }), "lacks"},
    {"MissingBits",
     Broken([] { return DataOf(arrow::boolean(), "[true]"); },
            [](auto& d) { d->buffers[1] = nullptr; }),
     "lacks"},
    {"MissingBuffer", Broken(Numbers, [](auto& d) { d->buffers.pop_back(); }), "buffers"},
    {"ShortValues",
     Broken(Numbers, [](auto& d) { d->buffers[1] = arrow::Buffer::FromString("1234"); }),
     "too small"},
    {"MissingOffsets", Broken(Texts, [](auto& d) { d->buffers[1] = nullptr; }), "lacks"},
    {"MissingViews", Broken(Views, [](auto& d) { d->buffers[1] = nullptr; }), "lacks"},
    {"MissingViewsOfNoRows",
     Broken([] { return DataOf(arrow::utf8_view(), "[]"); },
            [](auto& d) { d->buffers[1] = nullptr; }),
     "lacks"},
    {"MissingViewBuffer", Broken(Views, [](auto& d) { d->buffers[2] = nullptr; }), "null"},
    {"MissingChild", Broken(Lists, [](auto& d) { d->child_data.clear(); }), "children"},
    {"NullChild", Broken(Lists, [](auto& d) { d->child_data[0] = nullptr; }), "missing"},
    {"ChildOfAnotherType",
     Broken(Lists, [](auto& d) { d->child_data[0] = DataOf(arrow::utf8(), R"(["a", "b", "c"])"); }),
     "declared type"},
    {"ShortStructChild",
     Broken(Structs, [](auto& d) { d->child_data[0] = DataOf(arrow::int32(), "[1]"); }), "smaller"},
    {"ShortFixedList",
     Broken([] { return DataOf(arrow::fixed_size_list(arrow::int8(), 2), "[[1, 2], [3, 4]]"); },
            [](auto& d) { d->child_data[0]->length = 3; }),
     "too few"},
    {"FixedListPastItsValuesByOffset",
     Broken([] { return DataOf(arrow::fixed_size_list(arrow::int8(), 2), "[[1, 2], [3, 4]]"); },
            [](auto& d) { d->offset = 1; }),
     "too few"},
    {"MissingUnionTypes", Broken(DenseUnion, [](auto& d) { d->buffers[1] = nullptr; }), "lacks"},
    {"MissingUnionOffsets", Broken(DenseUnion, [](auto& d) { d->buffers[2] = nullptr; }), "lacks"},
    {"MissingDictionary", Broken(Dictionary, [](auto& d) { d->dictionary = nullptr; }), "missing"},
    {"DictionaryOfAnotherType",
     Broken(Dictionary, [](auto& d) { d->dictionary = DataOf(arrow::int32(), "[1, 2]"); }),
     "declared type"},
    {"DictionaryWhereNoneBelongs",
     Broken(Numbers, [](auto& d) { d->dictionary = DataOf(arrow::int32(), "[1]"); }), "unexpected"},
    {"ImpossiblyLongChild",
     Broken([] { return DataOf(arrow::large_list(arrow::null()), "[[null]]"); },
            [](auto& d) {
              d->child_data[0]->length = int64_t{1} << 60;
              d->child_data[0]->null_count = int64_t{1} << 60;
              Set<int64_t>(d, 1, 1, int64_t{1} << 60);
            }),
     "limit"},
};

const std::vector<Breakage> kValues = {
    {"WrongNullCount", Broken(Numbers, [](auto& d) { d->null_count = 2; }), "null_count"},
    {"NegativeNullCount", Broken(Numbers, [](auto& d) { d->null_count = -2; }), "null count"},
    {"NullsWithoutBitmap", Broken(Numbers, [](auto& d) { d->buffers[0] = nullptr; }), "bitmap"},
    {"ShortBitmap",
     Broken([] { return DataOf(arrow::null(), "[]"); },
            [](auto& d) {
              d = arrow::ArrayData::Make(arrow::int8(), 100,
                                         {arrow::Buffer::FromString("x"),
                                          arrow::Buffer::FromString(std::string(100, 'x'))});
            }),
     "too small"},
    {"FallingOffsets", Broken(Texts, [](auto& d) { Set<int32_t>(d, 1, 1, 5); }), "non-monotonic"},
    {"NegativeFirstOffset", Broken(Texts, [](auto& d) { Set<int32_t>(d, 1, 0, -1); }), "negative"},
    {"OffsetPastTheText", Broken(Texts, [](auto& d) { Set<int32_t>(d, 1, 3, 99); }),
     "out of bounds"},
    {"TextThatIsNotUtf8", Broken(Texts, [](auto& d) { Set<uint8_t>(d, 2, 0, 0xFF); }), "UTF8"},
    {"HalfACharacterInEachOfTwoTexts",
     Broken([] { return DataOf(arrow::utf8(), R"(["ab", "cd"])"); },
            [](auto& d) {
              Set<uint8_t>(d, 2, 1, 0xC3);
              Set<uint8_t>(d, 2, 2, 0xA9);
            }),
     "UTF8"},
    {"LargeTextThatIsNotUtf8",
     Broken([] { return DataOf(arrow::large_utf8(), R"(["ab"])"); },
            [](auto& d) { Set<uint8_t>(d, 2, 1, 0x80); }),
     "UTF8"},
    {"InlineViewThatIsNotUtf8", Broken(Views, [](auto& d) { Set<uint8_t>(d, 1, 4, 0xFF); }),
     "UTF8"},
    {"LongViewThatIsNotUtf8", Broken(Views, [](auto& d) { Set<uint8_t>(d, 2, 10, 0xFF); }), "UTF8"},
    {"TextInADictionaryThatIsNotUtf8",
     Broken(Dictionary, [](auto& d) { Set<uint8_t>(d->dictionary, 2, 0, 0xFF); }), "UTF8"},
    {"TextInAStructThatIsNotUtf8",
     Broken(Structs, [](auto& d) { Set<uint8_t>(d->child_data[1], 2, 0, 0xFF); }), "UTF8"},
    {"TextInRunsThatIsNotUtf8",
     Broken(Runs, [](auto& d) { Set<uint8_t>(d->child_data[1], 2, 0, 0xFF); }), "UTF8"},
    {"NegativeViewLength", Broken(Views, [](auto& d) { Set<int32_t>(d, 1, 0, -1); }),
     "negative size"},
    {"ViewOfABufferThatIsNotThere", Broken(Views, [](auto& d) { Set<int32_t>(d, 1, 6, 7); }),
     "buffer"},
    {"ViewPastItsBuffer", Broken(Views, [](auto& d) { Set<int32_t>(d, 1, 7, 20); }), "range"},
    {"ViewWithAnotherPrefix", Broken(Views, [](auto& d) { Set<int32_t>(d, 1, 5, 0); }), "prefix"},
    {"IndexPastTheDictionary", Broken(Dictionary, [](auto& d) { Set<int8_t>(d, 1, 1, 2); }),
     "bounds"},
    {"NegativeIndex", Broken(Dictionary, [](auto& d) { Set<int8_t>(d, 1, 1, -1); }), "bounds"},
    {"IndexIntoAnEmptyDictionary",
     Broken(Dictionary, [](auto& d) { d->dictionary = DataOf(arrow::utf8(), "[]"); }), "bounds"},
    {"ListPastItsValues", Broken(Lists, [](auto& d) { Set<int32_t>(d, 1, 2, 9); }),
     "out of bounds"},
    {"ListViewPastItsValues",
     Broken([] { return DataOf(arrow::list_view(arrow::int8()), "[[1], [2]]"); },
            [](auto& d) { Set<int32_t>(d, 2, 0, 9); }),
     "out of bounds"},
    {"ListViewOfNegativeSize",
     Broken([] { return DataOf(arrow::list_view(arrow::int8()), "[[1], [2]]"); },
            [](auto& d) { Set<int32_t>(d, 2, 0, -1); }),
     "out of bounds"},
    {"UnionOfAnUnknownType", Broken(DenseUnion, [](auto& d) { Set<int8_t>(d, 1, 0, 9); }),
     "type id"},
    {"UnionOfANegativeType", Broken(DenseUnion, [](auto& d) { Set<int8_t>(d, 1, 0, -1); }),
     "type id"},
    {"UnionPastItsChild", Broken(DenseUnion, [](auto& d) { Set<int32_t>(d, 2, 0, 9); }), "offset"},
    {"RunsThatFallBack", Broken(Runs, [](auto& d) { Set<int32_t>(d->child_data[0], 1, 0, 3); }),
     "greater than the previous"},
    {"RunsThatEndEarly", Broken(Runs, [](auto& d) { Set<int32_t>(d->child_data[0], 1, 1, 2); }),
     "run end"},
    {"DecimalOverItsPrecision",
     Broken([] { return DataOf(arrow::decimal128(3, 0), R"(["999"])"); },
            [](auto& d) { Set<int64_t>(d, 1, 0, 1'000); }),
     "precision"},
    {"SmallDecimalOverItsPrecision",
     Broken([] { return DataOf(arrow::decimal32(3, 0), R"(["999"])"); },
            [](auto& d) { Set<int32_t>(d, 1, 0, 1'000); }),
     "precision"},
    {"DateWithinADay",
     Broken([] { return DataOf(arrow::date64(), "[0]"); },
            [](auto& d) { Set<int64_t>(d, 1, 0, 1); }),
     "days"},
    {"TimeAfterMidnight",
     Broken([] { return DataOf(arrow::time32(arrow::TimeUnit::SECOND), "[0]"); },
            [](auto& d) { Set<int32_t>(d, 1, 0, 86'400); }),
     "range"},
    {"NegativeTime",
     Broken([] { return DataOf(arrow::time64(arrow::TimeUnit::MICRO), "[0]"); },
            [](auto& d) { Set<int64_t>(d, 1, 0, -1); }),
     "range"},
};

std::string NameOf(const testing::TestParamInfo<Breakage>& breakage) { return breakage.param.name; }

INSTANTIATE_TEST_SUITE_P(Shape, ValidateBreakageTest, testing::ValuesIn(kShapes), NameOf);
INSTANTIATE_TEST_SUITE_P(Value, ValidateBreakageTest, testing::ValuesIn(kValues), NameOf);

TEST(ValidateBatchTest, AcceptsEveryTypeWholeAndInSlices) {
  const auto batch = MakeEveryTypeBatch().ValueOrDie();
  EXPECT_TRUE(ValidateBatch(*batch, 0).ok()) << ValidateBatch(*batch, 0);
  EXPECT_TRUE(ValidateBatch(*batch->Slice(1, 2), 0).ok()) << ValidateBatch(*batch->Slice(1, 2), 0);
  EXPECT_TRUE(ValidateBatch(*batch->Slice(1, 0), 0).ok()) << ValidateBatch(*batch->Slice(1, 0), 0);
}

TEST(ValidateBatchTest, AcceptsNullsOverValuesThatWouldNotBeValid) {
  auto data = DataOf(arrow::utf8(), R"(["ab", null])");
  data->buffers[2] = arrow::Buffer::FromString("ab\xff\xff");
  Set<int32_t>(data, 1, 2, 4);
  EXPECT_TRUE(Validated(data).ok()) << Validated(data);
}

TEST(ValidateBatchTest, LooksIntoTheStorageOfExtensionTypes) {
  auto data = DataOf(arrow::utf8(), R"(["ab"])");
  Set<uint8_t>(data, 2, 0, 0xFF);
  data->type = arrow::extension::json();
  EXPECT_THAT(Validated(data).message(), HasSubstr("UTF8"));
}

TEST(ValidateBatchTest, RefusesNullsInAColumnThatIsDeclaredWithout) {
  EXPECT_THAT(Validated(Numbers(), /*is_nullable=*/false).message(), HasSubstr("not nullable"));
  EXPECT_TRUE(Validated(Texts(), /*is_nullable=*/false).ok());
}

TEST(ValidateBatchTest, RefusesColumnsThatDoNotFitTheBatch) {
  const auto schema = arrow::schema({arrow::field("a", arrow::int32())});
  const auto batch = [&](int64_t rows, const arrow::ArrayDataVector& columns) {
    return arrow::RecordBatch::Make(schema, rows, columns);
  };
  EXPECT_THAT(ValidateBatch(*batch(4, {Numbers()}), 0).message(), HasSubstr("3 values"));
  EXPECT_THAT(ValidateBatch(*batch(3, {Texts()}), 0).message(), HasSubstr("declared type"));
  EXPECT_THAT(ValidateBatch(*batch(3, {}), 0).message(), HasSubstr("0 columns"));
  EXPECT_THAT(ValidateBatch(*batch(limits::kBatchRowsMax + 1, {Numbers()}), 0).message(),
              HasSubstr("rows"));
}

TEST(ValidateBatchTest, RefusesMoreRowsThanTheLimitInAColumnWithoutData) {
  const auto nulls =
      arrow::ArrayData::Make(arrow::null(), int64_t{1} << 40, {nullptr}, int64_t{1} << 40);
  EXPECT_THAT(Validated(nulls).message(), HasSubstr("rows"));
}

TEST(BatchValidatorTest, NoticesThatADictionaryWasReplacedByABrokenOne) {
  BatchValidator validator;
  const auto good = Dictionary();
  const auto schema = arrow::schema({arrow::field("a", good->type)});
  const auto batch_of = [&](const ArrayDataPtr& data) {
    return arrow::RecordBatch::Make(schema, data->length, arrow::ArrayDataVector{data});
  };
  ASSERT_TRUE(validator.Validate(*batch_of(good), 0).ok());
  ASSERT_TRUE(validator.Validate(*batch_of(good), 1).ok());
  const auto bad = CopyOf(*good);
  Set<uint8_t>(bad->dictionary, 2, 0, 0xFF);
  EXPECT_FALSE(validator.Validate(*batch_of(bad), 2).ok());
  const auto past_the_end = CopyOf(*good);
  past_the_end->dictionary = good->dictionary;
  Set<int8_t>(past_the_end, 1, 0, 5);
  EXPECT_FALSE(validator.Validate(*batch_of(past_the_end), 3).ok());
}

arrow::FieldVector Nested(int depth) {
  auto type = arrow::int32();
  for (int i = 1; i < depth; ++i) type = arrow::list(type);
  return {arrow::field("a", type)};
}

TEST(ValidateSchemaTest, AcceptsEveryType) {
  const auto batch = MakeEveryTypeBatch().ValueOrDie();
  EXPECT_TRUE(ValidateSchema(*batch->schema()).ok()) << ValidateSchema(*batch->schema());
}

TEST(ValidateSchemaTest, RefusesASchemaWithoutColumns) {
  EXPECT_EQ(KindOf(ValidateSchema(*arrow::schema({}))), ErrorKind::kInvalidInput);
}

TEST(ValidateSchemaTest, RefusesNestingBeyondTheLimit) {
  EXPECT_TRUE(ValidateSchema(*arrow::schema(Nested(limits::kSchemaDepthMax))).ok());
  EXPECT_EQ(KindOf(ValidateSchema(*arrow::schema(Nested(limits::kSchemaDepthMax + 1)))),
            ErrorKind::kTooLarge);
}

TEST(ValidateSchemaTest, RefusesDictionariesOfDictionariesBeyondTheLimit) {
  auto type = arrow::utf8();
  for (int i = 0; i < 1'000; ++i) type = arrow::dictionary(arrow::int8(), type);
  EXPECT_EQ(KindOf(ValidateSchema(*arrow::schema({arrow::field("a", type)}))),
            ErrorKind::kTooLarge);
}

TEST(ValidateSchemaTest, RefusesMoreFieldsThanTheLimitNestedOnesIncluded) {
  arrow::FieldVector fields;
  for (int i = 0; i < limits::kSchemaFieldsMax - 1; ++i) {
    fields.push_back(arrow::field("a" + std::to_string(i), arrow::int8()));
  }
  const auto nested = arrow::field("s", arrow::struct_(fields));
  EXPECT_TRUE(ValidateSchema(*arrow::schema({nested})).ok());
  EXPECT_EQ(KindOf(ValidateSchema(*arrow::schema({nested, arrow::field("b", arrow::int8())}))),
            ErrorKind::kTooLarge);
}

TEST(ValidateSchemaTest, RefusesNamesThatDifferInCaseOnly) {
  const Status status = ValidateSchema(
      *arrow::schema({arrow::field("Id", arrow::int8()), arrow::field("iD", arrow::int8())}));
  EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput);
  EXPECT_THAT(status.message(), HasSubstr("'iD' stands twice"));
}

TEST(ValidateSchemaTest, RefusesTheSameNameTwiceWithinAStructAndSaysWhere) {
  const auto type =
      arrow::struct_({arrow::field("x", arrow::int8()), arrow::field("x", arrow::int8())});
  EXPECT_THAT(ValidateSchema(*arrow::schema({arrow::field("s", type)})).message(),
              HasSubstr("field 's': the name 'x'"));
}

TEST(ValidateSchemaTest, AcceptsTheSameNameInDifferentStructs) {
  const auto type = arrow::struct_({arrow::field("x", arrow::int8())});
  EXPECT_TRUE(
      ValidateSchema(*arrow::schema({arrow::field("x", type), arrow::field("y", type)})).ok());
}

TEST(ValidateSchemaTest, RefusesDecimalsWithDigitsThatTheyDoNotHave) {
  const auto kind = [](int precision, int scale) {
    const auto type = arrow::list(std::make_shared<arrow::Decimal64Type>(precision, scale));
    return KindOf(ValidateSchema(*arrow::schema({arrow::field("d", type)})));
  };
  EXPECT_TRUE(ValidateSchema(*arrow::schema({arrow::field("d", arrow::decimal128(38, 38))})).ok());
  EXPECT_EQ(kind(18, 19), ErrorKind::kUnsupportedMedia);
  EXPECT_EQ(kind(18, 788'529'170), ErrorKind::kUnsupportedMedia);
  EXPECT_EQ(kind(18, -1), ErrorKind::kUnsupportedMedia);
}

TEST(ValidateSchemaTest, RefusesListsOfASizeThatDuckDbHasNoArraysOf) {
  const auto kind = [](int32_t size) {
    const auto type = arrow::fixed_size_list(arrow::float32(), size);
    const Status status = ValidateSchema(*arrow::schema({arrow::field("f", type)}));
    return status.ok() ? std::nullopt : std::optional(KindOf(status));
  };
  EXPECT_EQ(kind(1), std::nullopt);
  EXPECT_EQ(kind(100'000), std::nullopt);
  EXPECT_EQ(kind(100'001), ErrorKind::kUnsupportedMedia);
}

TEST(ValidateSchemaTest, RefusesNamesThatAreNotUtf8OrHoldAZeroByte) {
  EXPECT_THAT(ValidateSchema(*arrow::schema({arrow::field("\xff", arrow::int8())})).message(),
              HasSubstr("UTF-8"));
  EXPECT_THAT(ValidateSchema(*arrow::schema({arrow::field(std::string("a\0b", 3), arrow::int8())}))
                  .message(),
              HasSubstr("zero byte"));
  const auto type = arrow::timestamp(arrow::TimeUnit::SECOND, "\xff");
  EXPECT_THAT(ValidateSchema(*arrow::schema({arrow::field("t", type)})).message(),
              HasSubstr("time zone"));
}

}  // namespace
}  // namespace arrowport::stream
