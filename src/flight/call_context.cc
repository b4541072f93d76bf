#include "flight/call_context.h"

#include <string>

#include "access/caller.h"
#include "base/error.h"
#include "rpc/call.h"
#include "rpc/metadata.h"

namespace arrowport::flight {

CallContext::CallContext(rpc::Call& wire) : wire_(wire), peer_identity_(access::Caller{}.name) {
  for (const rpc::Header& header : wire.request().headers) {
    headers_.emplace(header.name, header.value);
  }
}

Status CallContext::ReadFailure() const {
  return read_failure_.ok() ? wire_.failure() : read_failure_;
}

void CallContext::AddHeader(const std::string& key, const std::string& value) const {
  wire_.AddHeader({.name = key, .value = value});
}

void CallContext::AddTrailer(const std::string& key, const std::string& value) const {
  trailers_.push_back({.name = key, .value = value});
}

}  // namespace arrowport::flight
