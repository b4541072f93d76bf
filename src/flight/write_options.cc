#include "flight/write_options.h"

#include <string>
#include <string_view>

#include <arrow/flight/server.h>
#include <arrow/ipc/options.h>
#include <arrow/util/compression.h>

#include "base/error.h"

namespace arrowport::flight {

Result<arrow::ipc::IpcWriteOptions> WriteOptionsOf(
    const arrow::flight::ServerCallContext& context) {
  arrow::ipc::IpcWriteOptions options = arrow::ipc::IpcWriteOptions::Defaults();
  const auto wish = context.incoming_headers().find(kCompressionHeader);
  if (wish == context.incoming_headers().end() || wish->second == "none") return options;
  arrow::Compression::type type = arrow::Compression::UNCOMPRESSED;
  if (wish->second == "zstd") type = arrow::Compression::ZSTD;
  if (wish->second == "lz4") type = arrow::Compression::LZ4_FRAME;
  if (type == arrow::Compression::UNCOMPRESSED) {
    return MakeError(ErrorKind::kInvalidInput, "the compression '" + std::string(wish->second) +
                                                   "' of the header " + kCompressionHeader +
                                                   " is not known; there are: none, zstd, lz4");
  }
  ARROW_ASSIGN_OR_RAISE(options.codec, arrow::util::Codec::Create(type));
  return options;
}

}  // namespace arrowport::flight
