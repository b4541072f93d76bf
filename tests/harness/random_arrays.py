"""Arrow arrays of any nesting, which depend on nothing but a seed, and what their values are.

What lies beneath nulls is rubbish, lists begin anywhere in their values and overlap where they may, and dictionaries
and runs stand wherever Arrow lets them.
"""

import random
import struct
import uuid
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa

_SECONDS_MAX = 4_000_000_000  # Years that every unit of a timestamp reaches.
_DAY = 86_400
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}

GEOMETRY = {"ARROW:extension:name": "geoarrow.wkb", "ARROW:extension:metadata": "{}"}
UNKNOWN = {"ARROW:extension:name": "example.unknown", "ARROW:extension:metadata": "of nobody"}

_FLAT = [
    pa.null(), pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(),
    pa.uint64(), pa.float32(), pa.float64(), pa.string(), pa.large_string(), pa.string_view(), pa.binary(),
    pa.large_binary(), pa.binary_view(), pa.binary(5), pa.binary(16), pa.date32(), pa.date64(), pa.time32("s"),
    pa.time32("ms"), pa.time64("us"), pa.time64("ns"), pa.month_day_nano_interval(),
    *[pa.timestamp(unit) for unit in _PER_SECOND], *[pa.timestamp(unit, "Europe/Berlin") for unit in _PER_SECOND],
    *[pa.duration(unit) for unit in _PER_SECOND],
    pa.decimal32(9, 2), pa.decimal32(3, 1), pa.decimal64(18, 4), pa.decimal64(4, 0), pa.decimal128(38, 10),
    pa.decimal128(18, 2), pa.decimal128(9, 0), pa.decimal128(4, 4),
]
HUGEINT = pa.opaque(pa.binary(16), "hugeint", "DuckDB")
_EXTENSIONS = [pa.uuid(), pa.json_(), pa.json_(pa.large_string()), pa.json_(pa.string_view()), pa.bool8(),
               pa.opaque(pa.int64(), "number", "Example"), HUGEINT,
               pa.fixed_shape_tensor(pa.float32(), [2, 2])]
# Those that DuckDB has no mapping for, whatever they are in.
_STRANGE = [pa.float16(), pa.decimal256(40, 2), pa.decimal256(20, 2)]


def random_field(chance: random.Random, depth: int, name: str = "item") -> pa.Field:
    """A field of any type that is nested up to `depth`."""
    if chance.random() < 0.03:
        return pa.field(name, pa.binary(), metadata=chance.choice([GEOMETRY, UNKNOWN]))
    return pa.field(name, random_type(chance, depth))


def random_type(chance: random.Random, depth: int) -> pa.DataType:
    if depth == 0 or chance.random() < 0.15:
        odd = chance.random()
        return chance.choice(_STRANGE if odd < 0.01 else _EXTENSIONS if odd < 0.2 else _FLAT)
    return chance.choice(_NESTED)(chance, depth - 1)


def _fields(chance: random.Random, depth: int) -> list[pa.Field]:
    return [random_field(chance, depth, name) for name in "abc"[:chance.randint(1, 3)]]


def _union(chance: random.Random, depth: int) -> pa.DataType:
    fields = _fields(chance, depth)
    codes = chance.sample(range(100), len(fields)) if chance.random() < 0.5 else list(range(len(fields)))
    return pa.union(fields, "dense" if chance.random() < 0.05 else "sparse", codes)


def _dictionary(chance: random.Random, depth: int) -> pa.DataType:
    index = chance.choice([pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32()])
    # IPC has no place for an extension beneath a dictionary's indices, and pyarrow none for what is deeper.
    return pa.dictionary(index, _without_extension(chance, depth if chance.random() < 0.3 else 0))


def _without_extension(chance: random.Random, depth: int) -> pa.DataType:
    while isinstance(type_ := random_type(chance, depth), (pa.BaseExtensionType, pa.DictionaryType)):
        pass
    return type_


def _runs(chance: random.Random, depth: int) -> pa.DataType:
    # Of lists of lists there may be more values than 16 bits count to.
    return pa.run_end_encoded(chance.choice([pa.int32(), pa.int64()]),
                              random_type(chance, depth if chance.random() < 0.5 else 0))


_NESTED = [
    lambda chance, depth: pa.list_(random_field(chance, depth)),
    lambda chance, depth: pa.large_list(random_field(chance, depth)),
    lambda chance, depth: pa.list_view(random_field(chance, depth)),
    lambda chance, depth: pa.large_list_view(random_field(chance, depth)),
    lambda chance, depth: pa.list_(random_field(chance, depth), chance.choice([1, 1, 2, 3, 7])),
    lambda chance, depth: pa.struct(_fields(chance, depth)),
    lambda chance, depth: pa.struct(_fields(chance, depth)),
    lambda chance, depth: pa.map_(chance.choice([pa.int32(), pa.string(), pa.string_view()]),
                                  random_field(chance, depth, "value")),
    _union, _dictionary, _runs, _runs,
]


def is_strange(field: pa.Field) -> bool:
    """Whether DuckDB has no mapping for the type."""
    type_ = field.type
    if isinstance(type_, pa.BaseExtensionType):
        return is_strange(field.with_type(type_.storage_type))
    if isinstance(type_, pa.DictionaryType):
        return is_strange(field.with_type(type_.value_type))
    if isinstance(type_, pa.RunEndEncodedType):
        return is_strange(field.with_type(type_.value_type))
    if isinstance(type_, pa.DenseUnionType) or type_ in _STRANGE:
        return True
    return any(is_strange(child) for child in children(type_))


def children(type_: pa.DataType) -> list[pa.Field]:
    if isinstance(type_, (pa.BaseExtensionType, pa.DictionaryType, pa.RunEndEncodedType)):
        return []
    if isinstance(type_, pa.MapType):
        return [type_.key_field, type_.item_field]
    return [type_.field(i) for i in range(type_.num_fields)]


def random_array(chance: random.Random, field: pa.Field, rows: int, *, nulls: float | None = None) -> pa.Array:
    """Values for `field`; `nulls` is how many of them are missing, by chance if it is not given."""
    return _Builder(chance).array(field, rows, nulls)


class _Builder:
    def __init__(self, chance: random.Random):
        self._chance = chance
        self._numbers = np.random.default_rng(chance.getrandbits(32))

    def array(self, field: pa.Field, rows: int, nulls: float | None = None) -> pa.Array:
        type_ = field.type
        if isinstance(type_, pa.BaseExtensionType):
            return self._extension(type_, rows, nulls)
        if nulls is None:
            nulls = self._chance.choice([0, 0, 0.2, 0.2, 0.9, 1]) if field.nullable else 0
        if pa.types.is_null(type_):
            return pa.nulls(rows)
        if isinstance(type_, pa.RunEndEncodedType):
            return self._runs(type_, rows, nulls)
        if isinstance(type_, (pa.SparseUnionType, pa.DenseUnionType)):
            return self._union(type_, rows)
        valid = self._numbers.random(rows) >= nulls
        if isinstance(type_, pa.DictionaryType):
            return self._dictionary(type_, rows, valid)
        if field.metadata and field.metadata.get(b"ARROW:extension:name") == b"geoarrow.wkb":
            return pa.array([self._point() if is_valid else None for is_valid in valid], type_)
        bits = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little").tobytes())
        if pa.types.is_nested(type_):
            return self._nested(type_, rows, valid, bits)
        return self._flat(type_, rows, valid, bits)

    def _nested(self, type_: pa.DataType, rows: int, valid: np.ndarray, bits: pa.Buffer | None) -> pa.Array:
        if isinstance(type_, pa.StructType):
            return pa.Array.from_buffers(type_, rows, [bits],
                                         children=[self.array(field, rows) for field in children(type_)])
        if isinstance(type_, pa.FixedSizeListType):
            return pa.Array.from_buffers(type_, rows, [bits],
                                         children=[self.array(type_.value_field, rows * type_.list_size)])
        sizes = self._numbers.choice([0, 0, 1, 2, 3], rows) if self._chance.random() < 0.8 else np.zeros(rows)
        if isinstance(type_, (pa.ListViewType, pa.LargeListViewType)):
            return self._list_view(type_, sizes, bits)
        width = np.int64 if isinstance(type_, pa.LargeListType) else np.int32
        begin = self._chance.choice([0, 0, 1, 5])
        offsets = np.concatenate([[begin], begin + np.cumsum(sizes)]).astype(width)
        values = int(offsets[-1]) + self._chance.choice([0, 0, 3])
        if isinstance(type_, pa.MapType):
            entries = pa.StructArray.from_arrays(
                [self._keys(type_.key_type, values), self.array(type_.item_field, values)],
                fields=[type_.key_field, type_.item_field])
            return pa.Array.from_buffers(type_, rows, [bits, pa.py_buffer(offsets.tobytes())], children=[entries])
        return pa.Array.from_buffers(type_, rows, [bits, pa.py_buffer(offsets.tobytes())],
                                     children=[self.array(type_.value_field, values)])

    def _list_view(self, type_: pa.DataType, sizes: np.ndarray, bits: pa.Buffer | None) -> pa.Array:
        width = np.int64 if isinstance(type_, pa.LargeListViewType) else np.int32
        values = self._chance.choice([3, 50])
        offsets = self._numbers.integers(0, values - 2, len(sizes))
        return pa.Array.from_buffers(
            type_, len(sizes), [bits, pa.py_buffer(offsets.astype(width).tobytes()),
                                pa.py_buffer(sizes.astype(width).tobytes())],
            children=[self.array(type_.value_field, values)])

    @staticmethod
    def _keys(type_: pa.DataType, count: int) -> pa.Array:
        if pa.types.is_integer(type_):
            return pa.array(range(count), type_)
        return pa.array([f"a key that is as long as it is unique: {i}" for i in range(count)], type_)

    def _union(self, type_: pa.DataType, rows: int) -> pa.Array:
        place = self._numbers.integers(0, type_.num_fields, rows)
        codes = pa.py_buffer(np.array(type_.type_codes, np.int8)[place].tobytes())
        fields = children(type_)
        if isinstance(type_, pa.SparseUnionType):
            return pa.Array.from_buffers(type_, rows, [None, codes],
                                         children=[self.array(field, rows) for field in fields])
        offsets = pa.py_buffer(np.zeros(rows, np.int32).tobytes())
        return pa.Array.from_buffers(type_, rows, [None, codes, offsets],
                                     children=[self.array(field, 1) for field in fields])

    def _dictionary(self, type_: pa.DictionaryType, rows: int, valid: np.ndarray) -> pa.Array:
        words = self._chance.choice([1, 3, 40, 100])
        values = self.array(pa.field("", type_.value_type), words)
        indices = pa.array(self._numbers.integers(0, words, rows), type_.index_type,
                           mask=~valid if not valid.all() else None)
        return pa.DictionaryArray.from_arrays(indices, values)

    def _runs(self, type_: pa.RunEndEncodedType, rows: int, nulls: float) -> pa.Array:
        ends, end = [], 0
        while end < rows:
            end += self._chance.choice([1, 1, 2, 30, 2000])
            ends.append(min(end, rows))
        values = self.array(pa.field("", type_.value_type), len(ends), nulls)
        return pa.RunEndEncodedArray.from_arrays(pa.array(ends, type_.run_end_type), values)

    def _extension(self, type_: pa.BaseExtensionType, rows: int, nulls: float | None) -> pa.Array:
        if type_.extension_name == "arrow.json":
            words = [self._chance.choice(['{"a": [1, null]}', "[]", '"text"', "null", None]) for _ in range(rows)]
            return pa.ExtensionArray.from_storage(type_, pa.array(words, type_.storage_type))
        if type_ == HUGEINT:
            # They come back as decimals of 38 digits.
            words = [self._chance.choice([None, n.to_bytes(16, "little", signed=True)])
                     for n in (self._chance.randint(-10**37, 10**37) for _ in range(rows))]
            return pa.ExtensionArray.from_storage(type_, pa.array(words, type_.storage_type))
        return pa.ExtensionArray.from_storage(type_, self.array(pa.field("", type_.storage_type), rows, nulls))

    def _point(self) -> bytes:
        return struct.pack("<BIdd", 1, 1, self._chance.randrange(180), self._chance.randrange(90))

    def _flat(self, type_: pa.DataType, rows: int, valid: np.ndarray, bits: pa.Buffer | None) -> pa.Array:
        if pa.types.is_boolean(type_):
            return pa.Array.from_buffers(type_, rows, [bits, pa.py_buffer(self._numbers.bytes(rows // 8 + 1))])
        if pa.types.is_fixed_size_binary(type_):
            return pa.Array.from_buffers(type_, rows,
                                         [bits, pa.py_buffer(self._numbers.bytes(rows * type_.byte_width))])
        if type_ in (pa.string_view(), pa.binary_view()):
            words = [self._word() if is_valid else None for is_valid in valid]
            return pa.array(words if type_ == pa.string_view() else [w and w.encode() for w in words], type_)
        if type_ in (pa.string(), pa.binary(), pa.large_string(), pa.large_binary()):
            words = [self._word().encode() for _ in range(rows)]
            width = np.int64 if "large" in str(type_) else np.int32
            offsets = np.cumsum([0, *map(len, words)]).astype(width)
            return pa.Array.from_buffers(type_, rows, [bits, pa.py_buffer(offsets.tobytes()),
                                                       pa.py_buffer(b"".join(words))])
        values = self._words(type_, rows)
        if pa.types.is_decimal(type_) or pa.types.is_time(type_) or type_ == pa.date64():
            # Those are looked at beneath nulls, too.
            return pa.Array.from_buffers(type_, rows, [bits, pa.py_buffer(values)])
        width = type_.bit_width // 8
        rubbish = self._numbers.bytes(rows * width)
        mixed = np.where(valid[:, None], np.frombuffer(values, np.uint8).reshape(rows, width),
                         np.frombuffer(rubbish, np.uint8).reshape(rows, width))
        return pa.Array.from_buffers(type_, rows, [bits, pa.py_buffer(mixed.tobytes())])

    def _word(self) -> str:
        return self._chance.choice(["", "a", "ü 🛫", "short word", "words that do not stand within a view"])

    def _words(self, type_: pa.DataType, rows: int) -> bytes:
        """The bytes of so many values."""
        numbers = self._numbers
        if pa.types.is_decimal(type_):
            most = 10**min(type_.precision, 18) - 1
            width = type_.bit_width // 8
            return b"".join(int(n).to_bytes(width, "little", signed=True)
                            for n in numbers.integers(-most, most, rows, endpoint=True))
        if pa.types.is_time(type_):
            words = numbers.integers(0, _DAY * _PER_SECOND[type_.unit], rows)
            return words.astype(np.int32 if type_.bit_width == 32 else np.int64).tobytes()
        if type_ == pa.date32():
            return numbers.integers(-100_000, 100_000, rows).astype(np.int32).tobytes()
        if type_ == pa.date64():
            return (numbers.integers(-100_000, 100_000, rows) * (_DAY * 1000)).astype(np.int64).tobytes()
        if pa.types.is_timestamp(type_) or pa.types.is_duration(type_):
            most = _SECONDS_MAX * _PER_SECOND[type_.unit]
            return numbers.integers(-most, most, rows).astype(np.int64).tobytes()
        if type_ == pa.month_day_nano_interval():
            return b"".join(struct.pack("<iiq", months, days, nanoseconds) for months, days, nanoseconds in zip(
                numbers.integers(-10_000, 10_000, rows), numbers.integers(-10_000, 10_000, rows),
                numbers.integers(-10**15, 10**15, rows)))
        return numbers.bytes(rows * type_.bit_width // 8)


@dataclass(frozen=True)
class Interval:
    months: int
    days: int
    microseconds: int


def values_of(array: pa.Array, field: pa.Field) -> list:
    """What the values are, whatever layout they have and on whichever side of the server."""
    type_ = field.type
    rows = len(array)
    if isinstance(type_, pa.BaseExtensionType):
        values = values_of(array.storage, pa.field("", type_.storage_type))
        return [None if value is None else _value_of_extension(type_, value) for value in values]
    if isinstance(type_, pa.DictionaryType):
        words = values_of(array.dictionary, pa.field("", type_.value_type))
        return [None if i is None else words[i] for i in array.indices.to_pylist()]
    if isinstance(type_, pa.RunEndEncodedType):
        return _values_of_runs(array, type_)
    if isinstance(type_, (pa.SparseUnionType, pa.DenseUnionType)):
        members = [values_of(array.field(i), type_.field(i)) for i in range(type_.num_fields)]
        place = {code: i for i, code in enumerate(type_.type_codes)}
        # pyarrow's own type_codes know nothing of an offset, nor of a buffer that is not there.
        codes = np.frombuffer(array.buffers()[1], np.int8, rows, array.offset) if rows else []
        chosen = [place[code] for code in codes]
        return [None if members[i][row] is None else (i, members[i][row]) for row, i in enumerate(chosen)]
    if pa.types.is_nested(type_):
        valid = array.is_valid().to_pylist()
        return [value if is_valid else None for is_valid, value in zip(valid, _nested_values(array, type_, rows))]
    return _flat_values(array, type_)


def _value_of_extension(type_: pa.BaseExtensionType, value: object) -> object:
    if type_.extension_name == "arrow.bool8":
        return value != 0
    if type_.extension_name == "arrow.uuid":
        return str(uuid.UUID(bytes=value))
    if type_ == HUGEINT:
        return Decimal(int.from_bytes(value, "little", signed=True))
    return value


def _values_of_runs(array: pa.Array, type_: pa.RunEndEncodedType) -> list:
    words = values_of(array.values, pa.field("", type_.value_type))
    ends = array.run_ends.to_pylist()
    values, run = [], 0
    for row in range(array.offset, array.offset + len(array)):
        while ends[run] <= row:
            run += 1
        values.append(words[run])
    return values


def _nested_values(array: pa.Array, type_: pa.DataType, rows: int) -> list:
    if isinstance(type_, pa.StructType):
        columns = [values_of(array.field(i), type_.field(i)) for i in range(type_.num_fields)]
        return list(zip(*columns))
    if isinstance(type_, pa.FixedSizeListType):
        values = values_of(array.values, type_.value_field)
        size = type_.list_size
        return [values[size * i:size * (i + 1)] for i in range(array.offset, array.offset + rows)]
    begins = array.offsets.to_pylist()
    if isinstance(type_, pa.MapType):
        keys = values_of(array.keys, type_.key_field)
        values = list(zip(keys, values_of(array.items, type_.item_field)))
    else:
        values = values_of(array.values, type_.value_field)
    if isinstance(type_, (pa.ListViewType, pa.LargeListViewType)):
        return [values[begin:begin + size] for begin, size in zip(begins, array.sizes.to_pylist())]
    return [values[begin:end] for begin, end in zip(begins, begins[1:])]


def _flat_values(array: pa.Array, type_: pa.DataType) -> list:
    if pa.types.is_floating(type_):
        return [None if value is None else repr(value) for value in array.to_pylist()]
    if pa.types.is_decimal(type_):
        return [None if value is None else Decimal(value) for value in array.to_pylist()]
    if pa.types.is_date(type_):
        days = array.view(pa.int32() if type_.bit_width == 32 else pa.int64()).to_pylist()
        return [None if d is None else d if type_.bit_width == 32 else d // (_DAY * 1000) for d in days]
    if type_ == pa.month_day_nano_interval():
        return [None if value is None else Interval(value.months, value.days, value.nanoseconds // 1000)
                for value in array.to_pylist()]
    if not (pa.types.is_time(type_) or pa.types.is_timestamp(type_) or pa.types.is_duration(type_)):
        return array.to_pylist()
    per_nanosecond = 10**9 // _PER_SECOND[type_.unit]
    words = array.view(pa.int32() if type_.bit_width == 32 else pa.int64()).to_pylist()
    words = [None if word is None else word * per_nanosecond for word in words]
    if pa.types.is_duration(type_):
        return [None if word is None else Interval(0, 0, word // 1000) for word in words]
    if pa.types.is_timestamp(type_) and type_.tz is not None:
        return [None if word is None else word // 1000 for word in words]
    return words
