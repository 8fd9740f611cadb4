import dataclasses

import pytest

from hauberk.core.errors import TooLarge
from hauberk.core.limits import Limits
from hauberk.crypto import SigningKey
from hauberk.crypto.errors import CryptoError
from hauberk.ledger import (
    Checkpoint,
    MerkleTree,
    Receipt,
    hash_leaf,
    parse_receipt,
    render_receipt,
    sign_checkpoint,
    verify_receipt,
)
from hauberk.ledger.errors import MalformedReceipt, NotIncluded, WrongOrigin

ORIGIN = "example.com/log"
DATA = [b"entry %d" % number for number in range(11)]


@pytest.fixture(scope="module")
def tree() -> MerkleTree:
    tree = MerkleTree()
    tree.append(DATA)
    return tree


@pytest.fixture
def receipt(tree: MerkleTree, key: SigningKey) -> Receipt:
    note = sign_checkpoint(Checkpoint(origin=ORIGIN, size=11, root=tree.root()), [key])
    return Receipt(index=6, path=tuple(tree.inclusion_proof(6)), note=note)


def test_the_text_is_that_of_the_standard(receipt: Receipt) -> None:
    lines = render_receipt(receipt).decode().split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 6"]
    assert lines[2 + len(receipt.path)] == ""
    assert lines[3 + len(receipt.path) :][:2] == [ORIGIN, "11"]
    assert parse_receipt(render_receipt(receipt)) == receipt


def test_a_receipt_verifies_offline(receipt: Receipt, key: SigningKey, tree: MerkleTree) -> None:
    found = verify_receipt(DATA[6], render_receipt(receipt), key.identity.keys, origin=ORIGIN)
    assert (found.index, found.leaf, found.checkpoint.root) == (6, hash_leaf(DATA[6]), tree.root())


def test_the_only_entry_of_a_log(key: SigningKey) -> None:
    note = sign_checkpoint(Checkpoint(origin=ORIGIN, size=1, root=hash_leaf(b"x")), [key])
    data = render_receipt(Receipt(index=0, path=(), note=note))
    assert verify_receipt(b"x", data, key.identity.keys, origin=ORIGIN).index == 0


def test_another_entry_index_log_or_key_is_refused(receipt: Receipt, key: SigningKey) -> None:
    data = render_receipt(receipt)
    with pytest.raises(NotIncluded, match="here"):
        verify_receipt(DATA[5], data, key.identity.keys, origin=ORIGIN, where="here")
    moved = render_receipt(dataclasses.replace(receipt, index=5))
    with pytest.raises(NotIncluded):
        verify_receipt(DATA[6], moved, key.identity.keys, origin=ORIGIN)
    with pytest.raises(WrongOrigin):
        verify_receipt(DATA[6], data, key.identity.keys, origin="example.com/other")
    with pytest.raises(CryptoError):
        verify_receipt(DATA[6], data, SigningKey(ORIGIN, [bytes(32)]).identity.keys, origin=ORIGIN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"@v1", b"@v2"),
        (b"index 6", b"index 06"),
        (b"index 6", b"index  6"),
        (b"index 6", b"Index 6"),
        (b"index 6", b"index -6"),
        (b"index 6\n", b"extra AAAA\nindex 6\n"),
        (b"index 6\n", b"index 6\nAAAA\n"),
        (b"index 6\n", b"index 6\r\n"),
        (b"\n\n", b"\n"),
    ],
)
def test_another_spelling_is_refused(receipt: Receipt, old: bytes, new: bytes) -> None:
    data = render_receipt(receipt)
    head, _, tail = data.partition(b"\n\n")
    altered = (head + b"\n\n").replace(old, new, 1) + tail.replace(b"\n\n", b"\n")
    with pytest.raises(MalformedReceipt):
        parse_receipt(altered)


def test_more_hashes_than_any_tree_has_are_refused(receipt: Receipt) -> None:
    with pytest.raises(MalformedReceipt, match="at most 63"):
        parse_receipt(render_receipt(dataclasses.replace(receipt, path=(bytes(32),) * 64)))
    with pytest.raises(TooLarge):
        parse_receipt(render_receipt(receipt), limits=Limits(document_bytes=100))
