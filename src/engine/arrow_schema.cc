#include "engine/arrow_schema.h"

#include <memory>
#include <utility>

#include <arrow/c/bridge.h>
#include <arrow/extension/opaque.h>
#include <duckdb/common/arrow/arrow_converter.hpp>

#include "base/error.h"
#include "engine/duckdb_error.h"
#include "engine/with_transaction.h"

namespace arrowport::engine {
namespace {

std::shared_ptr<arrow::DataType> WithItemNames(const std::shared_ptr<arrow::DataType>& type);

std::shared_ptr<arrow::Field> WithItemNames(const std::shared_ptr<arrow::Field>& field) {
  return field->WithType(WithItemNames(field->type()));
}

std::shared_ptr<arrow::Field> ItemOf(const arrow::DataType& list) {
  return WithItemNames(list.field(0))->WithName("item");
}

arrow::FieldVector FieldsOf(const arrow::DataType& type) {
  arrow::FieldVector fields;
  for (const auto& field : type.fields()) fields.push_back(WithItemNames(field));
  return fields;
}

std::shared_ptr<arrow::DataType> WithItemNames(const std::shared_ptr<arrow::DataType>& type) {
  switch (type->id()) {
    case arrow::Type::LIST:
      return arrow::list(ItemOf(*type));
    case arrow::Type::LARGE_LIST:
      return arrow::large_list(ItemOf(*type));
    case arrow::Type::LIST_VIEW:
      return arrow::list_view(ItemOf(*type));
    case arrow::Type::LARGE_LIST_VIEW:
      return arrow::large_list_view(ItemOf(*type));
    case arrow::Type::FIXED_SIZE_LIST:
      return arrow::fixed_size_list(
          ItemOf(*type), static_cast<const arrow::FixedSizeListType&>(*type).list_size());
    case arrow::Type::STRUCT:
      return arrow::struct_(FieldsOf(*type));
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(*type);
      return std::make_shared<arrow::MapType>(WithItemNames(map.key_field()),
                                              WithItemNames(map.item_field()), map.keys_sorted());
    }
    case arrow::Type::SPARSE_UNION:
      return arrow::sparse_union(FieldsOf(*type),
                                 static_cast<const arrow::UnionType&>(*type).type_codes());
    default:
      return type;
  }
}

Result<std::shared_ptr<arrow::Schema>> Export(const duckdb::vector<duckdb::LogicalType>& types,
                                              const duckdb::vector<std::string>& names,
                                              duckdb::ClientContext& context) {
  return Guarded([&]() -> Result<std::shared_ptr<arrow::Schema>> {
    ArrowSchema exported;
    auto properties = context.GetClientProperties();
    WithTransaction(context, [&] {
      duckdb::ArrowConverter::ToArrowSchema(&exported, types, names, properties);
    });
    ARROW_ASSIGN_OR_RAISE(auto schema, arrow::ImportSchema(&exported));
    arrow::FieldVector fields;
    for (const auto& field : schema->fields()) fields.push_back(WithItemNames(field));
    return arrow::schema(std::move(fields), schema->metadata());
  });
}

}  // namespace

Result<std::shared_ptr<arrow::Schema>> ArrowSchemaOf(
    const duckdb::vector<duckdb::LogicalType>& types, const duckdb::vector<std::string>& names,
    duckdb::ClientContext& context) {
  auto schema = Export(types, names, context);
  if (schema.ok()) return schema;
  for (duckdb::idx_t i = 0; i < types.size(); ++i) {
    const auto column = Export({types[i]}, {names[i]}, context);
    if (column.ok()) continue;
    return MakeError(KindOf(column.status()),
                     "column '" + names[i] + "': " + column.status().message() +
                         "; cast it in SQL, for example to VARCHAR or JSON");
  }
  return schema;
}

Result<std::shared_ptr<arrow::Schema>> ArrowSchemaOfAny(
    const duckdb::vector<duckdb::LogicalType>& types, const duckdb::vector<std::string>& names,
    duckdb::ClientContext& context) {
  arrow::FieldVector fields;
  for (duckdb::idx_t i = 0; i < types.size(); ++i) {
    auto column = Export({types[i]}, {names[i]}, context);
    if (column.ok()) {
      fields.push_back((*column)->field(0));
    } else if (KindOf(column.status()) == ErrorKind::kNotImplemented) {
      fields.push_back(arrow::field(
          names[i], arrow::extension::opaque(arrow::null(), types[i].ToString(), "DuckDB")));
    } else {
      return column.status();
    }
  }
  return arrow::schema(std::move(fields));
}

}  // namespace arrowport::engine
