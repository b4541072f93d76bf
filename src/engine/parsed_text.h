#pragma once

#include <string>

namespace arrowport::engine {

/// What can be told of an SQL text without a database.
struct ParsedText {
  enum class Transaction { kNone, kBegin, kCommit, kRollBack };

  int statements = 0;
  /// Of a text that is nothing but that.
  Transaction transaction = Transaction::kNone;
  /// One of them leaves something with its connection for those after it: a transaction, a
  /// temporary table or view, SET, USE, PREPARE.
  bool stays = false;
  /// What of that the text makes and does not use itself, so that nobody ever does if its
  /// connection goes with it; for messages. Empty: nothing.
  std::string lost;
};

/// Nothing of a text that is no SQL: whoever runs it will say why.
ParsedText ParseText(const std::string& sql);

}  // namespace arrowport::engine
