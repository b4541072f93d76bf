#include "flight/sql_type_info.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/type.h>

namespace arrowport::flight {
namespace {

// name, number, digits or bytes (NULL: no limit), quotes of a literal, what stands in brackets, a
// number without sign, the scale. The numbers are of the standard's enums XdbcDataType and
// XdbcDatetimeSubcode; DuckDB's text and bytes have no limit, which XDBC has no word for.
constexpr std::string_view kSql = R"(
WITH types(name, number, size, quoted, parameters, is_unsigned, scale, subcode, radix) AS (VALUES
  ('BOOLEAN', -7, 1, false, NULL, NULL, NULL, NULL, NULL),
  ('TINYINT', -6, 3, false, NULL, false, 0, NULL, 10),
  ('UTINYINT', -6, 3, false, NULL, true, 0, NULL, 10),
  ('BIGINT', -5, 19, false, NULL, false, 0, NULL, 10),
  ('UBIGINT', -5, 20, false, NULL, true, 0, NULL, 10),
  ('BLOB', -3, 2147483647, true, NULL, NULL, NULL, NULL, NULL),
  ('DECIMAL', 3, 38, false, ['precision', 'scale'], false, 38, NULL, 10),
  ('HUGEINT', 3, 39, false, NULL, false, 0, NULL, 10),
  ('UHUGEINT', 3, 39, false, NULL, true, 0, NULL, 10),
  ('INTEGER', 4, 10, false, NULL, false, 0, NULL, 10),
  ('UINTEGER', 4, 10, false, NULL, true, 0, NULL, 10),
  ('SMALLINT', 5, 5, false, NULL, false, 0, NULL, 10),
  ('USMALLINT', 5, 5, false, NULL, true, 0, NULL, 10),
  ('FLOAT', 7, 24, false, NULL, false, NULL, NULL, 2),
  ('DOUBLE', 8, 53, false, NULL, false, NULL, NULL, 2),
  ('INTERVAL', 10, 2147483647, true, NULL, NULL, NULL, NULL, NULL),
  ('VARCHAR', 12, 2147483647, true, NULL, NULL, NULL, NULL, NULL),
  ('UUID', 12, 36, true, NULL, NULL, NULL, NULL, NULL),
  ('DATE', 91, 10, true, NULL, NULL, NULL, 1, NULL),
  ('TIME', 92, 15, true, NULL, NULL, 6, 2, NULL),
  ('TIMESTAMP', 93, 26, true, NULL, NULL, 6, 3, NULL),
  ('TIMESTAMP_MS', 93, 23, true, NULL, NULL, 3, 3, NULL),
  ('TIMESTAMP_NS', 93, 29, true, NULL, NULL, 9, 3, NULL),
  ('TIMESTAMP_S', 93, 19, true, NULL, NULL, 0, 3, NULL),
  ('TIMESTAMP WITH TIME ZONE', 93, 32, true, NULL, NULL, 6, 3, NULL))
SELECT name AS type_name, number::INTEGER AS data_type, size::INTEGER AS column_size,
  CASE WHEN quoted THEN '''' END AS literal_prefix,
  CASE WHEN quoted THEN '''' END AS literal_suffix,
  parameters::VARCHAR[] AS create_params, 1::INTEGER AS nullable,
  number = 12 AS case_sensitive, 3::INTEGER AS searchable,
  is_unsigned::BOOLEAN AS unsigned_attribute, false AS fixed_prec_scale,
  CASE WHEN radix IS NOT NULL THEN false END AS auto_increment, name AS local_type_name,
  (CASE WHEN parameters IS NULL THEN scale ELSE 0 END)::INTEGER AS minimum_scale,
  scale::INTEGER AS maximum_scale,
  (CASE WHEN number BETWEEN 91 AND 93 THEN 9 ELSE number END)::INTEGER AS sql_data_type,
  subcode::INTEGER AS datetime_subcode, radix::INTEGER AS num_prec_radix,
  NULL::INTEGER AS interval_precision
FROM types
WHERE $1::INTEGER IS NULL OR number = $1
ORDER BY data_type, type_name)";

std::shared_ptr<arrow::Field> Maybe(const std::string& name,
                                    std::shared_ptr<arrow::DataType> type) {
  return arrow::field(name, std::move(type));
}

std::shared_ptr<arrow::Field> Never(const std::string& name,
                                    std::shared_ptr<arrow::DataType> type) {
  return arrow::field(name, std::move(type), /*nullable=*/false);
}

}  // namespace

std::shared_ptr<arrow::Schema> TypeInfoSchema() {
  return arrow::schema(
      {Never("type_name", arrow::utf8()), Never("data_type", arrow::int32()),
       Maybe("column_size", arrow::int32()), Maybe("literal_prefix", arrow::utf8()),
       Maybe("literal_suffix", arrow::utf8()), Maybe("create_params", arrow::list(arrow::utf8())),
       Never("nullable", arrow::int32()), Never("case_sensitive", arrow::boolean()),
       Never("searchable", arrow::int32()), Maybe("unsigned_attribute", arrow::boolean()),
       Never("fixed_prec_scale", arrow::boolean()), Maybe("auto_increment", arrow::boolean()),
       Maybe("local_type_name", arrow::utf8()), Maybe("minimum_scale", arrow::int32()),
       Maybe("maximum_scale", arrow::int32()), Never("sql_data_type", arrow::int32()),
       Maybe("datetime_subcode", arrow::int32()), Maybe("num_prec_radix", arrow::int32()),
       Maybe("interval_precision", arrow::int32())});
}

std::string_view TypeInfoSql() { return kSql; }

}  // namespace arrowport::flight
