#include "stream/parquet_footer.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/limits.h"
#include "stream/thrift_reader.h"

namespace arrowport::stream {
namespace {

// The numbers of the fields that count here.
constexpr int kFileSchema = 2;
constexpr int kFileRowGroups = 4;
constexpr int kElementChildren = 5;
constexpr int kRowGroupColumns = 1;

// A list is three elements deep in Parquet, and around all of them is the root.
constexpr size_t kDepthMax = 3 * size_t{limits::kSchemaDepthMax} + 1;
constexpr int64_t kElementsMax = 4 * int64_t{limits::kSchemaFieldsMax};

// What is said of a column of a row group has several times as many.
constexpr size_t kColumnChunkBytes = 24;
constexpr size_t kColumnChunksFree = 1000;

/// The elements of a schema, which are a tree that is written from its root down.
class SchemaTree {
 public:
  Status Add(int64_t children) {
    if (++elements_ > kElementsMax) return TooLarge("elements", kElementsMax);
    while (!open_.empty() && open_.back() == 0) open_.pop_back();
    if (!open_.empty()) --open_.back();
    if (children > 0) open_.push_back(children);
    return open_.size() > kDepthMax ? TooLarge("levels", int64_t{kDepthMax}) : Status::OK();
  }

 private:
  static Status TooLarge(const std::string& what, int64_t limit) {
    return MakeError(ErrorKind::kTooLarge,
                     "its schema has more than " + std::to_string(limit) + " " + what);
  }

  std::vector<int64_t> open_;  // How many children each level still lacks.
  int64_t elements_ = 0;
};

class Footer {
 public:
  explicit Footer(std::span<const uint8_t> bytes)
      : thrift_(bytes), column_chunks_max_(bytes.size() / kColumnChunkBytes + kColumnChunksFree) {}

  Status Check() {
    return thrift_.ReadStruct([this](const ThriftField& field) {
      if (field.id == kFileSchema) return ReadSchema(field);
      if (field.id == kFileRowGroups) return ReadRowGroups(field);
      return thrift_.Skip(field.type);
    });
  }

 private:
  Status ReadSchema(const ThriftField& field) {
    SchemaTree tree;
    return thrift_.ReadList(field.type, [&](ThriftType type) { return ReadElement(type, tree); });
  }

  Status ReadElement(ThriftType type, SchemaTree& tree) {
    int64_t children = 0;
    ARROW_RETURN_NOT_OK(thrift_.ReadStruct(type, [&](const ThriftField& field) -> Status {
      if (field.id != kElementChildren) return thrift_.Skip(field.type);
      return thrift_.ReadNumber(field.type).Value(&children);
    }));
    return tree.Add(children);
  }

  Status ReadRowGroups(const ThriftField& groups) {
    return thrift_.ReadList(groups.type, [this](ThriftType type) {
      return thrift_.ReadStruct(type, [this](const ThriftField& field) {
        if (field.id != kRowGroupColumns) return thrift_.Skip(field.type);
        return thrift_.ReadList(field.type, [this](ThriftType chunk) { return ReadChunk(chunk); });
      });
    });
  }

  Status ReadChunk(ThriftType type) {
    if (++column_chunks_ > column_chunks_max_) {
      return MakeError(ErrorKind::kTooLarge,
                       "its footer has more columns of row groups than it "
                       "could say anything of");
    }
    return thrift_.Skip(type);
  }

  ThriftReader thrift_;
  const size_t column_chunks_max_;
  size_t column_chunks_ = 0;
};

}  // namespace

Status CheckParquetFooter(std::span<const uint8_t> footer) { return Footer(footer).Check(); }

}  // namespace arrowport::stream
