#include "rpc/call.h"

#include <memory>
#include <utility>

#include <arrow/buffer.h>

#include "base/error.h"
#include "rpc/code.h"
#include "rpc/connection.h"
#include "rpc/metadata.h"
#include "rpc/stream.h"

namespace arrowport::rpc {

Call::~Call() {
  Finish({.code = Code::kUnknown, .message = "the server left the call without an answer"});
}

Result<std::shared_ptr<arrow::Buffer>> Call::Read() { return connection_->Read(*stream_); }

void Call::AddHeader(Header header) { connection_->AddHeader(*stream_, std::move(header)); }

bool Call::Write(const Message& message) { return connection_->Write(*stream_, message); }

bool Call::WriteMore(const Message& message) { return connection_->WriteMore(*stream_, message); }

void Call::Flush() { connection_->Flush(); }

void Call::Finish(const Outcome& outcome) { connection_->Finish(*stream_, outcome); }

Status Call::failure() const { return connection_->FailureOf(*stream_); }

void Call::Interrupt() { connection_->Interrupt(*stream_); }

}  // namespace arrowport::rpc
