#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "client/client.h"

namespace arrowport::cli {

/// How far a producer is that sends the rows of a file in order, each put with the row behind its
/// last as its epoch. So what has landed tells where to go on, in whatever sizes the rows were
/// sent, and whatever a rule of the server did with single rows.
struct ProducerPosition {
  int64_t sequence = 0;      ///< The last that has landed; 0: none.
  int64_t rows = 0;          ///< Of the file that are done with; more than it has: all.
  bool is_complete = false;  ///< The last put was empty, which is how a sender marks the end.
  std::string table;         ///< Where they are.
};

/// Asks the server, by SQL that reads its ledger.
Result<ProducerPosition> AskPosition(client::Client& client, const std::string& stream,
                                     const std::string& producer);

}  // namespace arrowport::cli
