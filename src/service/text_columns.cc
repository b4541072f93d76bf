#include "service/text_columns.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include <arrow/type.h>

namespace arrowport::service {

std::shared_ptr<arrow::Schema> OnlyTexts(const arrow::Schema& schema) {
  arrow::FieldVector texts;
  std::ranges::copy_if(schema.fields(), std::back_inserter(texts), [](const auto& field) {
    return field->type()->id() == arrow::Type::STRING;
  });
  return arrow::schema(std::move(texts));
}

}  // namespace arrowport::service
