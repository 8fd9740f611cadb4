"""Laws of the formats: what is rendered parses to itself, and what is not canonical is refused with our errors only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.core.errors import HauberkError
from hauberk.crypto import SigningKey
from hauberk.ledger import (
    Checkpoint,
    MerkleTree,
    Receipt,
    TileName,
    parse_bundle,
    parse_checkpoint,
    parse_receipt,
    parse_tile,
    parse_tile_name,
    render_bundle,
    render_checkpoint,
    render_receipt,
    render_tile,
    sign_checkpoint,
    verify_checkpoint,
    verify_receipt,
)
from hauberk.ledger.pending import Pending, parse_pending, render_pending

ORIGIN = "example.com/log"
KEY = SigningKey(ORIGIN, [bytes(range(32))])
DATA = [b"entry %d" % number for number in range(11)]
LINE = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=40).filter(str.isprintable)
HASH = st.binary(min_size=32, max_size=32)
NAME = st.builds(TileName, level=st.integers(-1, 63), index=st.integers(0, 2**40), width=st.integers(1, 256))


@given(
    st.builds(Checkpoint, origin=LINE, size=st.integers(1, 2**63 - 1), root=HASH, extensions=st.lists(LINE).map(tuple))
)
def test_checkpoint_round_trip(checkpoint: Checkpoint) -> None:
    assert parse_checkpoint(render_checkpoint(checkpoint)) == checkpoint


@given(
    st.builds(Receipt, index=st.integers(0, 2**63 - 1), path=st.lists(HASH, max_size=63).map(tuple), note=st.binary())
)
def test_receipt_round_trip(receipt: Receipt) -> None:
    assert parse_receipt(render_receipt(receipt)) == receipt


@given(NAME)
def test_tile_name_round_trip(name: TileName) -> None:
    assert parse_tile_name(name.path) == name


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundle_round_trip(entries: list[bytes]) -> None:
    assert parse_bundle(render_bundle(entries), width=len(entries), where="") == entries


@given(st.lists(HASH, max_size=20))
def test_tile_round_trip(hashes: list[bytes]) -> None:
    assert parse_tile(render_tile(hashes), width=len(hashes), where="") == hashes


@given(st.integers(0, 2**60), st.integers(1, 2**32))
def test_pending_round_trip(old: int, more: int) -> None:
    pending = Pending(old_size=old, new_size=old + more)
    assert parse_pending(render_pending(pending)) == pending


@given(st.binary(max_size=80) | st.binary(max_size=40).map(lambda tail: b"c2sp.org/tlog-proof@v1\nindex 1\n" + tail))
def test_any_bytes_parse_canonically_or_raise_our_errors(data: bytes) -> None:
    text = data.decode("utf-8", errors="replace")
    for parse, render in (
        (lambda: parse_checkpoint(text), lambda value: render_checkpoint(value).encode() == text.encode()),
        (lambda: parse_receipt(data), lambda value: render_receipt(value) == data),
        (lambda: parse_bundle(data, width=3, where=""), lambda value: render_bundle(value) == data),
        (lambda: parse_tile(data, width=2, where=""), lambda value: render_tile(value) == data),
        (lambda: parse_tile_name(text), lambda value: value.path == text),
        (lambda: parse_pending(data), lambda value: render_pending(value) == data),
        (lambda: verify_checkpoint(data, KEY.identity.keys, origin=ORIGIN), lambda _: False),
        (lambda: verify_receipt(b"", data, KEY.identity.keys, origin=ORIGIN), lambda _: False),
    ):
        try:
            value = parse()
        except HauberkError:
            continue
        assert render(value), f"{value!r} is not what {data!r} spells"


@given(st.from_regex(r"tile/(entries|[0-9]{1,2})(/x?[0-9]{3}){1,3}(\.p/[0-9]{1,3})?", fullmatch=True))
def test_paths_have_one_spelling(path: str) -> None:
    try:
        name = parse_tile_name(path)
    except HauberkError:
        return
    assert name.path == path


def signed_receipt() -> bytes:
    tree = MerkleTree()
    tree.append(DATA)
    note = sign_checkpoint(Checkpoint(origin=ORIGIN, size=11, root=tree.root()), [KEY])
    return render_receipt(Receipt(index=6, path=tuple(tree.inclusion_proof(6)), note=note))


def test_every_flipped_bit_of_a_receipt_is_seen() -> None:
    data = signed_receipt()
    verify_receipt(DATA[6], data, KEY.identity.keys, origin=ORIGIN)
    for at in range(8 * len(data)):
        altered = bytearray(data)
        altered[at // 8] ^= 1 << at % 8
        with pytest.raises(HauberkError):
            verify_receipt(DATA[6], bytes(altered), KEY.identity.keys, origin=ORIGIN)


def test_every_byte_that_is_cut_doubled_or_put_in_a_receipt_is_seen() -> None:
    data = signed_receipt()
    for at in range(len(data)):
        for altered in (
            data[:at],
            data[:at] + data[at + 1 :],
            data[:at] + b"\n" + data[at:],
            data[:at] + b"A" + data[at:],
        ):
            with pytest.raises(HauberkError):
                verify_receipt(DATA[6], altered, KEY.identity.keys, origin=ORIGIN)


def test_every_flipped_bit_of_a_checkpoint_is_seen() -> None:
    data = sign_checkpoint(Checkpoint(origin=ORIGIN, size=11, root=bytes(range(32))), [KEY])
    for at in range(8 * len(data)):
        altered = bytearray(data)
        altered[at // 8] ^= 1 << at % 8
        with pytest.raises(HauberkError):
            verify_checkpoint(bytes(altered), KEY.identity.keys, origin=ORIGIN)
