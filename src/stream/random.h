#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace arrowport::stream {

/// Random numbers by place instead of in a sequence: the number of a row and column follows from
/// them and the seed alone, so that any cut of the rows, on any thread, has the same ones.
/// SplitMix64's output function over a counter. Not for secrets.
class RandomColumn {
 public:
  RandomColumn(uint64_t seed, uint64_t column) : key_(Mix(seed ^ Mix(column + 1))) {}

  /// 64 random bits.
  [[nodiscard]] uint64_t Bits(int64_t row) const {
    return Mix(key_ + static_cast<uint64_t>(row) * 0x9E3779B97F4A7C15ULL);
  }

  /// Evenly from 0 to, without, 1.
  [[nodiscard]] double Uniform(int64_t row) const { return ToUnit(Bits(row)); }

  /// Evenly from 0 to, without, `bound`, which is at most 2^32.
  [[nodiscard]] uint64_t Below(int64_t row, uint64_t bound) const {
    return ((Bits(row) >> 32U) * bound) >> 32U;
  }

  /// With mean 0 and standard deviation 1 (Box and Muller).
  [[nodiscard]] double Normal(int64_t row) const {
    const uint64_t bits = Bits(row);
    // 1 - u is never 0, so its logarithm is finite.
    const double radius = std::sqrt(-2.0 * std::log(1.0 - ToUnit(bits)));
    return radius * std::cos(2.0 * std::numbers::pi * ToUnit(Mix(bits)));
  }

  /// With mean 1.
  [[nodiscard]] double Exponential(int64_t row) const { return -std::log(1.0 - Uniform(row)); }

 private:
  static uint64_t Mix(uint64_t x) {
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31U);
  }

  static double ToUnit(uint64_t bits) { return static_cast<double>(bits >> 11U) * 0x1.0p-53; }

  // Constant after construction.
  const uint64_t key_;
};

}  // namespace arrowport::stream
