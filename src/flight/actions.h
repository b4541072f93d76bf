#pragma once

#include <vector>

#include <arrow/flight/types.h>

#include "base/error.h"
#include "flight/polled_flights.h"
#include "flight/running_calls.h"
#include "service/service.h"

namespace arrowport::flight {

/// The actions of DoAction, as ListActions lists them.
std::vector<arrow::flight::ActionType> KnownActions();

/// Whose action, and what it may be about.
struct ActionCall {
  RunningCall& call;
  service::Service& service;
  PolledFlights& polled;
};

/// Runs `action` and gives what it answers.
/// \return kNotImplemented, with the list of those that are known, for another one.
Result<std::vector<arrow::flight::Result>> RunAction(const ActionCall& at,
                                                     const arrow::flight::Action& action);

}  // namespace arrowport::flight
