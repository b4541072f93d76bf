#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace arrowport::net {

namespace asio = boost::asio;

/// Every connection has a thread of IoThreads, whose executor this is.
using Executor = asio::any_io_executor;
using Socket = asio::ip::tcp::socket;

template <typename T>
using Awaitable = asio::awaitable<T>;

/// Operations answer `[error, bytes]`; they never throw for what a peer does.
inline constexpr asio::as_tuple_t<asio::use_awaitable_t<>> kAsTuple{};

}  // namespace arrowport::net
