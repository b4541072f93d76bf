#include "engine/execution_stream.h"

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/bounded_queue.h"
#include "base/call_control.h"
#include "base/error.h"
#include "engine/core.h"
#include "engine/database.h"
#include "engine/execution.h"
#include "engine/kept_connection.h"
#include "engine/result_budget.h"
#include "engine/result_queue.h"
#include "engine/result_stream.h"
#include "engine/start_gate.h"

namespace arrowport::engine {
namespace {

class ExecutionStream final : public ResultStream {
 public:
  ExecutionStream(std::shared_ptr<Execution> execution, ResultBudget::Place place)
      : place_(std::move(place)), execution_(std::move(execution)) {
    execution_->CountAsQuery();
  }

  ~ExecutionStream() override {
    execution_->Cancel(MakeError(ErrorKind::kCancelled, "the result was not read to its end"));
    execution_->StopCounting();
  }

  ExecutionStream(const ExecutionStream&) = delete;
  ExecutionStream& operator=(const ExecutionStream&) = delete;

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const override {
    return execution_->schema();
  }

  [[nodiscard]] bool ordered() const override {
    return execution_->queue().order() != ResultOrder::kNone;
  }

  [[nodiscard]] std::optional<double> progress() const override { return execution_->progress(); }

  QueueState Poll(std::shared_ptr<arrow::RecordBatch>* batch, std::function<void()> wake) override {
    return execution_->queue().Poll(batch, std::move(wake));
  }

  [[nodiscard]] Status status() const override { return execution_->queue().status(); }

  void Cancel(const Status& reason) override { execution_->Cancel(reason); }

 private:
  const ResultBudget::Place place_;
  const std::shared_ptr<Execution> execution_;
};

}  // namespace

std::shared_ptr<ResultStream> MakeResultStream(std::shared_ptr<Execution> execution,
                                               ResultBudget::Place place) {
  return std::make_shared<ExecutionStream>(std::move(execution), std::move(place));
}

Result<std::shared_ptr<ResultStream>> StartQuery(const std::shared_ptr<Core>& core,
                                                 std::shared_ptr<KeptConnection::Use> home,
                                                 const Statement& statement,
                                                 const QueryOptions& options,
                                                 const CallControl& control) {
  ARROW_ASSIGN_OR_RAISE(auto place, ResultBudget::Enter(core->result_budget));
  const StartGate::Pass pass(core->start_gate);
  ExecutionOptions execution_options;
  execution_options.ordered = options.ordered;
  execution_options.read_only = options.read_only;
  execution_options.help = true;
  execution_options.home = std::move(home);
  ARROW_ASSIGN_OR_RAISE(auto execution,
                        Execution::Start(core, statement, execution_options, control));
  return MakeResultStream(std::move(execution), std::move(place));
}

}  // namespace arrowport::engine
