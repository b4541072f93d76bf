#pragma once

#include <chrono>
#include <cstdint>

namespace arrowport {

inline constexpr int64_t kKiB = 1024;
inline constexpr int64_t kMiB = 1024 * kKiB;
inline constexpr int64_t kGiB = 1024 * kMiB;

/// Every bound that is not an option, with the reason for its size. Bounds that are options have
/// their defaults in the option table (`server/options`).
namespace limits {

/// Rows of one unit of insert work: DuckDB's row group, so that a unit fills one exactly.
inline constexpr int64_t kMorselRows = 122'880;

/// Bytes that one unit of insert work is to have at most: what a worker keeps uncompressed. Of rows
/// so wide that a row group has more, a unit is the half of one, or a quarter ….
inline constexpr int64_t kMorselBytes = 128 * kMiB;

/// Bytes in which a client sends batches: a row group, or the half of one, or a quarter …, that has
/// at most so many. A server inserts one while the next is on its way.
inline constexpr int64_t kPutPieceBytes = 16 * kMiB;

/// Bytes that a result batch aims at. Under 1 MiB the cost per batch shows, over 4 MiB caches miss.
inline constexpr int64_t kResultBatchBytes = 2 * kMiB;

/// Bytes that a result batch aims at when little of the memory for results is free. The cost of a
/// batch shows, and that is better than none.
inline constexpr int64_t kResultBatchBytesMin = 128 * kKiB;

/// What every running result is sure of: a batch with its reader and one in the making.
inline constexpr int64_t kResultFloorBytes = 2 * kResultBatchBytesMin;

/// What each plan may take of memory without a share of `planning_bytes_max`, so that statements
/// that ask for little run whatever others take. A statement of some hundred columns fits.
inline constexpr int64_t kPlanBytesFree = kMiB;

/// What all texts together may take to be parsed where no database is asked, and one in time. As
/// much as plans may by default: the parser is where a long text begins to be one.
inline constexpr int64_t kTextPlanBytesMax = 256 * kMiB;
inline constexpr std::chrono::seconds kTextPlanTimeMax{10};

/// How long a statement that makes an index waits for those that write to its table. New writers
/// wait for it meanwhile, so it is what a put that streams may cost them.
inline constexpr std::chrono::seconds kIndexPatience{10};

/// What a list of tables waits for what DuckDB has to say of one of them. Others are told in less
/// than a millisecond; views over views over views may take any time.
inline constexpr std::chrono::seconds kListedTableTimeMax{1};

/// Rows of a result batch: no more than a row group of DuckDB.
inline constexpr int64_t kResultBatchRows = 122'880;

/// Nesting of an Arrow schema; deeper ones are refused before anything recurses into them.
inline constexpr int kSchemaDepthMax = 64;

/// Columns of an incoming schema, nested ones counted too.
inline constexpr int kSchemaFieldsMax = 10'000;

/// Bytes of one IPC message header. A schema of kSchemaFieldsMax long names fits.
inline constexpr int64_t kIpcMetadataBytesMax = 16 * kMiB;

/// Rows of one incoming batch: what Arrow's format asks producers to keep to. Columns without data
/// per row (null, run-end encoded) could otherwise announce any number in a few bytes.
inline constexpr int64_t kBatchRowsMax = 2'147'483'647;

/// Bytes of a column whose values are written out because DuckDB cannot scan the form that they
/// came in. Several times what a batch usually has, and little enough to have once for each put.
inline constexpr int64_t kPlainColumnBytesMax = 256 * kMiB;

/// Files of tables that are kept. Each holds one of the process's file descriptors, which
/// connections need too.
inline constexpr int kFilesKeptMax = 100;

/// Bytes of a file that are read and sent at once: what a batch of rows has, so that the time for
/// taking one part of an answer means the same.
inline constexpr int64_t kFilePieceBytes = kMiB;

/// Bytes of one of the files in which batches wait on disk: what a queue there has been given back
/// but still holds.
inline constexpr int64_t kSpillFileBytes = 64 * kMiB;

/// How long the input of an exchange may be held back while its client takes no rows, before it is
/// taken for one that sends everything first. A client that reads takes a batch in less.
inline constexpr std::chrono::milliseconds kSpillPatience{250};

/// The same where there is no room on disk either, before the exchange is ended.
inline constexpr std::chrono::seconds kSpillFullPatience{30};

}  // namespace limits
}  // namespace arrowport
