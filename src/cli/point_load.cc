#include "cli/point_load.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/client_load.h"

namespace arrowport::cli {
namespace {

// Keys differ from client to client, and are the same in every run.
class PointClient final : public LoadClient {
 public:
  PointClient(PointAsker& asker, int64_t keys, uint32_t seed)
      : asker_(asker), random_(seed), keys_(0, keys - 1) {}

  Status Call() override {
    const int64_t key = keys_(random_);
    ARROW_ASSIGN_OR_RAISE(const int64_t rows, asker_.Ask(key));
    if (rows == 1) return Status::OK();
    return MakeError(ErrorKind::kInternal, "key " + std::to_string(key) + " has " +
                                               std::to_string(rows) + " rows instead of one");
  }

 private:
  PointAsker& asker_;
  std::minstd_rand random_;
  std::uniform_int_distribution<int64_t> keys_;
};

}  // namespace

Result<LoadTimes> AskTogether(const std::vector<std::unique_ptr<PointAsker>>& askers,
                              const PointLoad& load) {
  std::vector<std::unique_ptr<LoadClient>> clients;
  for (size_t i = 0; i < static_cast<size_t>(load.clients); ++i) {
    const uint32_t seed = static_cast<uint32_t>(i) + 1;
    clients.push_back(std::make_unique<PointClient>(*askers[i], load.keys, seed));
  }
  return CallTogether(clients, load.duration);
}

}  // namespace arrowport::cli
