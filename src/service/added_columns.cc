#include "service/added_columns.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include "base/error.h"
#include "engine/table.h"
#include "service/put.h"

namespace arrowport::service {
namespace {

// Names have up to 512 bytes, and a column of texts 2 GiB.
constexpr int64_t kRowsMax = 4'000'000;

using ScalarPtr = std::shared_ptr<arrow::Scalar>;

struct Known {
  std::string_view name;
  ScalarPtr (*value)(const std::string& stream, const ProducerStamp& stamp);
};

ScalarPtr Now(const std::string& /*stream*/, const ProducerStamp& /*stamp*/) {
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  return std::make_shared<arrow::TimestampScalar>(now.count(),
                                                  arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"));
}

ScalarPtr Stream(const std::string& stream, const ProducerStamp& /*stamp*/) {
  return arrow::MakeScalar(stream);
}

ScalarPtr Producer(const std::string& /*stream*/, const ProducerStamp& stamp) {
  return stamp.is_set() ? arrow::MakeScalar(stamp.producer) : arrow::MakeNullScalar(arrow::utf8());
}

ScalarPtr Sequence(const std::string& /*stream*/, const ProducerStamp& stamp) {
  return stamp.is_set() ? arrow::MakeScalar(stamp.sequence) : arrow::MakeNullScalar(arrow::int64());
}

constexpr std::array kKnown = {Known{"_ingested_at", Now}, Known{"_stream", Stream},
                               Known{"_producer", Producer}, Known{"_sequence", Sequence}};

}  // namespace

bool AddedColumns::IsKnown(std::string_view name) {
  return std::ranges::find(kKnown, name, &Known::name) != kKnown.end();
}

std::string AddedColumns::KnownNames() {
  std::string names;
  for (const Known& known : kKnown) {
    if (!names.empty()) names += ", ";
    names += known.name;
  }
  return names;
}

AddedColumns::AddedColumns(const std::vector<std::string>& names, const std::string& stream,
                           const ProducerStamp& stamp)
    : names_(names) {
  for (const std::string& name : names) {
    values_.push_back(std::ranges::find(kKnown, name, &Known::name)->value(stream, stamp));
  }
}

Result<std::shared_ptr<arrow::Schema>> AddedColumns::Extend(
    const std::shared_ptr<arrow::Schema>& schema) const {
  arrow::FieldVector fields = schema->fields();
  for (size_t i = 0; i < names_.size(); ++i) {
    const bool is_sent = std::ranges::any_of(schema->fields(), [&](const auto& field) {
      return engine::IsSameName(field->name(), names_[i]);
    });
    if (is_sent) {
      return MakeError(ErrorKind::kInvalidInput,
                       "column '" + names_[i] + "' is sent, and the stream's rule adds it");
    }
    fields.push_back(arrow::field(names_[i], values_[i]->type));
  }
  return arrow::schema(std::move(fields), schema->metadata());
}

Result<std::shared_ptr<arrow::RecordBatch>> AddedColumns::Extend(
    const std::shared_ptr<arrow::RecordBatch>& batch,
    const std::shared_ptr<arrow::Schema>& schema) const {
  std::vector<std::shared_ptr<arrow::ArrayData>> columns = batch->column_data();
  for (const ScalarPtr& value : values_) {
    if (batch->num_rows() > kRowsMax) {
      return MakeError(ErrorKind::kTooLarge, "a batch that columns are added to has at most " +
                                                 std::to_string(kRowsMax) + " rows");
    }
    ARROW_ASSIGN_OR_RAISE(const auto column, arrow::MakeArrayFromScalar(*value, batch->num_rows()));
    columns.push_back(column->data());
  }
  return arrow::RecordBatch::Make(schema, batch->num_rows(), std::move(columns));
}

}  // namespace arrowport::service
