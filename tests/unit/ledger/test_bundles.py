import pytest

from hauberk.ledger import LARGEST_ENTRY, parse_bundle, render_bundle
from hauberk.ledger.errors import EntryTooLarge, MalformedBundle, NotAnEntry


def test_the_bytes_are_those_of_the_standard() -> None:
    assert render_bundle([b"", b"ab"]) == b"\x00\x00\x00\x02ab"
    assert parse_bundle(b"\x00\x00\x00\x02ab", width=2, where="") == [b"", b"ab"]


def test_the_largest_entry_fits_and_a_larger_one_does_not() -> None:
    largest = bytes(LARGEST_ENTRY)
    assert parse_bundle(render_bundle([largest]), width=1, where="") == [largest]
    with pytest.raises(EntryTooLarge, match=r"entry 1: .*65536 bytes"):
        render_bundle([b"", largest + b"\x00"])


@pytest.mark.parametrize("thing", ["text", bytearray(3), None, 5])
def test_only_bytes_are_entries(thing: object) -> None:
    with pytest.raises(NotAnEntry):
        render_bundle([thing])  # type: ignore[list-item]


@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"\x00\x01", b"\x00\x00", b"\x00\x00\x00\x02a", b"\x00" * 5, b"\x00" * 6]
)
def test_another_number_of_entries_or_bytes_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedBundle, match="here"):
        parse_bundle(data, width=2, where="here")
