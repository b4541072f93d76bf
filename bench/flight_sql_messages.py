"""Messages of Flight SQL for pyarrow, which has none of its own: as much of protobuf's encoding as they take.

Field numbers are those of FlightSql.proto (Apache Arrow).
"""

import pyarrow.flight as flight


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def protobuf_field(number: int, content: int | bytes) -> bytes:
    """A field of bytes, or of an integer."""
    if isinstance(content, int):
        return _varint(number << 3) + _varint(content)
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def protobuf_bytes(message: bytes) -> dict[int, bytes]:
    """The fields of bytes of a message, by their numbers; its integers are passed over."""
    def varint(at: int) -> tuple[int, int]:
        number = shift = 0
        while True:
            number |= (message[at] & 0x7F) << shift
            shift += 7
            at += 1
            if message[at - 1] < 0x80:
                return number, at

    fields, at = {}, 0
    while at < len(message):
        key, at = varint(at)
        length, at = varint(at)
        if key & 7 == 2:
            fields[key >> 3] = message[at:at + length]
            at += length
    return fields


def pack(name: str, *fields: bytes) -> bytes:
    """The message `name` of Flight SQL within an Any."""
    url = f"type.googleapis.com/arrow.flight.protocol.sql.{name}".encode()
    return protobuf_field(1, url) + protobuf_field(2, b"".join(fields))


def flight_sql_command(name: str, *fields: bytes) -> flight.FlightDescriptor:
    return flight.FlightDescriptor.for_command(pack(name, *fields))
