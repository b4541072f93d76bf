"""Where the numbers stand in the header of an Arrow IPC message, a flatbuffer."""

import struct
from collections.abc import Callable

_DICTIONARY, _BATCH = 2, 3  # Of the union MessageHeader.


class _Table:
    def __init__(self, data: bytes, place: int):
        self._data = data
        self._place = place
        self._layout = place - struct.unpack_from("<i", data, place)[0]

    def place_of(self, field: int) -> int | None:
        """None where the field is left out, since it has its default."""
        if 4 + 2 * field >= struct.unpack_from("<H", self._data, self._layout)[0]:
            return None
        offset = struct.unpack_from("<H", self._data, self._layout + 4 + 2 * field)[0]
        return self._place + offset if offset else None

    def follow(self, field: int) -> int | None:
        place = self.place_of(field)
        return None if place is None else place + struct.unpack_from("<I", self._data, place)[0]

    def table(self, field: int) -> "_Table | None":
        place = self.follow(field)
        return None if place is None else _Table(self._data, place)

    def numbers(self, field: int, in_each: int) -> list[int]:
        """Of a vector of structs of so many numbers of 64 bits."""
        place = self.follow(field)
        if place is None:
            return []
        count = struct.unpack_from("<I", self._data, place)[0]
        return list(range(place + 4, min(place + 4 + 8 * in_each * count, len(self._data) - 7), 8))


def numbers_of(header: bytes) -> dict[str, list[int]]:
    """Places of numbers of 64 bits by what they mean. Nothing of a header that is broken."""
    try:
        found = _numbers_of(header)
    except (IndexError, struct.error):
        return {}
    return {kind: [place for place in places if 0 <= place <= len(header) - 8]
            for kind, places in found.items()}


def _numbers_of(header: bytes) -> dict[str, list[int]]:
    message = _Table(header, struct.unpack_from("<I", header)[0])
    kind_place, content = message.place_of(1), message.table(2)
    kind = header[kind_place] if kind_place is not None else 0
    found = {"body length": _present(message.place_of(3))}
    if content is None or kind not in (_DICTIONARY, _BATCH):
        return found
    if kind == _DICTIONARY:
        found["dictionary"] = _present(content.place_of(0))
        content = content.table(1)
        if content is None:
            return found
    nodes, buffers = content.numbers(1, 2), content.numbers(2, 2)
    return found | {"rows": _present(content.place_of(0)), "node lengths": nodes[::2],
                    "null counts": nodes[1::2], "buffer offsets": buffers[::2],
                    "buffer lengths": buffers[1::2], "variadic counts": content.numbers(4, 1)}


def _present(place: int | None) -> list[int]:
    return [] if place is None else [place]


def change_number(header: bytes, place: int, change: Callable[[int], int]) -> bytes:
    changed = bytearray(header)
    number = change(struct.unpack_from("<q", header, place)[0])
    struct.pack_into("<Q", changed, place, number & 2**64 - 1)
    return bytes(changed)
