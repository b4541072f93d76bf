"""The doors, by name."""

from harness.door import Door, Word
from harness.flight_door import FlightDoor
from harness.flight_sql_door import FlightSqlDoor
from harness.http_door import HttpDoor

_KINDS: dict[str, type[Door]] = {kind.name: kind for kind in (HttpDoor, FlightDoor, FlightSqlDoor)}


def names_of_doors(*needed: Word) -> list[str]:
    """Those with all of these words."""
    return [name for name, kind in _KINDS.items() if not any(word in kind.lacks for word in needed)]


def open_door(name: str, http_port: int, flight_port: int) -> Door:
    kind = _KINDS[name]
    return kind(http_port if kind is HttpDoor else flight_port)


def what_doors_lack() -> list[str]:
    return [f"{name} has no words for {word.value}: {reason}"
            for name, kind in _KINDS.items() for word, reason in kind.lacks.items()]
