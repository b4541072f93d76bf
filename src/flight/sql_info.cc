#include "flight/sql_info.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/config.h>

#include "base/error.h"
#include "engine/result_stream.h"
#include "service/held_rows.h"
#include "service/service.h"

namespace arrowport::flight {
namespace {

struct ListOfNames {};  ///< As the database tells them.
struct Conversions {};  ///< Between types.

using Bits = int32_t;

/// Something that is told of the server, by its number in the standard.
struct Fact {
  uint32_t number;
  std::variant<const char*, bool, int64_t, Bits, ListOfNames, Conversions> value;
};

constexpr int64_t kNoLimit = 0;

// Ordinals of the standard's enums; where JDBC reads a bit for each, the bits.
constexpr int64_t kCaseInsensitive = 1;
constexpr int64_t kNullsAtEnd = 3;
constexpr int64_t kSerializable = 4;
constexpr Bits kTransactionsWithoutSavepoints = 1;
constexpr Bits kGroupByAnything = 0b11;
constexpr Bits kGrammarMinimumAndCore = 0b11;
constexpr Bits kAnsi92Entry = 0b1;
constexpr Bits kLimitedAndFullOuterJoins = 0b110;
constexpr Bits kInCallsAndIndexes = 0b11;
constexpr Bits kAllSubqueries = 0b1111;
constexpr Bits kUnionAndUnionAll = 0b11;
constexpr Bits kOnlySerializable = 1 << 4;
constexpr Bits kForwardOnly = 0b10;
constexpr Bits kReadOnlyResults = 0b10;

constexpr std::array kServerFacts = {
    Fact{0, "arrowport"},
    Fact{2, ARROW_VERSION_STRING},
    Fact{3, false},  // Read-only.
    Fact{4, true},   // SQL.
    Fact{5, false},  // Substrait, and its versions.
    Fact{6, ""},
    Fact{7, ""},
    Fact{8, kTransactionsWithoutSavepoints},  // By actions.
    Fact{9, true},                            // The action CancelQuery.
    Fact{10, true},                           // Bulk ingestion, and in transactions.
    Fact{11, true},
};

constexpr std::array kSyntaxFacts = {
    Fact{500, false},  // CREATE and DROP of catalogs, schemas and tables.
    Fact{501, true},
    Fact{502, true},
    Fact{503, kCaseInsensitive},
    Fact{504, "\""},
    Fact{505, kCaseInsensitive},
    Fact{506, true},  // All tables are selectable.
    Fact{507, kNullsAtEnd},
    Fact{508, ListOfNames{}},  // Keywords; functions of numbers, texts, the system and times.
    Fact{509, ListOfNames{}},
    Fact{510, ListOfNames{}},
    Fact{511, ListOfNames{}},
    Fact{512, ListOfNames{}},
    Fact{513, "\\"},  // Escapes in patterns.
    Fact{514, "$"},   // In identifiers, besides letters, digits and '_'.
    Fact{515, true},  // Column aliases; NULL plus a value is NULL.
    Fact{516, true},
    Fact{517, Conversions{}},
    Fact{518, true},  // Table correlation names, which may be those of tables.
    Fact{519, false},
    Fact{520, true},  // ORDER BY expressions, and columns that are not selected.
    Fact{521, true},
    Fact{522, kGroupByAnything},
    Fact{523, true},  // LIKE … ESCAPE; NOT NULL.
    Fact{524, true},
    Fact{525, kGrammarMinimumAndCore},
    Fact{526, kAnsi92Entry},
    Fact{527, false},  // Integrity enhancement.
    Fact{528, kLimitedAndFullOuterJoins},
    Fact{529, "schema"},
    Fact{530, ""},  // There are no procedures.
    Fact{531, "catalog"},
    Fact{532, true},  // A catalog stands first in a name.
    Fact{533, kInCallsAndIndexes},
    Fact{534, kInCallsAndIndexes},
    Fact{535, Bits{0}},  // Positioned commands.
    Fact{536, false},    // SELECT FOR UPDATE; stored procedures.
    Fact{537, false},
    Fact{538, kAllSubqueries},
    Fact{539, true},  // Correlated subqueries.
    Fact{540, kUnionAndUnionAll},
};

constexpr std::array kLimitFacts = {
    Fact{541, kNoLimit}, Fact{542, kNoLimit}, Fact{543, kNoLimit}, Fact{544, kNoLimit},
    Fact{545, kNoLimit}, Fact{546, kNoLimit}, Fact{547, kNoLimit}, Fact{548, kNoLimit},
    Fact{549, kNoLimit}, Fact{550, kNoLimit}, Fact{551, kNoLimit}, Fact{552, kNoLimit},
    Fact{553, kNoLimit}, Fact{554, kNoLimit}, Fact{555, kNoLimit}, Fact{556, true},
    Fact{557, kNoLimit}, Fact{558, kNoLimit}, Fact{559, kNoLimit}, Fact{560, kNoLimit},
    Fact{561, kNoLimit},
};

constexpr std::array kTransactionFacts = {
    Fact{562, kSerializable},  // By default, of DuckDB's snapshots.
    Fact{563, true},
    Fact{564, kOnlySerializable},
    Fact{565, false},  // DDL commits; DDL is ignored in transactions.
    Fact{566, false},
    Fact{567, kForwardOnly},
    Fact{568, Bits{0}},  // What results of each kind can do.
    Fact{569, kReadOnlyResults},
    Fact{570, Bits{0}},
    Fact{571, Bits{0}},
    Fact{572, true},   // Batches of updates.
    Fact{573, false},  // Savepoints, named parameters, locators, functions by CALL.
    Fact{574, false},
    Fact{575, false},
    Fact{576, false},
};

// Those that have their place in the standard's lists by what they take first.
constexpr const char* kNamesSql = R"(
WITH functions AS (
  SELECT DISTINCT function_name AS name, parameter_types AS types, parameter_types[1] AS first
  FROM duckdb_functions()
  WHERE function_type IN ('scalar', 'macro') AND regexp_full_match(function_name, '[a-z][a-z0-9_]*'))
SELECT 508 AS number, keyword_name AS name FROM duckdb_keywords()
WHERE keyword_category = 'reserved'
UNION SELECT 509, name FROM functions WHERE first IN (
  'DOUBLE', 'FLOAT', 'DECIMAL', 'HUGEINT', 'BIGINT', 'INTEGER', 'SMALLINT', 'TINYINT')
UNION SELECT 510, name FROM functions WHERE first = 'VARCHAR'
UNION SELECT 511, name FROM functions WHERE first IS NULL
UNION SELECT 512, name FROM functions WHERE list_has_any(types, [
  'DATE', 'TIME', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE', 'INTERVAL'])
ORDER BY ALL)";

using Names = std::map<uint32_t, std::vector<std::string>>;

// The standard's numbers of types that DuckDB casts to each other, at least where the value fits.
constexpr std::array<int32_t, 10> kNumberTypes = {0, 2, 5, 6, 7, 12, 13, 14, 17, 19};
constexpr std::array<int32_t, 5> kTextTypes = {3, 11, 19, 1, 18};
constexpr std::array<int32_t, 4> kTimeTypes = {4, 15, 16, 19};
constexpr int32_t kTypeCount = 20;

std::map<int32_t, std::vector<int32_t>> CastsOfTypes() {
  std::map<int32_t, std::vector<int32_t>> casts;
  const auto add = [&casts](std::span<const int32_t> types) {
    for (const int32_t from : types) {
      for (const int32_t to : types) casts[from].push_back(to);
    }
  };
  add(kNumberTypes);
  add(kTextTypes);
  add(kTimeTypes);
  // A text may be of any type.
  for (const int32_t text : {3, 11, 19}) {
    for (int32_t to = 0; to < kTypeCount; ++to) casts[text].push_back(to);
  }
  for (auto& [from, to] : casts) {
    std::ranges::sort(to);
    to.erase(std::unique(to.begin(), to.end()), to.end());
  }
  return casts;
}

std::shared_ptr<arrow::DataType> ListType() {
  return arrow::list(arrow::field("string_data", arrow::utf8()));
}

std::shared_ptr<arrow::DataType> MapType() {
  return arrow::map(arrow::int32(), arrow::list(arrow::field("$data$", arrow::int32())));
}

std::shared_ptr<arrow::DataType> ValueType() {
  return arrow::dense_union(
      {arrow::field("string_value", arrow::utf8()), arrow::field("bool_value", arrow::boolean()),
       arrow::field("bigint_value", arrow::int64()), arrow::field("int32_bitmask", arrow::int32()),
       arrow::field("string_list", ListType()),
       arrow::field("int32_to_int32_list_map", MapType())});
}

/// A row for each fact.
class FactRows {
 public:
  explicit FactRows(const Names& names) : names_(names) {}

  Status Append(const Fact& fact) {
    number_ = fact.number;
    ARROW_RETURN_NOT_OK(numbers_.Append(fact.number));
    ARROW_RETURN_NOT_OK(kinds_.Append(static_cast<int8_t>(fact.value.index())));
    return std::visit([this](const auto& value) { return Add(value); }, fact.value);
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Finish() {
    arrow::ArrayVector children(6);
    ARROW_ASSIGN_OR_RAISE(children[0], texts_.Finish());
    ARROW_ASSIGN_OR_RAISE(children[1], flags_.Finish());
    ARROW_ASSIGN_OR_RAISE(children[2], counts_.Finish());
    ARROW_ASSIGN_OR_RAISE(children[3], bits_.Finish());
    ARROW_ASSIGN_OR_RAISE(children[4], lists_->Finish());
    ARROW_ASSIGN_OR_RAISE(children[5], maps_->Finish());
    ARROW_ASSIGN_OR_RAISE(const auto kinds, kinds_.Finish());
    ARROW_ASSIGN_OR_RAISE(const auto offsets, offsets_.Finish());
    ARROW_ASSIGN_OR_RAISE(const auto numbers, numbers_.Finish());
    const auto values = std::make_shared<arrow::DenseUnionArray>(
        ValueType(), kinds->length(), std::move(children), kinds->data()->buffers[1],
        offsets->data()->buffers[1]);
    return arrow::RecordBatch::Make(SqlInfoSchema(), numbers->length(), {numbers, values});
  }

 private:
  template <typename Builder, typename Value>
  Status Put(Builder& builder, const Value& value) {
    ARROW_RETURN_NOT_OK(offsets_.Append(static_cast<int32_t>(builder.length())));
    return builder.Append(value);
  }

  Status Add(const char* text) { return Put(texts_, std::string(text)); }
  Status Add(bool flag) { return Put(flags_, flag); }
  Status Add(int64_t count) { return Put(counts_, count); }
  Status Add(Bits bits) { return Put(bits_, bits); }

  Status Add(ListOfNames /*list*/) {
    ARROW_RETURN_NOT_OK(offsets_.Append(static_cast<int32_t>(lists_->length())));
    ARROW_RETURN_NOT_OK(lists_->Append());
    const auto found = names_.find(number_);
    if (found == names_.end()) return Status::OK();
    return list_texts_->AppendValues(found->second);
  }

  Status Add(Conversions /*map*/) {
    ARROW_RETURN_NOT_OK(offsets_.Append(static_cast<int32_t>(maps_->length())));
    ARROW_RETURN_NOT_OK(maps_->Append());
    for (const auto& [from, to] : CastsOfTypes()) {
      ARROW_RETURN_NOT_OK(map_keys_->Append(from));
      ARROW_RETURN_NOT_OK(map_lists_->Append());
      ARROW_RETURN_NOT_OK(map_items_->AppendValues(to));
    }
    return Status::OK();
  }

  const Names& names_;
  uint32_t number_ = 0;  // Of the fact that is being added.

  arrow::UInt32Builder numbers_;
  arrow::Int8Builder kinds_;
  arrow::Int32Builder offsets_;
  arrow::StringBuilder texts_;
  arrow::BooleanBuilder flags_;
  arrow::Int64Builder counts_;
  arrow::Int32Builder bits_;
  std::shared_ptr<arrow::StringBuilder> list_texts_ = std::make_shared<arrow::StringBuilder>();
  std::shared_ptr<arrow::ListBuilder> lists_ =
      std::make_shared<arrow::ListBuilder>(arrow::default_memory_pool(), list_texts_, ListType());
  std::shared_ptr<arrow::Int32Builder> map_keys_ = std::make_shared<arrow::Int32Builder>();
  std::shared_ptr<arrow::Int32Builder> map_items_ = std::make_shared<arrow::Int32Builder>();
  std::shared_ptr<arrow::ListBuilder> map_lists_ =
      std::make_shared<arrow::ListBuilder>(arrow::default_memory_pool(), map_items_,
                                           arrow::list(arrow::field("$data$", arrow::int32())));
  std::shared_ptr<arrow::MapBuilder> maps_ = std::make_shared<arrow::MapBuilder>(
      arrow::default_memory_pool(), map_keys_, map_lists_, MapType());
};

Result<service::HeldRows> Ask(service::Service& service, const service::Call& call,
                              const char* sql) {
  ARROW_ASSIGN_OR_RAISE(const auto rows,
                        service.Query(call, {.sql = sql, .parameters = {}}, {.read_only = true}));
  return service::TakeAll(*rows);
}

Result<Names> ReadNames(service::Service& service, const service::Call& call) {
  ARROW_ASSIGN_OR_RAISE(const auto rows, Ask(service, call, kNamesSql));
  Names names;
  for (const auto& batch : rows.batches) {
    const auto& numbers = static_cast<const arrow::Int32Array&>(*batch->column(0));
    const auto& texts = static_cast<const arrow::StringArray&>(*batch->column(1));
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      names[static_cast<uint32_t>(numbers.Value(row))].push_back(texts.GetString(row));
    }
  }
  return names;
}

bool NeedsNames(const Fact& fact) { return std::holds_alternative<ListOfNames>(fact.value); }

Bits BitsOf(std::chrono::milliseconds time) {
  return static_cast<Bits>(std::min<int64_t>(time.count(), std::numeric_limits<Bits>::max()));
}

// As clients that look for DuckDB expect it: its version first.
Result<std::string> ReadVersion(service::Service& service, const service::Call& call) {
  ARROW_ASSIGN_OR_RAISE(const auto rows, Ask(service, call, "SELECT version()"));
  ARROW_ASSIGN_OR_RAISE(const auto version, rows.batches.front()->column(0)->GetScalar(0));
  return "duckdb " + version->ToString() + " arrowport " ARROWPORT_VERSION;
}

}  // namespace

std::shared_ptr<arrow::Schema> SqlInfoSchema() {
  return arrow::schema({arrow::field("info_name", arrow::uint32(), /*nullable=*/false),
                        arrow::field("value", ValueType(), /*nullable=*/false)});
}

Result<std::shared_ptr<engine::ResultStream>> ReadSqlInfo(service::Service& service,
                                                          const service::Call& call,
                                                          const sql::CommandGetSqlInfo& command) {
  ARROW_ASSIGN_OR_RAISE(const std::string version, ReadVersion(service, call));
  std::vector<Fact> facts = {{1, version.c_str()},
                             {100, BitsOf(service.statements().lifetime())},
                             {101, BitsOf(service.sessions().transaction_idle_max())}};
  const auto add = [&facts](const auto& more) {
    std::ranges::copy(more, std::back_inserter(facts));
  };
  add(kServerFacts);
  add(kSyntaxFacts);
  add(kLimitFacts);
  add(kTransactionFacts);
  std::ranges::sort(facts, {}, &Fact::number);
  const auto& wanted = command.info();
  std::erase_if(facts, [&wanted](const Fact& fact) {
    return !wanted.empty() && std::ranges::find(wanted, fact.number) == wanted.end();
  });
  Names names;
  // Most clients ask at each connect, and few for these.
  if (std::ranges::any_of(facts, NeedsNames)) {
    ARROW_ASSIGN_OR_RAISE(names, ReadNames(service, call));
  }
  FactRows rows(names);
  for (const Fact& fact : facts) ARROW_RETURN_NOT_OK(rows.Append(fact));
  ARROW_ASSIGN_OR_RAISE(auto batch, rows.Finish());
  return service::OpenHeldRows({.schema = SqlInfoSchema(), .batches = {std::move(batch)}});
}

}  // namespace arrowport::flight
