#pragma once

#include "http/exchange.h"
#include "http/socket.h"

namespace arrowport::http {

// One function per route; `http/routes.cc` says which. They stand in the file in brackets.

Awaitable<Status> Ingest(Exchange& exchange);           // routes_ingest.cc
Awaitable<Status> IngestJson(Exchange& exchange);       // routes_ingest.cc
Awaitable<Status> IngestPart(Exchange& exchange);       // routes_ingest.cc
Awaitable<Status> BeginIngest(Exchange& exchange);      // routes_parts.cc
Awaitable<Status> ListIngests(Exchange& exchange);      // routes_parts.cc
Awaitable<Status> DescribeIngest(Exchange& exchange);   // routes_parts.cc
Awaitable<Status> CommitIngest(Exchange& exchange);     // routes_parts.cc
Awaitable<Status> AbortIngest(Exchange& exchange);      // routes_parts.cc
Awaitable<Status> Query(Exchange& exchange);            // routes_query.cc
Awaitable<Status> QueryByAddress(Exchange& exchange);   // routes_query.cc
Awaitable<Status> RunExchange(Exchange& exchange);      // routes_exchange.cc
Awaitable<Status> ListExchangers(Exchange& exchange);   // routes_exchangers.cc
Awaitable<Status> GetExchanger(Exchange& exchange);     // routes_exchangers.cc
Awaitable<Status> PutExchanger(Exchange& exchange);     // routes_exchangers.cc
Awaitable<Status> DeleteExchanger(Exchange& exchange);  // routes_exchangers.cc
Awaitable<Status> ListStreams(Exchange& exchange);      // routes_catalog.cc
Awaitable<Status> DescribeStream(Exchange& exchange);
Awaitable<Status> ListTables(Exchange& exchange);       // routes_catalog.cc
Awaitable<Status> DescribeTable(Exchange& exchange);    // routes_catalog.cc
Awaitable<Status> ReadTable(Exchange& exchange);        // routes_tables.cc
Awaitable<Status> ListSchemas(Exchange& exchange);      // routes_schemas.cc
Awaitable<Status> GetSchema(Exchange& exchange);        // routes_schemas.cc
Awaitable<Status> PutSchema(Exchange& exchange);        // routes_schemas.cc
Awaitable<Status> DeleteSchema(Exchange& exchange);     // routes_schemas.cc
Awaitable<Status> BulkRead(Exchange& exchange);         // routes_bulk_read.cc
Awaitable<Status> SendParquetFile(Exchange& exchange);  // routes_files.cc
Awaitable<Status> SendArrowFile(Exchange& exchange);    // routes_files.cc
Awaitable<Status> CheckHealth(Exchange& exchange);      // routes_server.cc
Awaitable<Status> CheckReady(Exchange& exchange);       // routes_server.cc
Awaitable<Status> ShowMetrics(Exchange& exchange);      // routes_server.cc
Awaitable<Status> ShowVersion(Exchange& exchange);      // routes_server.cc
Awaitable<Status> ShowOpenApi(Exchange& exchange);      // routes_docs.cc
Awaitable<Status> ShowDocs(Exchange& exchange);         // routes_docs.cc
Awaitable<Status> ShowDocsFile(Exchange& exchange);     // routes_docs.cc
Awaitable<Status> ShowRoutes(Exchange& exchange);       // routes_server.cc

}  // namespace arrowport::http
