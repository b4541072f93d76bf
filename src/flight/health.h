#pragma once

#include "net/socket.h"
#include "rpc/call.h"
#include "service/service.h"

namespace arrowport::flight {

/// The method of grpc.health.v1.Health that asks once
/// (https://github.com/grpc/grpc/blob/master/doc/health-checking.md).
inline constexpr char kHealthCheck[] = "/grpc.health.v1.Health/Check";

/// Answers it: SERVING or NOT_SERVING, as of Service::CheckReady, of the whole server or of
/// Flight's service; NOT_FOUND of another.
net::Awaitable<void> AnswerHealthCheck(const service::Service& service, rpc::Call& call);

}  // namespace arrowport::flight
