"""Changes to calls of Flight that depend on nothing but a seed: to their messages, the fields of these, the
numbers in Arrow's headers, and the bytes."""

import random
from collections.abc import Callable

from harness.flight_calls import BODY, DESCRIPTOR, HEADER, Call, Message, framed, in_table, written
from harness.ipc_header import change_number, numbers_of
from harness.mutator import change
from harness.protobuf import field, varint

_NUMBERS = [0, 1, -1, 7, 64, 10**6, 2**31 - 16, 2**31 - 1, 2**31, 2**32, 2**47, 2**62, 2**63 - 1, -(2**63)]


def broken(call: Call, number: int, others: list[Call], chance: random.Random) -> bytes:
    """The body of a request: the call, which has table `number`, with something of it changed."""
    messages = in_table(call, number)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        how = chance.choices(*(_OF_ROWS if call.carries_rows else _OF_OTHERS))[0]
        how(messages, chance, others)
    sent = [written(message) for message in messages]
    if sent and chance.random() < 0.15:
        place = chance.randrange(len(sent))
        sent[place] = chance.choice([change, _lie_about_length])(sent[place], chance)
    body = b"".join(map(framed, sent))
    return change(body, chance) if chance.random() < 0.04 else body


def _field_of(messages: list[Message], chance: random.Random,
              wanted: Callable[[int, object], bool]) -> tuple[Message, int] | None:
    """Any field that is wanted: its message, and its place in that."""
    found = [(message, place) for message in messages
             for place, (number, value) in enumerate(message) if wanted(number, value)]
    return chance.choice(found) if found else None


def _is_header(number: int, value: int | bytes) -> bool:
    return number == HEADER and isinstance(value, bytes) and len(value) >= 8


def _change_header(messages: list[Message], chance: random.Random, _others: list[Call]) -> None:
    """One number of a batch or dictionary says something else."""
    found = _field_of(messages, chance, _is_header)
    if found is None:
        return
    message, place = found
    header = message[place][1]
    numbers = {kind: places for kind, places in numbers_of(header).items() if places}
    if not numbers:
        message[place] = HEADER, change(header, chance)
        return
    kind = chance.choice(list(numbers))
    new = chance.choice(_NUMBERS)
    alter = chance.choice([lambda old: new, lambda old: new, lambda old: old + chance.choice([-8, -1, 1, 8]),
                           lambda old: old * 2])
    message[place] = HEADER, change_number(header, chance.choice(numbers[kind]), alter)


def _announce(messages: list[Message], chance: random.Random, _others: list[Call]) -> None:
    """A batch or dictionary announces more rows, or fewer, than it has, and all of it says the same."""
    found = _field_of(messages, chance, _is_header)
    if found is None:
        return
    message, place = found
    header = message[place][1]
    new = chance.choice(_NUMBERS)
    numbers = numbers_of(header)
    for where in [*numbers.get("rows", []), *numbers.get("node lengths", [])]:
        header = change_number(header, where, lambda _old: new)
    message[place] = HEADER, header


def _change_body(messages: list[Message], chance: random.Random, _others: list[Call]) -> None:
    found = _field_of(messages, chance, lambda number, value: number == BODY and isinstance(value, bytes))
    if found is not None:
        message, place = found
        message[place] = BODY, change(message[place][1], chance)


def _change_field(messages: list[Message], chance: random.Random, _others: list[Call]) -> None:
    found = _field_of(messages, chance, lambda _number, _value: True)
    if found is None:
        return
    message, place = found
    number, value = message[place]
    if isinstance(value, int):
        message[place] = number, chance.choice(_NUMBERS)
    else:
        message[place] = number, change(value, chance)


def _change_fields(messages: list[Message], chance: random.Random, _others: list[Call]) -> None:
    """A field twice, gone, elsewhere, under another number or of another kind."""
    found = _field_of(messages, chance, lambda _number, _value: True)
    if found is None:
        return
    message, place = found
    number, value = message[place]
    what = chance.randrange(6)
    if what == 0:
        message.insert(chance.randrange(len(message) + 1), (number, value))
    elif what == 1:
        del message[place]
    elif what == 2:
        chance.shuffle(message)
    elif what == 3:
        message[place] = chance.choice([DESCRIPTOR, HEADER, BODY, 3, 4, 15, 2**29 - 1]), value
    elif what == 4:
        message[place] = number, chance.choice(_NUMBERS) if isinstance(value, bytes) else field(1, value)
    else:
        other = chance.choice(chance.choice(messages) or [(9, 1)])
        message[place] = number, other[1]


def _change_sequence(messages: list[Message], chance: random.Random, others: list[Call]) -> None:
    """Messages in another order, gone, twice, empty, or from another call."""
    if not messages:
        return
    place, other = chance.randrange(len(messages)), chance.randrange(len(messages))
    what = chance.randrange(6)
    if what == 0:
        messages[place], messages[other] = messages[other], messages[place]
    elif what == 1:
        del messages[place]
    elif what == 2:
        messages.insert(other, list(messages[place]))
    elif what == 3:
        messages.insert(place, [])
    elif what == 4:
        del messages[place:]
    else:
        foreign = chance.choice(others).messages
        messages.insert(place + 1, list(chance.choice(foreign)) if foreign else [])


def _lie_about_length(message: bytes, chance: random.Random) -> bytes:
    """A length in the message that is not that of what follows."""
    places = [place for place in range(min(len(message), 64)) if message[place] & 7 == 2]
    if not places:
        return message
    place = chance.choice(places) + 1
    return message[:place] + varint(chance.choice(_NUMBERS)) + message[place + 1:]


_OF_ROWS = ([_change_header, _announce, _change_body, _change_field, _change_fields, _change_sequence],
            [6, 3, 3, 4, 2, 3])
_OF_OTHERS = ([_change_field, _change_fields, _change_sequence], [6, 3, 1])
