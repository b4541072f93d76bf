#pragma once

#include <bit>
#include <cstdint>
#include <span>

#include "base/error.h"

namespace arrowport::stream {

/// The words of a stream are little-endian; so is every machine that we are built for.
static_assert(std::endian::native == std::endian::little);

/// The word before the length of each message's header, but in streams of before Arrow 0.15.
inline constexpr int32_t kIpcContinuation = -1;

/// The kinds of messages that an IPC stream may hold.
enum class IpcMessageKind { kSchema, kDictionary, kBatch };

/// What the header of an IPC message announces.
struct IpcMessage {
  IpcMessageKind kind = IpcMessageKind::kSchema;
  int64_t body_bytes = 0;
  int64_t dictionary_id = 0;  ///< Of a dictionary.
  bool is_delta = false;      ///< Of a dictionary: adds to the one before.
};

/// Reads the header of an IPC message, as it came from outside, without building anything from it.
///
/// Arrow's own reader keeps inside of the bytes, but believes what they announce. A FlatBuffer may
/// point to one part from many places, so that a few kilobytes stand for billions of fields or
/// terabytes of text; those, and what else is out of proportion, are refused here, before anything
/// is allocated or recursed into: a schema over `limits::kSchemaDepthMax` or
/// `limits::kSchemaFieldsMax`, text that adds up to more than `limits::kIpcMetadataBytesMax`, more
/// rows than `limits::kBatchRowsMax`, buffers or a body over `message_bytes_max`, JSON of extension
/// types nested so deep that parsing it would overflow the stack.
/// \return kTooLarge for those, kInvalidInput for what is no message of a stream.
Result<IpcMessage> ReadIpcMessage(std::span<const uint8_t> metadata, int64_t message_bytes_max);

/// Bytes of memory that the buffers of a batch or dictionary take when they are decompressed, as
/// each of them announces: what Arrow allocates for them. 0 of a message without compression. What
/// makes no sense is passed over, for Arrow to refuse.
int64_t UnpackedBytes(std::span<const uint8_t> metadata, std::span<const uint8_t> body);

}  // namespace arrowport::stream
