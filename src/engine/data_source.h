#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace arrowport::engine {

/// Files that are served as views, beside the tables of the database.
struct DataSource {
  std::string view;  ///< Of all files together.
  std::string
      pattern;  ///< A file, a folder, a glob, or an address like s3://bucket/trips/*.parquet.
  bool view_per_file = false;  ///< Each file is a view, too: by number, and by its own name.
  std::string option = {};     ///< What to name when the pattern is wrong: "--parquet-path".
};

enum class DataFormat { kParquet, kCsv, kJson };

/// What the ending of a file's name tells: .parquet, .csv, .json, .ndjson, .jsonl; the texts also
/// with .gz or .zst behind it.
std::optional<DataFormat> DataFormatOf(std::string_view path);

/// Whether `pattern` is an address, and not a path of this machine.
bool IsRemote(std::string_view pattern);

/// Whether `pattern` has wildcards, and so names any number of files.
bool HasWildcard(std::string_view pattern);

/// The part of `pattern` that stands before the folder or file with the first wildcard: "/lake" of
/// "/lake/2026-*/*.csv"; "." where there is none.
std::string FolderOf(std::string_view pattern);

/// `path` as a pattern that names it alone, whatever characters it has.
std::string LiteralPattern(std::string_view path);

/// The name of a file without folders and the endings that tell its format: "trips" of
/// "/lake/trips.csv.gz".
std::string StemOf(std::string_view path);

}  // namespace arrowport::engine
