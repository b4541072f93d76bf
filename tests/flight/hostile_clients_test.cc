#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/flight/types.h>
#include <gmock/gmock.h>

#include "base/error.h"
#include "base/limits.h"
#include "flight/flight_data.h"
#include "flight/test_server.h"
#include "rpc/test_client.h"
#include "rpc/test_peer.h"
#include "stream/message_encoder.h"

namespace arrowport::flight {
namespace {

using rpc::testing::Framed;
using rpc::testing::Peer;
using testing::MakeRows;

constexpr char kDoPut[] = "/arrow.flight.protocol.FlightService/DoPut";
constexpr int kClients = 4;
constexpr int kCallsEach = 250;

// The first message of a put, with its schema.
std::string BeginningOfAPut() {
  const auto descriptor = *arrow::flight::FlightDescriptor::Path({"hostile"}).SerializeToString();
  std::string message = "\n";
  message += static_cast<char>(descriptor.size());
  message += descriptor;
  auto encoder =
      *stream::MessageEncoder::Make(stream::Compression::kNone, MakeRows(0, 1)->schema());
  for (const auto& piece : WriteFlightData(*encoder->EncodeSchema())) {
    message += std::string_view(*piece);
  }
  return message;
}

int ThreadsOfThisProcess() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    int threads = 0;
    if (word == "Threads:" && status >> threads) return threads;
  }
  return -1;
}

class HostileClientsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Status served = server_.Serve();
    ASSERT_TRUE(served.ok()) << served;
    threads_ = ThreadsOfThisProcess();
    for (int i = 0; i < kClients; ++i) {
      peers_.push_back(std::make_unique<Peer>(server_.server->port()));
    }
  }

  // Each call of each client has sent `bytes`, and the server has read them.
  void SendEverywhere(const std::string& bytes) {
    for (const auto& peer : peers_) {
      for (int i = 0; i < kCallsEach; ++i) peer->client.Send(peer->client.Begin(kDoPut), bytes);
      // The answer to what comes last says that the rest has been read.
      const int32_t last = peer->client.Begin("/p.S/Unknown");
      EXPECT_TRUE(peer->Finish(last));
    }
  }

  void ExpectServiceForAnother() {
    const auto answer = server_.Put(arrow::flight::FlightDescriptor::Path({"t"}), {MakeRows(0, 3)});
    EXPECT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(server_.Number("SELECT count(*) FROM t"), 3);
  }

  testing::TestServer server_;
  int threads_ = 0;
  std::vector<std::unique_ptr<Peer>> peers_;
};

TEST_F(HostileClientsTest, HalfMessagesLeaveRoomAndHoldNoThread) {
  SendEverywhere(Framed(BeginningOfAPut()).substr(0, 50));
  ExpectServiceForAnother();
  // Those of the pools, and of the other client's library.
  EXPECT_LE(ThreadsOfThisProcess() - threads_, 24);
}

TEST_F(HostileClientsTest, LargeHalfMessagesAreHeldOnlyAsFarAsTheirShareGoes) {
  SendEverywhere(Framed(std::string(kMiB, 'x')).substr(0, 60'000));
  ExpectServiceForAnother();
}

TEST_F(HostileClientsTest, OpenPutsLeaveRoom) {
  SendEverywhere(Framed(BeginningOfAPut()));
  ExpectServiceForAnother();
}

}  // namespace
}  // namespace arrowport::flight
