#include <stdlib.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/ipc/options.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/compression.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/batch_encoder.h"
#include "stream/ipc_decoder.h"
#include "stream/ipc_samples.h"
#include "stream/type_samples.h"

namespace arrowport::stream {
namespace {

/// A stream, cut where its messages begin.
using Messages = std::vector<std::string>;

Messages Split(const std::string& stream) {
  Messages messages;
  IpcDecoder decoder({});
  size_t start = 0;
  size_t place = 0;
  while (place < stream.size()) {
    const auto space = decoder.Prepare().ValueOrDie();
    if (space.empty()) break;
    // A part of four bytes that continues with the marker begins a message.
    if (space.size() == 4 && stream.compare(place, 4, "\xff\xff\xff\xff") == 0 && place > start) {
      messages.push_back(stream.substr(start, place - start));
      start = place;
    }
    std::memcpy(space.data(), stream.data() + place, space.size());
    place += space.size();
    if (!decoder.Commit(space.size()).ok()) break;
    while (decoder.TakeBatch() != nullptr) continue;
  }
  messages.push_back(stream.substr(start));
  return messages;
}

std::vector<Messages> MakeCorpus() {
  std::vector<Messages> corpus;
  const auto every = MakeEveryTypeBatch().ValueOrDie();
  const auto add = [&](const Batches& batches, const arrow::ipc::IpcWriteOptions& options) {
    corpus.push_back(Split(ToIpcStream(batches, options).ValueOrDie()));
  };
  const auto plain = arrow::ipc::IpcWriteOptions::Defaults();
  add({every, every->Slice(1), every->Slice(0, 0)}, plain);
  for (const auto codec : {arrow::Compression::LZ4_FRAME, arrow::Compression::ZSTD}) {
    auto compressed = plain;
    compressed.codec = arrow::util::Codec::Create(codec).ValueOrDie();
    add({every}, compressed);
  }
  auto old = plain;
  old.metadata_version = arrow::ipc::MetadataVersion::V4;
  add({every->SelectColumns({1, 5, 34, 35}).ValueOrDie()}, old);
  // A type at a time, so that a change hits it often enough.
  for (int i = 0; i < every->num_columns(); ++i) {
    add({every->SelectColumns({i}).ValueOrDie(), every->SelectColumns({i}).ValueOrDie()}, plain);
  }
  auto deltas = plain;
  deltas.emit_dictionary_deltas = true;
  const auto type = arrow::dictionary(arrow::int8(), arrow::utf8());
  Batches growing;
  for (const char* json : {R"(["a"])", R"(["a", "b"])", R"(["z"])"}) {
    growing.push_back(
        arrow::RecordBatch::Make(arrow::schema({arrow::field("d", type)}), json[5] == ',' ? 2 : 1,
                                 {arrow::json::ArrayFromJSONString(type, json).ValueOrDie()}));
  }
  add(growing, deltas);
  // What is written as little-endian is read as big-endian, and turned around.
  const auto big = every->schema()->WithEndianness(arrow::Endianness::Big);
  add({arrow::RecordBatch::Make(big, every->num_rows(), every->columns())}, plain);
  return corpus;
}

class Mutator {
 public:
  explicit Mutator(uint32_t seed) : random_(seed) {}

  std::string Mutate(const std::vector<Messages>& corpus) {
    Messages messages = Pick(corpus);
    for (uint32_t i = 0; i < Below(3) && messages.size() > 1; ++i) Splice(corpus, &messages);
    std::string stream;
    for (const std::string& message : messages) stream += message;
    switch (Below(8)) {
      case 0:
        stream.resize(Below(stream.size() + 1));
        break;
      case 1:
        break;
      default:
        for (uint32_t i = 0; i < 1 + Below(6); ++i) Change(&stream);
    }
    return stream;
  }

 private:
  uint32_t Below(size_t bound) { return bound == 0 ? 0 : static_cast<uint32_t>(random_() % bound); }

  template <typename T>
  const T& Pick(const std::vector<T>& items) {
    return items[Below(items.size())];
  }

  void Splice(const std::vector<Messages>& corpus, Messages* messages) {
    const size_t place = Below(messages->size());
    switch (Below(4)) {
      case 0:
        messages->erase(messages->begin() + static_cast<std::ptrdiff_t>(place));
        break;
      case 1:
        messages->insert(messages->begin() + static_cast<std::ptrdiff_t>(place), Pick(*messages));
        break;
      case 2:
        std::swap((*messages)[place], (*messages)[Below(messages->size())]);
        break;
      default:
        (*messages)[place] = Pick(Pick(corpus));
    }
  }

  void Change(std::string* stream) {
    if (stream->empty()) return;
    const size_t place = Below(stream->size());
    char& byte = (*stream)[place];
    switch (Below(5)) {
      case 0:
        byte = static_cast<char>(byte ^ static_cast<char>(1U << Below(8)));
        break;
      case 1:
        byte = static_cast<char>(random_());
        break;
      case 2:
        Overwrite<int32_t>(stream, place,
                           Pick<int32_t>({0, 1, -1, 8, 127, 255, INT32_MAX, INT32_MIN, 1 << 20}));
        break;
      case 3:
        Overwrite<int64_t>(stream, place,
                           Pick<int64_t>({0, 1, -1, 64, INT64_MAX, INT64_MIN, 1LL << 40}));
        break;
      default:
        // Numbers in a stream stand at multiples of four, counted from the start of their message.
        Overwrite<int32_t>(stream, place / 4 * 4, static_cast<int32_t>(Below(64)));
    }
  }

  template <typename T>
  static void Overwrite(std::string* stream, size_t place, T value) {
    if (stream->size() - place < sizeof(T)) return;
    std::memcpy(stream->data() + place, &value, sizeof(T));
  }

  std::mt19937 random_;
};

// Reads every value, so that a sanitizer sees it when one lies outside of its buffer.
void ReadEveryValue(const Batches& batches) {
  for (const auto format : {WireFormat::kNdjson, WireFormat::kArrowStream}) {
    auto encoder = MakeBatchEncoder(format, batches.front()->schema()).ValueOrDie();
    ASSERT_TRUE(encoder->Begin().ok());
    for (const auto& batch : batches) {
      // A few bytes may stand for any number of nulls or of equal values.
      if (batch->num_rows() > 100'000) continue;
      const auto pieces = encoder->Encode(batch);
      ASSERT_TRUE(pieces.ok()) << pieces.status();
    }
  }
}

// ARROWPORT_MUTATION_ROUNDS and ARROWPORT_MUTATION_SEED run more of them, or one again.
uint32_t FromEnvironment(const char* name, uint32_t fallback) {
  const char* const text = secure_getenv(name);
  return text == nullptr ? fallback : static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
}

TEST(IpcMutationTest, AnswersAnyChangeOfAStreamWithItsBatchesOrAnErrorOfTheClient) {
  const auto corpus = MakeCorpus();
  const uint32_t first_seed = FromEnvironment("ARROWPORT_MUTATION_SEED", 20'240'101);
  const uint32_t rounds = FromEnvironment("ARROWPORT_MUTATION_ROUNDS", 600);
  uint32_t accepted = 0;
  for (uint32_t seed = first_seed; seed != first_seed + rounds; ++seed) {
    SCOPED_TRACE("ARROWPORT_MUTATION_ROUNDS=1 ARROWPORT_MUTATION_SEED=" + std::to_string(seed));
    const std::string stream = Mutator(seed).Mutate(corpus);
    IpcDecoder decoder({.message_bytes_max = 4 * kMiB});
    const Status status = Feed(decoder, stream, seed % 3 == 0 ? 7 : SIZE_MAX);
    if (!status.ok()) {
      const ErrorKind kind = KindOf(status);
      EXPECT_TRUE(kind == ErrorKind::kInvalidInput || kind == ErrorKind::kTooLarge ||
                  kind == ErrorKind::kUnsupportedMedia)
          << status;
    }
    // What came before the failure was handed out as valid, and has to be.
    Batches batches;
    while (auto batch = decoder.TakeBatch()) batches.push_back(std::move(batch));
    if (!batches.empty()) ReadEveryValue(batches);
    accepted += status.ok() ? 1 : 0;
    if (HasFailure()) break;
  }
  // Changes that nobody notices (padding, values) have to be among them.
  if (rounds >= 100) {
    EXPECT_GT(accepted, rounds / 50);
  }
}

}  // namespace
}  // namespace arrowport::stream
