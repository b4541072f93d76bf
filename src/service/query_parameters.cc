#include "service/query_parameters.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/scalar.h>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace arrowport::service {
namespace {

using Json = nlohmann::json;

Status Invalid(std::string message) {
  return MakeError(ErrorKind::kInvalidInput, std::move(message));
}

Result<std::shared_ptr<arrow::Scalar>> ScalarOf(const Json& value, size_t index) {
  switch (value.type()) {
    case Json::value_t::null:
      return std::make_shared<arrow::NullScalar>();
    case Json::value_t::boolean:
      return std::make_shared<arrow::BooleanScalar>(value.get<bool>());
    case Json::value_t::number_integer:
      return std::make_shared<arrow::Int64Scalar>(value.get<int64_t>());
    case Json::value_t::number_unsigned: {
      const auto number = value.get<uint64_t>();
      if (number > uint64_t{INT64_MAX}) return std::make_shared<arrow::UInt64Scalar>(number);
      return std::make_shared<arrow::Int64Scalar>(static_cast<int64_t>(number));
    }
    case Json::value_t::number_float:
      return std::make_shared<arrow::DoubleScalar>(value.get<double>());
    case Json::value_t::string:
      return std::make_shared<arrow::StringScalar>(value.get_ref<const std::string&>());
    default:
      return Invalid("params[" + std::to_string(index) + "] is an " + value.type_name() +
                     "; a parameter is null, a boolean, a number or a string");
  }
}

}  // namespace

Result<std::vector<std::shared_ptr<arrow::Scalar>>> ReadParameters(const Json& values) {
  if (!values.is_array()) return Invalid("\"params\" must be an array of values");
  std::vector<std::shared_ptr<arrow::Scalar>> parameters;
  parameters.reserve(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(auto parameter, ScalarOf(values[i], i));
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

}  // namespace arrowport::service
