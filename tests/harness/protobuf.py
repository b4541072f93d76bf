"""Messages of protobuf by hand: as many fields as a test wants, of any numbers and in any order."""

_SQL = "type.googleapis.com/arrow.flight.protocol.sql."


def varint(number: int) -> bytes:
    number &= 2**64 - 1
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*written, number])


def field(number: int, value: int | str | bytes) -> bytes:
    """One field: a number as a varint, text and bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def packed_sql(name: str, *fields: bytes) -> bytes:
    """A message of Flight SQL as its clients pack it, in google.protobuf.Any."""
    return field(1, _SQL + name) + field(2, b"".join(fields))


def read_fields(message: bytes) -> dict[int, int | bytes]:
    """The last value of each field of a whole message."""
    fields: dict[int, int | bytes] = {}
    place = 0

    def read_varint() -> int:
        nonlocal place
        number = shift = 0
        while True:
            byte = message[place]
            place += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    while place < len(message):
        key = read_varint()
        value = read_varint()
        if key & 7 == 2:
            value, place = message[place:place + value], place + value
        fields[key >> 3] = value
    return fields
