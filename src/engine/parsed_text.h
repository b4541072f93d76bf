#pragma once

#include <string>

namespace arrowport::engine {

/// What can be told of an SQL text without a database.
struct ParsedText {
  enum class Transaction { kNone, kBegin, kCommit, kRollBack };

  int statements = 0;
  /// Of a text that is nothing but that.
  Transaction transaction = Transaction::kNone;
  /// One of them leaves something with its connection for those after it: as below, SET, USE,
  /// PREPARE.
  bool stays = false;
  /// That is all it does: a transaction, a temporary table or view.
  bool only_stays = false;
};

/// Nothing of a text that is no SQL: whoever runs it will say why.
ParsedText ParseText(const std::string& sql);

}  // namespace arrowport::engine
