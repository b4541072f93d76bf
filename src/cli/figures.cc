#include "cli/figures.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

namespace arrowport::cli {
namespace {

std::string Fixed(double value, int decimals) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

// Three digits that matter, and none behind the point from 100 on.
std::string Short(double value) {
  const double size = std::abs(value);
  // What would be rounded up to the next digit is written with one decimal less.
  if (size >= 99.95) return Fixed(value, 0);
  if (size >= 9.995) return Fixed(value, 1);
  return Fixed(value, 2);
}

std::string Scaled(double value, const std::array<const char*, 4>& units) {
  constexpr double kStep = 1000;
  size_t unit = 0;
  while (std::abs(value) >= kStep - 0.5 && unit + 1 < units.size()) {
    value /= kStep;
    ++unit;
  }
  const std::string number =
      unit == 0 && value == std::floor(value) ? Fixed(value, 0) : Short(value);
  return units[unit][0] == '\0' ? number : number + " " + units[unit];
}

}  // namespace

std::string Count(int64_t count) {
  const std::string digits = std::to_string(count);
  std::string grouped;
  for (size_t i = 0; i < digits.size(); ++i) {
    const bool ends_group = i > 0 && (digits.size() - i) % 3 == 0 && digits[i - 1] != '-';
    if (ends_group) grouped += ',';
    grouped += digits[i];
  }
  return grouped;
}

std::string RoughCount(double count) { return Scaled(count, {"", "k", "M", "G"}); }

std::string Bytes(double bytes) { return Scaled(bytes, {"B", "kB", "MB", "GB"}); }

std::string Seconds(double seconds) {
  constexpr int kMinute = 60;
  constexpr double kMillisecondsPerSecond = 1000;
  if (seconds < 0.9995) return Short(seconds * kMillisecondsPerSecond) + " ms";
  if (seconds < 2 * kMinute) return Short(seconds) + " s";
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  return std::to_string(whole / kMinute) + " min " + std::to_string(whole % kMinute) + " s";
}

std::string RowRate(double rows_per_s) {
  const std::string rate = RoughCount(std::round(rows_per_s));
  return rate + " rows/s";
}

std::string ByteRate(double bytes_per_s) { return Bytes(bytes_per_s) + "/s"; }

std::string Ratio(double ratio) { return Short(ratio); }

std::string Plural(int64_t count, const char* noun) {
  return Count(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace arrowport::cli
