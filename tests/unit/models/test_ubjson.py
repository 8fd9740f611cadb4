import numpy as np
import pytest

from hauberk.core.limits import Limits
from hauberk.models.adapters.ubjson import parse_ubjson
from hauberk.models.errors import BadModelFile


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"Z", None),
        (b"T", True),
        (b"F", False),
        (b"i\xff", -1),
        (b"U\xff", 255),
        (b"I\x01\x00", 256),
        (b"l\x00\x01\x00\x00", 65536),
        (b"L" + b"\xff" * 8, -1),
        (b"d\x3f\xc0\x00\x00", 1.5),
        (b"D\x3f\xf8" + bytes(6), 1.5),
        (b"SU\x03a\xc3\xa4", "aä"),
        (b"[]", []),
        (b"[i\x01T]", [1, True]),
        (b"[#U\x02i\x01Z", [1, None]),
        (b"{}", {}),
        (b"{i\x01ai\x01i\x01b{}}", {"a": 1, "b": {}}),
    ],
)
def test_values(data, value):
    assert parse_ubjson(data) == value
    assert type(parse_ubjson(data)) is type(value)


def test_typed_arrays_are_numpy_arrays():
    array = parse_ubjson(b"[$d#U\x02\x3f\xc0\x00\x00\xbf\xc0\x00\x00")
    np.testing.assert_array_equal(array, np.array([1.5, -1.5], dtype=np.float32))
    assert array.dtype == np.float32
    assert parse_ubjson(b"[$l#U\x01\x00\x00\x00\x07").dtype == np.int32


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"ZZ",
        b"i",
        b"SU\x05abc",
        b"SU\x01\xff",
        b"Si\xff",
        b"Sd\x3f\xc0\x00\x00",
        b"[",
        b"[i\x01",
        b"[$S#U\x01",
        b"[$d#L\x00\x00\x00\x00\x7f\xff\xff\xff",
        b"[#L\x00\x00\x00\x00\x00\x00\xff\xff",
        b"{i\x01aZi\x01aZ}",
        b"{i\x01a",
        b"[" * 2000,
    ],
)
def test_what_is_no_value_is_refused(data):
    with pytest.raises(BadModelFile):
        parse_ubjson(data)


def test_limits():
    with pytest.raises(BadModelFile, match="at most 3 bytes"):
        parse_ubjson(b"[ZZ]", limits=Limits(document_bytes=3))
    with pytest.raises(BadModelFile, match="0 to 1"):
        parse_ubjson(b"[#U\x02ZZ", limits=Limits(items=1))
