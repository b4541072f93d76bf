#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/util/ree_util.h>

#include "base/error.h"
#include "stream/text_value.h"
#include "stream/value_writer.h"

namespace arrowport::stream {
namespace {

/// What has parts: its bare text is its JSON, as nothing else tells where a part ends.
class NestedWriter : public ValueWriter {
 public:
  void AppendText(int64_t row, std::string* out) const override { AppendJson(row, out); }
  [[nodiscard]] bool has_free_text() const override { return true; }
};

/// Lists of any kind, by the offset and length of each.
template <typename ArrayType>
class ListWriter final : public NestedWriter {
 public:
  explicit ListWriter(std::unique_ptr<ValueWriter> values) : values_(std::move(values)) {}

  void Bind(const arrow::Array& array) override {
    array_ = &array;
    lists_ = static_cast<const ArrayType*>(&array);
    values_->Bind(*lists_->values());
  }

  void AppendJson(int64_t row, std::string* out) const override {
    const int64_t first = lists_->value_offset(row);
    const int64_t end = first + lists_->value_length(row);
    out->push_back('[');
    for (int64_t i = first; i < end; ++i) {
      if (i > first) out->push_back(',');
      values_->AppendJsonOrNull(i, out);
    }
    out->push_back(']');
  }

 private:
  const std::unique_ptr<ValueWriter> values_;
  const ArrayType* lists_ = nullptr;
};

class StructWriter final : public NestedWriter {
 public:
  void Add(const std::string& name, std::unique_ptr<ValueWriter> field) {
    keys_.push_back(names_.Add(name));
    fields_.push_back(std::move(field));
  }

  void Bind(const arrow::Array& array) override {
    array_ = &array;
    const auto& structs = static_cast<const arrow::StructArray&>(array);
    for (size_t i = 0; i < fields_.size(); ++i) {
      fields_[i]->Bind(*structs.field(static_cast<int>(i)));
    }
  }

  void AppendJson(int64_t row, std::string* out) const override {
    for (size_t i = 0; i < fields_.size(); ++i) {
      out->append(keys_[i]);
      fields_[i]->AppendJsonOrNull(row, out);
    }
    out->append(fields_.empty() ? "{}" : "}");
  }

 private:
  JsonKeys names_;
  std::vector<std::string> keys_;
  std::vector<std::unique_ptr<ValueWriter>> fields_;
};

/// An object where keys are text, otherwise an array of pairs.
class MapWriter final : public NestedWriter {
 public:
  MapWriter(std::unique_ptr<ValueWriter> keys, std::unique_ptr<ValueWriter> items,
            bool keys_are_text)
      : keys_(std::move(keys)), items_(std::move(items)), keys_are_text_(keys_are_text) {}

  void Bind(const arrow::Array& array) override {
    array_ = &array;
    maps_ = static_cast<const arrow::MapArray*>(&array);
    keys_->Bind(*maps_->keys());
    items_->Bind(*maps_->items());
  }

  void AppendJson(int64_t row, std::string* out) const override {
    const int64_t first = maps_->value_offset(row);
    const int64_t end = first + maps_->value_length(row);
    out->push_back(keys_are_text_ ? '{' : '[');
    for (int64_t i = first; i < end; ++i) {
      if (i > first) out->push_back(',');
      if (!keys_are_text_) out->push_back('[');
      AppendKey(i, out);
      out->push_back(keys_are_text_ ? ':' : ',');
      items_->AppendJsonOrNull(i, out);
      if (!keys_are_text_) out->push_back(']');
    }
    out->push_back(keys_are_text_ ? '}' : ']');
  }

 private:
  // A key's null may stand in its dictionary, where no validation looks; an object has none.
  void AppendKey(int64_t place, std::string* out) const {
    if (keys_are_text_ && keys_->IsNull(place)) {
      out->append("\"null\"");
    } else {
      keys_->AppendJsonOrNull(place, out);
    }
  }

  const std::unique_ptr<ValueWriter> keys_;
  const std::unique_ptr<ValueWriter> items_;
  const bool keys_are_text_;
  const arrow::MapArray* maps_ = nullptr;
};

/// Dictionaries and runs have their values somewhere else: `Place` finds them.
class DictionaryWriter final : public ValueWriter {
 public:
  explicit DictionaryWriter(std::unique_ptr<ValueWriter> values) : values_(std::move(values)) {}

  void Bind(const arrow::Array& array) override {
    array_ = &array;
    indices_ = static_cast<const arrow::DictionaryArray*>(&array);
    values_->Bind(*indices_->dictionary());
  }
  [[nodiscard]] bool IsNull(int64_t row) const override {
    return array_->IsNull(row) || values_->IsNull(Place(row));
  }
  void AppendJson(int64_t row, std::string* out) const override {
    values_->AppendJson(Place(row), out);
  }
  void AppendText(int64_t row, std::string* out) const override {
    values_->AppendText(Place(row), out);
  }
  [[nodiscard]] bool has_free_text() const override { return values_->has_free_text(); }

 private:
  [[nodiscard]] int64_t Place(int64_t row) const { return indices_->GetValueIndex(row); }

  const std::unique_ptr<ValueWriter> values_;
  const arrow::DictionaryArray* indices_ = nullptr;
};

class RunWriter final : public ValueWriter {
 public:
  explicit RunWriter(std::unique_ptr<ValueWriter> values) : values_(std::move(values)) {}

  void Bind(const arrow::Array& array) override {
    array_ = &array;
    span_.SetMembers(*array.data());
    values_->Bind(*static_cast<const arrow::RunEndEncodedArray&>(array).values());
  }
  bool IsNull(int64_t row) const override { return values_->IsNull(Place(row)); }
  void AppendJson(int64_t row, std::string* out) const override {
    values_->AppendJson(Place(row), out);
  }
  void AppendText(int64_t row, std::string* out) const override {
    values_->AppendText(Place(row), out);
  }
  bool has_free_text() const override { return values_->has_free_text(); }

 private:
  [[nodiscard]] int64_t Place(int64_t row) const {
    return arrow::ree_util::FindPhysicalIndex(span_, row, span_.offset);
  }

  const std::unique_ptr<ValueWriter> values_;
  arrow::ArraySpan span_;
};

class UnionWriter final : public ValueWriter {
 public:
  explicit UnionWriter(std::vector<std::unique_ptr<ValueWriter>> children)
      : children_(std::move(children)) {}

  void Bind(const arrow::Array& array) override {
    array_ = &array;
    union_ = static_cast<const arrow::UnionArray*>(&array);
    dense_ = union_->mode() == arrow::UnionMode::DENSE
                 ? static_cast<const arrow::DenseUnionArray*>(&array)
                 : nullptr;
    // A field of a sparse union comes cut to the rows of the union.
    fields_.resize(children_.size());
    for (size_t i = 0; i < children_.size(); ++i) {
      fields_[i] = union_->field(static_cast<int>(i));
      children_[i]->Bind(*fields_[i]);
    }
  }
  [[nodiscard]] bool IsNull(int64_t row) const override { return ChildOf(row).IsNull(Place(row)); }
  void AppendJson(int64_t row, std::string* out) const override {
    ChildOf(row).AppendJson(Place(row), out);
  }
  void AppendText(int64_t row, std::string* out) const override {
    ChildOf(row).AppendText(Place(row), out);
  }
  [[nodiscard]] bool has_free_text() const override { return true; }

 private:
  [[nodiscard]] const ValueWriter& ChildOf(int64_t row) const {
    return *children_[static_cast<size_t>(union_->child_id(row))];
  }
  [[nodiscard]] int64_t Place(int64_t row) const {
    return dense_ == nullptr ? row : dense_->value_offset(row);
  }

  const std::vector<std::unique_ptr<ValueWriter>> children_;
  const arrow::UnionArray* union_ = nullptr;
  const arrow::DenseUnionArray* dense_ = nullptr;
  arrow::ArrayVector fields_;
};

template <typename ArrayType>
Result<std::unique_ptr<ValueWriter>> MakeListWriter(const arrow::DataType& type) {
  ARROW_ASSIGN_OR_RAISE(auto values, MakeValueWriter(type.field(0)->type()));
  return std::make_unique<ListWriter<ArrayType>>(std::move(values));
}

Result<std::unique_ptr<ValueWriter>> MakeStructWriter(const arrow::DataType& type) {
  auto writer = std::make_unique<StructWriter>();
  for (const auto& field : type.fields()) {
    ARROW_ASSIGN_OR_RAISE(auto values, MakeValueWriter(field->type()));
    writer->Add(field->name(), std::move(values));
  }
  return writer;
}

bool IsText(const arrow::DataType& type) {
  if (type.id() == arrow::Type::DICTIONARY) {
    return IsText(*static_cast<const arrow::DictionaryType&>(type).value_type());
  }
  return arrow::is_string(type.id()) || type.id() == arrow::Type::STRING_VIEW;
}

Result<std::unique_ptr<ValueWriter>> MakeMapWriter(const arrow::MapType& type) {
  ARROW_ASSIGN_OR_RAISE(auto keys, MakeValueWriter(type.key_type()));
  ARROW_ASSIGN_OR_RAISE(auto items, MakeValueWriter(type.item_type()));
  return std::make_unique<MapWriter>(std::move(keys), std::move(items), IsText(*type.key_type()));
}

Result<std::unique_ptr<ValueWriter>> MakeUnionWriter(const arrow::DataType& type) {
  std::vector<std::unique_ptr<ValueWriter>> children;
  for (const auto& field : type.fields()) {
    ARROW_ASSIGN_OR_RAISE(auto child, MakeValueWriter(field->type()));
    children.push_back(std::move(child));
  }
  return std::make_unique<UnionWriter>(std::move(children));
}

}  // namespace

Result<std::unique_ptr<ValueWriter>> MakeNestedValueWriter(
    const std::shared_ptr<arrow::DataType>& type) {
  switch (type->id()) {
    case arrow::Type::LIST:
      return MakeListWriter<arrow::ListArray>(*type);
    case arrow::Type::LARGE_LIST:
      return MakeListWriter<arrow::LargeListArray>(*type);
    case arrow::Type::LIST_VIEW:
      return MakeListWriter<arrow::ListViewArray>(*type);
    case arrow::Type::LARGE_LIST_VIEW:
      return MakeListWriter<arrow::LargeListViewArray>(*type);
    case arrow::Type::FIXED_SIZE_LIST:
      return MakeListWriter<arrow::FixedSizeListArray>(*type);
    case arrow::Type::STRUCT:
      return MakeStructWriter(*type);
    case arrow::Type::MAP:
      return MakeMapWriter(static_cast<const arrow::MapType&>(*type));
    case arrow::Type::SPARSE_UNION:
    case arrow::Type::DENSE_UNION:
      return MakeUnionWriter(*type);
    case arrow::Type::DICTIONARY: {
      const auto& dictionary = static_cast<const arrow::DictionaryType&>(*type);
      ARROW_ASSIGN_OR_RAISE(auto values, MakeValueWriter(dictionary.value_type()));
      return std::make_unique<DictionaryWriter>(std::move(values));
    }
    case arrow::Type::RUN_END_ENCODED: {
      const auto& runs = static_cast<const arrow::RunEndEncodedType&>(*type);
      ARROW_ASSIGN_OR_RAISE(auto values, MakeValueWriter(runs.value_type()));
      return std::make_unique<RunWriter>(std::move(values));
    }
    default:
      return MakeError(ErrorKind::kUnsupportedMedia,
                       "values of type " + type->ToString() + " cannot be written as text");
  }
}

}  // namespace arrowport::stream
