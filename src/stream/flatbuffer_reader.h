#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace arrowport::stream {

/// Reads a FlatBuffer that nobody has checked: every access stays inside of the bytes, and the
/// first one that would not makes the reader failed, after which everything reads as absent.
///
/// Positions are offsets from the start of the bytes; 0, where no table can be, means absent.
/// Borrows the bytes. Format: https://flatbuffers.dev/internals.
class FlatbufferReader {
 public:
  using Position = size_t;

  explicit FlatbufferReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  /// Whether something pointed outside of the bytes.
  [[nodiscard]] bool failed() const { return failed_; }

  /// The root table.
  Position Root() { return Follow(0); }

  /// The number in field `field` of `table`; `fallback` when it is absent.
  template <typename T>
  T Number(Position table, int field, T fallback) {
    const Position place = Field(table, field);
    return place == 0 ? fallback : Load<T>(place);
  }

  /// The table, vector or string that field `field` of `table` points to.
  Position Child(Position table, int field) {
    const Position place = Field(table, field);
    return place == 0 ? 0 : Follow(place);
  }

  /// How many elements `vector` has, all of which lie inside of the bytes.
  uint32_t Length(Position vector, size_t element_bytes) {
    if (vector == 0) return 0;
    const auto length = Load<uint32_t>(vector);
    if (failed_) return 0;
    const size_t room = (bytes_.size() - vector - sizeof(uint32_t)) / element_bytes;
    if (length > room) return Fail<uint32_t>();
    return length;
  }

  /// The table that element `index` of a vector of tables points to.
  Position Element(Position vector, uint32_t index) {
    return Follow(ElementPlace(vector, index, sizeof(uint32_t)));
  }

  /// The number `bytes_in` bytes into element `index` of a vector of structs of `element_bytes`.
  template <typename T>
  T ElementNumber(Position vector, uint32_t index, size_t element_bytes, size_t bytes_in) {
    return Load<T>(ElementPlace(vector, index, element_bytes) + bytes_in);
  }

  std::string_view Text(Position text) {
    const uint32_t length = Length(text, 1);
    if (length == 0) return {};
    return {reinterpret_cast<const char*>(bytes_.data()) + text + sizeof(uint32_t), length};
  }

 private:
  template <typename T>
  T Fail() {
    failed_ = true;
    return T{};
  }

  template <typename T>
  T Load(Position place) {
    if (failed_ || place > bytes_.size() || bytes_.size() - place < sizeof(T)) return Fail<T>();
    T value;
    std::memcpy(&value, bytes_.data() + place, sizeof(T));
    return value;
  }

  // Where an unsigned offset that stands at `place` points to.
  Position Follow(Position place) {
    const auto offset = Load<uint32_t>(place);
    if (failed_ || offset == 0) return Fail<Position>();
    return place + offset;
  }

  // Where the value of a field stands inside of its table; 0 when the field is absent.
  Position Field(Position table, int field) {
    if (table == 0) return 0;
    const auto back = Load<int32_t>(table);
    const int64_t vtable = static_cast<int64_t>(table) - back;
    if (failed_ || vtable < 0) return Fail<Position>();
    const auto vtable_place = static_cast<Position>(vtable);
    const auto vtable_bytes = Load<uint16_t>(vtable_place);
    const size_t slot = (2 + static_cast<size_t>(field)) * sizeof(uint16_t);
    if (failed_ || slot + sizeof(uint16_t) > vtable_bytes) return 0;
    const auto offset = Load<uint16_t>(vtable_place + slot);
    return failed_ || offset == 0 ? 0 : table + offset;
  }

  static Position ElementPlace(Position vector, uint32_t index, size_t element_bytes) {
    return vector + sizeof(uint32_t) + index * element_bytes;
  }

  // Constant after construction.
  const std::span<const uint8_t> bytes_;

  bool failed_ = false;
};

}  // namespace arrowport::stream
