#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/extension/json.h>
#include <arrow/extension/uuid.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

namespace arrowport::stream {

/// A type with three values of it, as Arrow's JSON for tests.
struct TypeSample {
  std::string name;
  std::shared_ptr<arrow::DataType> type;
  std::string_view values;
};

inline std::vector<TypeSample> NumberSamples() {
  return {
      {"null", arrow::null(), "[null, null, null]"},
      {"bool", arrow::boolean(), "[true, false, null]"},
      {"int8", arrow::int8(), "[-128, 127, null]"},
      {"int16", arrow::int16(), "[-32768, 32767, null]"},
      {"int32", arrow::int32(), "[-2147483648, 2147483647, null]"},
      {"int64", arrow::int64(), "[-9223372036854775808, 9223372036854775807, null]"},
      {"uint8", arrow::uint8(), "[0, 255, null]"},
      {"uint16", arrow::uint16(), "[0, 65535, null]"},
      {"uint32", arrow::uint32(), "[0, 4294967295, null]"},
      {"uint64", arrow::uint64(), "[0, 18446744073709551615, null]"},
      {"float16", arrow::float16(), "[1.5, -0.25, null]"},
      {"float32", arrow::float32(), "[1.5, -0.1, null]"},
      {"float64", arrow::float64(), "[1.5, 1e300, null]"},
      {"decimal32", arrow::decimal32(9, 2), R"(["1234567.89", "-0.05", null])"},
      {"decimal64", arrow::decimal64(18, 4), R"(["12345678901234.5678", "-0.0005", null])"},
      {"decimal128", arrow::decimal128(38, 10),
       R"(["1234567890123456789012345678.0123456789", "-1.0000000000", null])"},
      {"decimal256", arrow::decimal256(76, 0),
       R"(["9999999999999999999999999999999999999999999999999999999999999999999999999999", "-1", null])"},
  };
}

inline std::vector<TypeSample> TimeSamples() {
  return {
      {"date32", arrow::date32(), "[0, 19723, null]"},
      {"date64", arrow::date64(), "[0, 86400000, null]"},
      {"time32_s", arrow::time32(arrow::TimeUnit::SECOND), "[0, 86399, null]"},
      {"time32_ms", arrow::time32(arrow::TimeUnit::MILLI), "[0, 86399999, null]"},
      {"time64_us", arrow::time64(arrow::TimeUnit::MICRO), "[0, 86399999999, null]"},
      {"time64_ns", arrow::time64(arrow::TimeUnit::NANO), "[0, 86399999999999, null]"},
      {"timestamp_s", arrow::timestamp(arrow::TimeUnit::SECOND), "[0, -1, null]"},
      {"timestamp_ms", arrow::timestamp(arrow::TimeUnit::MILLI), "[1700000000123, -1, null]"},
      {"timestamp_us", arrow::timestamp(arrow::TimeUnit::MICRO), "[1700000000123456, -1, null]"},
      {"timestamp_ns", arrow::timestamp(arrow::TimeUnit::NANO), "[1700000000123456789, -1, null]"},
      {"timestamp_utc", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
       "[1700000000123456, -1, null]"},
      {"timestamp_zone", arrow::timestamp(arrow::TimeUnit::MILLI, "Europe/Berlin"),
       "[1700000000123, 0, null]"},
      {"duration_s", arrow::duration(arrow::TimeUnit::SECOND), "[90061, -1, null]"},
      {"duration_ns", arrow::duration(arrow::TimeUnit::NANO), "[1, -1500000000, null]"},
      {"months", arrow::month_interval(), "[14, -1, null]"},
      {"day_time", arrow::day_time_interval(), "[[1, 2000], [-1, 0], null]"},
      {"month_day_nano", arrow::month_day_nano_interval(),
       "[[14, 3, 1500000000], [0, -1, 0], null]"},
  };
}

inline std::vector<TypeSample> TextSamples() {
  return {
      {"string", arrow::utf8(), R"(["", "h\u00e9llo, \"w\u00f6rld\"\n", null])"},
      {"large_string", arrow::large_utf8(), R"(["a", "bc", null])"},
      {"string_view", arrow::utf8_view(), R"(["short", "longer than twelve bytes", null])"},
      {"binary", arrow::binary(), R"(["", "abc", null])"},
      {"large_binary", arrow::large_binary(), R"(["abcd", "ab", null])"},
      {"binary_view", arrow::binary_view(), R"(["short", "longer than twelve bytes", null])"},
      {"fixed_binary", arrow::fixed_size_binary(3), R"(["abc", "def", null])"},
  };
}

inline std::vector<TypeSample> NestedSamples() {
  const auto letters = arrow::dictionary(arrow::int8(), arrow::utf8());
  return {
      {"list", arrow::list(arrow::int32()), "[[1, null, 3], [], null]"},
      {"large_list", arrow::large_list(arrow::utf8()), R"([["a"], [], null])"},
      {"list_view", arrow::list_view(arrow::int16()), "[[1, 2], [], null]"},
      {"large_list_view", arrow::large_list_view(arrow::int16()), "[[1, 2], [3], null]"},
      {"fixed_list", arrow::fixed_size_list(arrow::int8(), 2), "[[1, 2], [null, 4], null]"},
      {"struct",
       arrow::struct_({arrow::field("a", arrow::int32()), arrow::field("b", arrow::utf8())}),
       R"([{"a": 1, "b": "x"}, {"a": null, "b": null}, null])"},
      {"map", arrow::map(arrow::utf8(), arrow::int32()), R"([[["k", 1], ["l", null]], [], null])"},
      {"map_of_numbers", arrow::map(arrow::int32(), arrow::utf8()), R"([[[1, "a"]], [], null])"},
      {"dictionary", letters, R"(["a", "b", null])"},
      {"dictionary_of_numbers", arrow::dictionary(arrow::uint16(), arrow::int64()), "[7, 7, null]"},
      {"sparse_union",
       arrow::sparse_union({arrow::field("i", arrow::int32()), arrow::field("s", arrow::utf8())}),
       R"([[0, 1], [1, "x"], [0, null]])"},
      {"dense_union",
       arrow::dense_union({arrow::field("i", arrow::int32()), arrow::field("s", arrow::utf8())},
                          {5, 7}),
       R"([[5, 1], [7, "x"], [5, null]])"},
      {"list_of_structs",
       arrow::list(arrow::struct_({arrow::field("a", arrow::list(arrow::utf8()))})),
       R"([[{"a": ["x", null]}, null], [], null])"},
      {"list_of_dictionary", arrow::list(letters), R"([["a", "b"], ["a", null], null])"},
      {"struct_of_dictionary", arrow::struct_({arrow::field("d", letters)}),
       R"([{"d": "a"}, {"d": null}, null])"},
      {"map_of_lists", arrow::map(arrow::utf8(), arrow::list(arrow::float64())),
       R"([[["k", [1.5, null]]], [], null])"},
      {"list_of_lists", arrow::list(arrow::list(arrow::int64())), "[[[1], [], null], [], null]"},
  };
}

/// For tests: every Arrow type that can be told in JSON, with nulls, and nested ones in one
/// another.
inline std::vector<TypeSample> TypeSamples() {
  std::vector<TypeSample> samples;
  for (auto& part : {NumberSamples(), TimeSamples(), TextSamples(), NestedSamples()}) {
    samples.insert(samples.end(), part.begin(), part.end());
  }
  return samples;
}

/// For tests: a batch of three rows with a column of every type, those above and the ones that
/// JSON cannot tell: run-end encoded, extension types, a dictionary within a dictionary.
inline arrow::Result<std::shared_ptr<arrow::RecordBatch>> MakeEveryTypeBatch() {
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  const auto add = [&](const std::string& name, std::shared_ptr<arrow::Array> column) {
    fields.push_back(arrow::field(name, column->type()));
    columns.push_back(std::move(column));
  };
  for (const TypeSample& sample : TypeSamples()) {
    ARROW_ASSIGN_OR_RAISE(auto column,
                          arrow::json::ArrayFromJSONString(sample.type, sample.values));
    add(sample.name, std::move(column));
  }
  ARROW_ASSIGN_OR_RAISE(auto ends, arrow::json::ArrayFromJSONString(arrow::int32(), "[2, 3]"));
  ARROW_ASSIGN_OR_RAISE(auto runs,
                        arrow::json::ArrayFromJSONString(arrow::utf8(), R"(["run", null])"));
  ARROW_ASSIGN_OR_RAISE(auto run_end_encoded, arrow::RunEndEncodedArray::Make(3, ends, runs));
  add("run_end_encoded", run_end_encoded);
  ARROW_ASSIGN_OR_RAISE(auto ids, arrow::json::ArrayFromJSONString(
                                      arrow::fixed_size_binary(16),
                                      R"(["0123456789abcdef", null, "fedcba9876543210"])"));
  add("uuid", arrow::ExtensionType::WrapArray(arrow::extension::uuid(), ids));
  ARROW_ASSIGN_OR_RAISE(
      auto texts, arrow::json::ArrayFromJSONString(arrow::utf8(), R"(["{\"a\": 1}", null, "[]"])"));
  add("json", arrow::ExtensionType::WrapArray(arrow::extension::json(), texts));
  ARROW_ASSIGN_OR_RAISE(
      auto inner,
      arrow::json::ArrayFromJSONString(arrow::list(arrow::dictionary(arrow::int8(), arrow::utf8())),
                                       R"([["x", "y"], ["z"]])"));
  ARROW_ASSIGN_OR_RAISE(auto indices,
                        arrow::json::ArrayFromJSONString(arrow::int8(), "[0, 1, null]"));
  ARROW_ASSIGN_OR_RAISE(auto nested_dictionary,
                        arrow::DictionaryArray::FromArrays(
                            arrow::dictionary(arrow::int8(), inner->type()), indices, inner));
  add("dictionary_of_dictionary", nested_dictionary);
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), 3, std::move(columns));
}

}  // namespace arrowport::stream
