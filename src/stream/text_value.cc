#include "stream/text_value.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <arrow/type_fwd.h>

namespace arrowport::stream {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kSecondsPerDay = 86'400;

/// A unit of time: how many make a second, and how many digits tell a fraction.
struct UnitTraits {
  int64_t per_second;
  int digits;
};

UnitTraits TraitsOf(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return {1, 0};
    case arrow::TimeUnit::MILLI:
      return {1'000, 3};
    case arrow::TimeUnit::MICRO:
      return {1'000'000, 6};
    case arrow::TimeUnit::NANO:
      break;
  }
  return {kNanosPerSecond, 9};
}

/// Quotient rounded down, and the remainder, which is never negative.
struct Division {
  int64_t quotient;
  int64_t remainder;
};

Division FloorDivide(int64_t value, int64_t divisor) {
  Division result{value / divisor, value % divisor};
  if (result.remainder < 0) {
    result.remainder += divisor;
    --result.quotient;
  }
  return result;
}

void AppendPadded(uint64_t value, int width, std::string* out) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  for (auto i = end - digits.data(); i < width; ++i) out->push_back('0');
  out->append(digits.data(), end);
}

void AppendPadded(int64_t value, int width, std::string* out) {
  AppendPadded(static_cast<uint64_t>(value), width, out);
}

template <typename T>
void AppendAnyFloat(T value, std::string* out) {
  if (std::isnan(value)) {
    out->append("NaN");
    return;
  }
  if (std::isinf(value)) {
    out->append(value < 0 ? "-Infinity" : "Infinity");
    return;
  }
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const std::string_view text(digits.data(), static_cast<size_t>(end - digits.data()));
  out->append(text);
  // Without a point it would read back as an integer.
  if (text.find_first_of(".e") == std::string_view::npos) out->append(".0");
}

// Whole seconds and a fraction in `per_second`, without trailing zeros: "4", "4.5".
void AppendSeconds(uint64_t seconds, uint64_t fraction, int digits, std::string* out) {
  AppendInteger(seconds, out);
  if (fraction == 0) return;
  out->push_back('.');
  AppendPadded(fraction, digits, out);
  while (out->back() == '0') out->pop_back();
}

void AppendPart(int64_t value, char designator, std::string* out) {
  if (value == 0) return;
  AppendInteger(value, out);
  out->push_back(designator);
}

}  // namespace

void AppendFloat(float value, std::string* out) { AppendAnyFloat(value, out); }
void AppendFloat(double value, std::string* out) { AppendAnyFloat(value, out); }

void AppendDecimal(std::string_view digits, int32_t scale, std::string* out) {
  if (digits.starts_with('-')) {
    out->push_back('-');
    digits.remove_prefix(1);
  }
  if (scale <= 0) {
    out->append(digits);
    if (digits != "0") out->append(static_cast<size_t>(-scale), '0');
    return;
  }
  const auto places = static_cast<size_t>(scale);
  if (digits.size() <= places) {
    out->append("0.");
    out->append(places - digits.size(), '0');
    out->append(digits);
    return;
  }
  out->append(digits.substr(0, digits.size() - places));
  out->push_back('.');
  out->append(digits.substr(digits.size() - places));
}

// Howard Hinnant's civil_from_days: years begin in March, so that the leap day is their last.
void AppendDate(int64_t days_since_epoch, std::string* out) {
  constexpr int64_t kDaysPerEra = 146'097;
  const auto [era, day_of_era] = FloorDivide(days_since_epoch + 719'468, kDaysPerEra);
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  if (year < 0) {
    out->push_back('-');
  } else if (year > 9'999) {
    out->push_back('+');
  }
  AppendPadded(std::abs(year), 4, out);
  out->push_back('-');
  AppendPadded(month, 2, out);
  out->push_back('-');
  AppendPadded(day, 2, out);
}

void AppendTime(int64_t since_midnight, arrow::TimeUnit::type unit, std::string* out) {
  const UnitTraits traits = TraitsOf(unit);
  const auto [seconds, fraction] = FloorDivide(since_midnight, traits.per_second);
  AppendPadded(seconds / 3'600, 2, out);
  out->push_back(':');
  AppendPadded(seconds / 60 % 60, 2, out);
  out->push_back(':');
  AppendPadded(seconds % 60, 2, out);
  if (fraction == 0) return;
  out->push_back('.');
  AppendPadded(fraction, traits.digits, out);
}

void AppendTimestamp(int64_t since_epoch, arrow::TimeUnit::type unit, std::string* out) {
  const auto [days, rest] = FloorDivide(since_epoch, kSecondsPerDay * TraitsOf(unit).per_second);
  AppendDate(days, out);
  out->push_back('T');
  AppendTime(rest, unit, out);
}

void AppendDuration(int64_t value, arrow::TimeUnit::type unit, std::string* out) {
  const UnitTraits traits = TraitsOf(unit);
  if (value < 0) out->push_back('-');
  // The smallest value has no positive counterpart.
  const uint64_t magnitude =
      value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  const auto per_second = static_cast<uint64_t>(traits.per_second);
  const uint64_t fraction = magnitude % per_second;
  const uint64_t all_seconds = magnitude / per_second;
  const uint64_t days = all_seconds / kSecondsPerDay;
  const uint64_t hours = all_seconds / 3'600 % 24;
  const uint64_t minutes = all_seconds / 60 % 60;
  const uint64_t seconds = all_seconds % 60;
  out->push_back('P');
  AppendPart(static_cast<int64_t>(days), 'D', out);
  if (hours == 0 && minutes == 0 && seconds == 0 && fraction == 0 && days != 0) return;
  out->push_back('T');
  AppendPart(static_cast<int64_t>(hours), 'H', out);
  AppendPart(static_cast<int64_t>(minutes), 'M', out);
  if (seconds == 0 && fraction == 0 && magnitude != 0) return;
  AppendSeconds(seconds, fraction, traits.digits, out);
  out->push_back('S');
}

void AppendInterval(int64_t months, int64_t days, int64_t nanoseconds, std::string* out) {
  out->push_back('P');
  AppendPart(months / 12, 'Y', out);
  AppendPart(months % 12, 'M', out);
  AppendPart(days, 'D', out);
  if (nanoseconds == 0 && (months != 0 || days != 0)) return;
  out->push_back('T');
  const int64_t all_seconds = nanoseconds / kNanosPerSecond;
  AppendPart(all_seconds / 3'600, 'H', out);
  AppendPart(all_seconds / 60 % 60, 'M', out);
  const int64_t seconds = all_seconds % 60;
  const int64_t fraction = nanoseconds % kNanosPerSecond;
  if (seconds == 0 && fraction == 0 && nanoseconds != 0) return;
  if (nanoseconds < 0) out->push_back('-');
  AppendSeconds(static_cast<uint64_t>(std::abs(seconds)), static_cast<uint64_t>(std::abs(fraction)),
                9, out);
  out->push_back('S');
}

void AppendBase64(std::string_view bytes, std::string* out) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto byte_at = [&](size_t i) -> uint32_t {
    return i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : 0;
  };
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const uint32_t group = byte_at(i) << 16U | byte_at(i + 1) << 8U | byte_at(i + 2);
    out->push_back(kAlphabet[group >> 18U]);
    out->push_back(kAlphabet[group >> 12U & 63U]);
    out->push_back(i + 1 < bytes.size() ? kAlphabet[group >> 6U & 63U] : '=');
    out->push_back(i + 2 < bytes.size() ? kAlphabet[group & 63U] : '=');
  }
}

void AppendUuid(std::string_view bytes, std::string* out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out->push_back('-');
    const auto byte = static_cast<uint8_t>(bytes[i]);
    out->push_back(kDigits[byte >> 4U]);
    out->push_back(kDigits[byte & 15U]);
  }
}

void AppendJsonString(std::string_view text, std::string* out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out->push_back('"');
  size_t done = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out->append(text, done, i - done);
    done = i + 1;
    out->push_back('\\');
    switch (byte) {
      case '\n':
        out->push_back('n');
        break;
      case '\r':
        out->push_back('r');
        break;
      case '\t':
        out->push_back('t');
        break;
      case '"':
      case '\\':
        out->push_back(text[i]);
        break;
      default:
        out->append("u00");
        out->push_back(kDigits[byte >> 4U]);
        out->push_back(kDigits[byte & 15U]);
    }
  }
  out->append(text, done, text.size() - done);
  out->push_back('"');
}

std::string JsonKeys::Add(const std::string& name) {
  std::string key = names_.empty() ? "{" : ",";
  std::string unique = name;
  for (int i = 1; !names_.insert(unique).second; ++i) unique = name + "_" + std::to_string(i);
  AppendJsonString(unique, &key);
  key.push_back(':');
  return key;
}

}  // namespace arrowport::stream
