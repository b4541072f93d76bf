"""Arrow Flight as pyarrow's client speaks it, beyond what the contract asks of every door."""

import json
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest
from pyarrow import flight as pa_flight

from harness.door import Refused
from harness.flight_door import FlightDoor
from harness.samples import same_table, trips, types_of
from harness.server_process import ServerProcess
from harness.waiting import wait_until

Descriptor = pa_flight.FlightDescriptor
TRIPS = trips(1000)


def _put(flight: FlightDoor, descriptor: Descriptor, table: pa.Table) -> dict:
    with flight.refusing():
        writer, answers = flight.client.do_put(descriptor, table.schema)
        writer.write_table(table)
        writer.done_writing()
        answer = answers.read()
        writer.close()
    return json.loads(answer.to_pybytes())


DESCRIPTORS = {
    "path": lambda stream: Descriptor.for_path(stream),
    "plain command": lambda stream: Descriptor.for_command(stream),
    "JSON command": lambda stream: Descriptor.for_command(json.dumps({"stream_name": stream})),
    "JSON command with more": lambda stream: Descriptor.for_command(
        json.dumps({"stream_name": stream, "chunk_size": 5, "options": {"a": [1]}})),
}


@pytest.mark.parametrize("make", DESCRIPTORS.values(), ids=DESCRIPTORS)
def test_a_put_names_its_stream_by(flight: FlightDoor, stream: str, make) -> None:
    answer = _put(flight, make(stream), TRIPS)
    assert list(answer) == ["status", "stream", "table", "rows_processed", "batches", "bytes",
                            "seconds"]
    assert (answer["stream"], answer["table"], answer["rows_processed"]) == (stream, stream, 1000)
    same_table(flight.table(stream), TRIPS)


def test_a_path_of_two_parts_is_schema_and_table(flight: FlightDoor, stream: str) -> None:
    flight.get(f'CREATE SCHEMA "s_{stream}"')
    assert _put(flight, Descriptor.for_path(f"s_{stream}", "trips"), TRIPS)["table"] == \
        f"s_{stream}.trips"
    assert flight.value(f'SELECT count(*) FROM "s_{stream}".trips') == 1000


@pytest.mark.parametrize(("descriptor", "kind"), [
    (Descriptor.for_path(), "invalid-input"), (Descriptor.for_path(""), "invalid-input"),
    (Descriptor.for_path("a", "", "b"), "invalid-input"), (Descriptor.for_command(b""), "invalid-input"),
    (Descriptor.for_command(b" \n"), "invalid-input"), (Descriptor.for_command(b"{"), "invalid-input"),
    (Descriptor.for_command(b'{"stream": "x"}'), "invalid-input"),
    (Descriptor.for_command(b'{"stream_name": 5}'), "invalid-input"),
    (Descriptor.for_command(b'{"stream_name": ""}'), "invalid-input"),
    (Descriptor.for_command(b"\xff\xfe"), "invalid-input"),
    (Descriptor.for_path("a" * 513), "too-large"),
], ids=repr)
def test_a_put_to_no_stream_is_refused(flight: FlightDoor, descriptor: Descriptor, kind: str) -> None:
    with pytest.raises(Refused) as refused:
        _put(flight, descriptor, trips(1))
    assert refused.value.kind == kind


def test_a_writer_that_is_only_closed_has_landed(flight: FlightDoor, stream: str) -> None:
    writer, _ = flight.client.do_put(Descriptor.for_path(stream), TRIPS.schema)
    writer.write_table(TRIPS)
    writer.close()
    assert flight.rows(stream) == 1000


def test_an_abort_takes_a_put_back(flight: FlightDoor, stream: str) -> None:
    with pytest.raises(Refused) as refused, flight.refusing():
        writer, _ = flight.client.do_put(Descriptor.for_path(stream), TRIPS.schema)
        writer.write_table(TRIPS)
        writer.write_metadata(b'{"abort": "the source broke"}')
        writer.close()
    assert refused.value.kind == "cancelled"
    assert "the source broke" in refused.value.message
    assert not flight.has_table(stream)


def test_messages_without_data_change_nothing(flight: FlightDoor, stream: str) -> None:
    writer, _ = flight.client.do_put(Descriptor.for_path(stream), TRIPS.schema)
    writer.write_metadata(b"hello")
    [batch] = TRIPS.to_batches()
    writer.write_with_metadata(batch, b"a batch")
    writer.write_metadata(b'{"progress": 1}')
    writer.close()
    assert flight.rows(stream) == 1000


@pytest.mark.parametrize("ticket", [
    "SELECT * FROM {}", '{{"sql": "SELECT * FROM {}"}}', '{{"table": "{}"}}',
    ' {{"sql": "SELECT * FROM {} WHERE id >= ? ORDER BY id", "params": [0], "ordered": true, '
    '"timeout_ms": 60000}}', "SET preserve_insertion_order = true; SELECT * FROM {}"])
def test_a_ticket_may_be(flight: FlightDoor, stream: str, ticket: str) -> None:
    flight.put(stream, TRIPS)
    same_table(flight.client.do_get(pa_flight.Ticket(ticket.format(stream))).read_all(), TRIPS)


@pytest.mark.parametrize(("ticket", "kind"), [
    (b"", "invalid-input"), (b"  ", "invalid-input"), (b"{}", "invalid-input"),
    (b'{"sql": "SELECT 1"', "invalid-input"), (b'{"sql": "SELECT 1", "table": "t"}', "invalid-input"),
    (b'{"sql": "SELECT 1", "limit": 1}', "invalid-input"), (b'{"sql": 5}', "invalid-input"),
    (b'{"table": "nothing"}', "not-found"), (b'{"table": "t", "params": [1]}', "invalid-input"),
    (b'{"sql": "SELECT ?", "params": [[1]]}', "invalid-input"), (b"SELEC 1", "invalid-input"),
    (b"SELECT '\xff'", "invalid-input"),
    (b'SELECT 1 AS "\xff"', "invalid-input"), (b'CREATE TABLE "\xff" (a INT)', "invalid-input"),
    (b"\0", "invalid-input"), (b"FROM nothing", "not-found"),
], ids=repr)
def test_a_bad_ticket_is_refused(flight: FlightDoor, ticket: bytes, kind: str) -> None:
    with pytest.raises(Refused) as refused:
        flight.open_ticket(pa_flight.Ticket(ticket))
    assert refused.value.kind == kind


@pytest.mark.parametrize("make", [
    Descriptor.for_path,
    lambda stream: Descriptor.for_command(f'SELECT * FROM "{stream}"'),
    lambda stream: Descriptor.for_command(json.dumps({"table": stream})),
    lambda stream: Descriptor.for_command(json.dumps(
        {"sql": f'SELECT * FROM "{stream}" WHERE fare >= ?', "params": [0]})),
], ids=["path", "SQL", "table", "JSON"])
def test_a_descriptor_is_described_and_its_ticket_taken(flight: FlightDoor, stream: str, make) -> None:
    flight.put(stream, TRIPS)
    descriptor = make(stream)
    with flight.refusing():
        info = flight.client.get_flight_info(descriptor)
        assert types_of(flight.client.get_schema(descriptor).schema) == types_of(TRIPS.schema)
    assert types_of(info.schema) == types_of(TRIPS.schema)
    assert info.descriptor == descriptor
    takes_all = b"WHERE" not in (descriptor.command or b"")
    assert (info.total_records, info.total_bytes) == (1000 if takes_all else -1, -1)
    [endpoint] = info.endpoints
    assert endpoint.locations == []
    same_table(flight.client.do_get(endpoint.ticket).read_all(), TRIPS)
    with pytest.raises(Refused) as refused, flight.refusing():
        flight.client.do_get(endpoint.ticket).read_all()
    assert refused.value.kind == "not-found"


def test_describing_does_not_run_the_statement(flight: FlightDoor, stream: str) -> None:
    flight.get(f'CREATE TABLE "{stream}" (a INT)')
    descriptor = Descriptor.for_command(f'INSERT INTO "{stream}" VALUES (1)')
    with flight.refusing():
        assert flight.client.get_schema(descriptor).schema.names == ["Count"]
    assert flight.rows(stream) == 0
    flight.client.do_get(flight.client.get_flight_info(descriptor).endpoints[0].ticket).read_all()
    assert flight.rows(stream) == 1


def test_describing_plans_a_statement_that_would_never_end(flight: FlightDoor) -> None:
    descriptor = Descriptor.for_command("SELECT max(hash(i)) AS m FROM range(1000000000000) t(i)")
    assert flight.client.get_schema(descriptor).schema.names == ["m"]


def test_describing_knows_the_types_of_the_parameters(flight: FlightDoor) -> None:
    descriptor = Descriptor.for_command(b'{"sql": "SELECT ? AS a, ? AS b", "params": [1, "x"]}')
    assert types_of(flight.client.get_schema(descriptor).schema) == {"a": "int64", "b": "string"}
    [endpoint] = flight.client.get_flight_info(descriptor).endpoints
    assert flight.client.do_get(endpoint.ticket).read_all().to_pylist() == [{"a": 1, "b": "x"}]


@pytest.mark.parametrize(("descriptor", "kind"), [
    (Descriptor.for_path("nothing"), "not-found"), (Descriptor.for_command("FROM nothing"), "not-found"),
    (Descriptor.for_path(), "invalid-input"), (Descriptor.for_command(b""), "invalid-input"),
    (Descriptor.for_command(b"SELEC 1"), "invalid-input"), (Descriptor.for_command(b"{}"), "invalid-input"),
    (Descriptor.for_command(b'{"stream_name": "x"}'), "invalid-input"),
    (Descriptor.for_command(b"\x0a\x05hello"), "invalid-input"),
], ids=repr)
@pytest.mark.parametrize("method", ["get_flight_info", "get_schema"])
def test_an_unknown_descriptor_is_refused(flight: FlightDoor, method: str, descriptor: Descriptor,
                                          kind: str) -> None:
    with pytest.raises(Refused) as refused, flight.refusing():
        getattr(flight.client, method)(descriptor)
    assert refused.value.kind == kind
    assert len(refused.value.message) > 10


def test_flights_are_the_tables_with_their_rows(flight: FlightDoor, stream: str) -> None:
    flight.put(stream, TRIPS)
    flight.get(f'CREATE VIEW "{stream}_v" AS FROM "{stream}"')
    infos = {info.descriptor.path[0].decode(): info for info in flight.client.list_flights()}
    assert infos[stream].total_records == 1000
    assert infos[stream + "_v"].total_records == -1
    for name in (stream, stream + "_v"):
        assert types_of(infos[name].schema) == types_of(TRIPS.schema)
        same_table(flight.client.do_get(infos[name].endpoints[0].ticket).read_all(), TRIPS)


def test_the_actions_are_listed_and_healthcheck_answers(flight: FlightDoor) -> None:
    actions = [action.type for action in flight.client.list_actions()]
    assert actions == ["healthcheck", "CancelFlightInfo", "RenewFlightEndpoint", "add_exchange",
                       "list_exchanges", "drop_exchange", "BeginIngest", "CommitIngest", "AbortIngest",
                       "CreatePreparedStatement", "ClosePreparedStatement",
                       "CreatePreparedSubstraitPlan", "BeginTransaction", "EndTransaction", "BeginSavepoint",
                       "EndSavepoint", "CancelQuery", "SetSessionOptions", "GetSessionOptions",
                       "CloseSession", "transfer"]
    [result] = flight.client.do_action("healthcheck")
    assert json.loads(result.body.to_pybytes()) == {"status": "ok"}


@pytest.mark.parametrize("action", ["nothing", "", "HEALTHCHECK", "BeginSavepoints"])
def test_an_unknown_action_is_not_implemented(flight: FlightDoor, action: str) -> None:
    with pytest.raises(Refused) as refused, flight.refusing():
        list(flight.client.do_action(pa_flight.Action(action, b"")))
    assert refused.value.kind == "not-implemented"
    assert action in refused.value.message
    assert "healthcheck" in refused.value.message


def test_an_exchange_answers_what_comes_in(flight: FlightDoor) -> None:
    writer, reader = flight.client.do_exchange(Descriptor.for_command("my_streaming_exchanger"))
    writer.begin(TRIPS.schema)
    writer.write_table(TRIPS)
    writer.done_writing()
    got = reader.read_all()
    writer.close()
    same_table(got.drop_columns(["processed"]), TRIPS)
    assert got["processed"].unique().to_pylist() == [True]


def test_an_exchange_joins_its_input_with_a_table(flight: FlightDoor, stream: str) -> None:
    flight.put(stream, TRIPS)
    command = json.dumps({"sql": f'SELECT count(*) AS n FROM mine JOIN "{stream}" USING (id)',
                          "as": "mine"})
    writer, reader = flight.client.do_exchange(Descriptor.for_command(command))
    writer.begin(TRIPS.schema)
    writer.write_table(TRIPS.slice(0, 10))
    writer.done_writing()
    assert reader.read_all().to_pylist() == [{"n": 10}]
    writer.close()


def test_an_exchange_without_input_is_a_query(flight: FlightDoor) -> None:
    writer, reader = flight.client.do_exchange(Descriptor.for_command("SELECT 42 AS a"))
    writer.done_writing()
    assert reader.read_all().to_pylist() == [{"a": 42}]
    writer.close()


def test_every_answer_names_its_request(flight: FlightDoor) -> None:
    seen = set()
    for _ in range(3):
        flight.value("SELECT 42")
        seen.add(flight.headers["x-request-id"])
    assert len(seen) == 3
    with pytest.raises(Refused):
        flight.get("SELEC")
    assert flight.headers["x-request-id"] not in seen


def test_the_deadline_of_the_client_ends_the_query(flight: FlightDoor, server: ServerProcess) -> None:
    options = pa_flight.FlightCallOptions(timeout=0.3)
    with pytest.raises(pa_flight.FlightTimedOutError):
        flight.client.do_get(pa_flight.Ticket("SELECT max(hash(i)) FROM range(1000000000000) t(i)"),
                             options).read_all()
    server.gauges.wait_until_idle()


def test_a_put_that_says_nothing_is_rolled_back(start_server, open_door) -> None:
    server = start_server({"flight.put_idle_timeout": "200ms"})
    door = open_door(server, "flight")
    put = door.open_put("trips", TRIPS.schema)
    put.write(TRIPS.to_batches()[0])
    wait_until(lambda: server.gauges.running_puts == 1, "the put has begun")
    # Another put does not wait for it.
    assert open_door(server, "http").put("trips", trips(10)).rows == 10
    server.gauges.wait_until_idle()
    with pytest.raises(Refused) as refused:
        put.finish()
    assert refused.value.kind == "request-timeout"
    assert door.rows("trips") == 10


def test_a_call_too_many_is_refused(start_server, open_door) -> None:
    server = start_server({"flight.calls_max": 2})
    endless = "SELECT i, repeat('x', 100) FROM range(1000000000000) t(i)"
    doors = [open_door(server, "flight") for _ in range(3)]
    readers = [door.open_get(endless) for door in doors[:2]]
    with pytest.raises(Refused) as refused:
        doors[2].get("SELECT 1")
    assert refused.value.kind == "overloaded"
    assert "(2, flight.calls_max)" in refused.value.message
    for reader in readers:
        reader.leave()
    server.gauges.wait_until_idle()
    assert doors[2].value("SELECT 42") == 42


def test_a_batch_over_the_limit_is_too_large(start_server, open_door) -> None:
    door = open_door(start_server({"flight.message_bytes_max": 100_000}), "flight")
    with pytest.raises(Refused) as refused:
        door.put("trips", [*trips(100).to_batches(), *trips(100_000).to_batches()])
    assert refused.value.kind == "too-large"
    assert "the limit is 100000" in refused.value.message
    assert not door.has_table("trips")


def test_many_clients_read_and_write_at_once(server: ServerProcess, open_door, stream: str) -> None:
    doors = [open_door(server, "flight") for _ in range(8)]

    def work(index: int) -> int:
        for turn in range(5):
            doors[index].put(stream, trips(100, first_id=100 * (index * 5 + turn)))
            assert doors[index].rows(stream) % 100 == 0
        return 1

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(work, range(8))) == 8
    same_table(doors[0].get(f'SELECT * FROM "{stream}" ORDER BY id'), trips(4000))
