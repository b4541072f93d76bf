#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include <arrow/type_fwd.h>

namespace arrowport::stream {

/// Appends an integer in full, whatever its width.
template <std::integral T>
void AppendInteger(T value, std::string* out) {
  char digits[24];
  out->append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
}

/// The shortest number that reads back as `value`, always with a point or an exponent; "NaN",
/// "Infinity" or "-Infinity".
void AppendFloat(float value, std::string* out);
void AppendFloat(double value, std::string* out);

/// `digits` is an integer as text; the point goes before its last `scale` digits. Never with an
/// exponent: "-0.05", "1200".
void AppendDecimal(std::string_view digits, int32_t scale, std::string* out);

/// ISO 8601 in the proleptic Gregorian calendar: "2024-01-31". Years outside of 0 to 9999 have a
/// sign: "-0001-12-31", "+12024-01-01".
void AppendDate(int64_t days_since_epoch, std::string* out);

/// "23:59:59", with all digits of the unit as a fraction when it is not zero: "23:59:59.500".
void AppendTime(int64_t since_midnight, arrow::TimeUnit::type unit, std::string* out);

/// "2024-01-31T23:59:59.500"; the caller appends the zone.
void AppendTimestamp(int64_t since_epoch, arrow::TimeUnit::type unit, std::string* out);

/// ISO 8601: "P1DT2H3M4.5S", negative ones with a sign in front, zero as "PT0S".
void AppendDuration(int64_t value, arrow::TimeUnit::type unit, std::string* out);

/// An interval as the calendar parts that it is made of, each with its own sign: "P1Y2M-3DT4.5S".
void AppendInterval(int64_t months, int64_t days, int64_t nanoseconds, std::string* out);

/// Base64 of RFC 4648 with padding.
void AppendBase64(std::string_view bytes, std::string* out);

/// The 16 bytes of a UUID as "123e4567-e89b-12d3-a456-426614174000".
void AppendUuid(std::string_view bytes, std::string* out);

/// A JSON string of UTF-8 text, quotes included.
void AppendJsonString(std::string_view text, std::string* out);

/// The keys of a JSON object: a name that stands twice gets a number, "a", "a_1".
class JsonKeys {
 public:
  /// The next key as it stands in the object: `{"a":`, later `,"a_1":`.
  std::string Add(const std::string& name);

 private:
  std::unordered_set<std::string> names_;
};

}  // namespace arrowport::stream
