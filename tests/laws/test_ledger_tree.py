"""Laws of the tree and its proofs, against the definition of RFC 6962 §2.1 written as recursion."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from hauberk.core.errors import HauberkError
from hauberk.ledger import MerkleTree, hash_leaf, verify_consistency, verify_inclusion
from hauberk.ledger.hashing import hash_leaves, hash_pairs

ENTRIES = st.lists(st.binary(max_size=4), min_size=1, max_size=80)
HASHES = st.lists(st.binary(min_size=32, max_size=32) | st.binary(max_size=40), max_size=12)


def mth(entries: list[bytes]) -> bytes:
    if not entries:
        return hashlib.sha256().digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = 1 << (len(entries) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:])).digest()


def grown(entries: list[bytes]) -> MerkleTree:
    tree = MerkleTree()
    tree.append(entries)
    return tree


@given(ENTRIES, st.data())
def test_batches_make_the_same_tree_as_one_by_one(entries: list[bytes], data: st.DataObject) -> None:
    single, batched = MerkleTree(), MerkleTree()
    for entry in entries:
        single.append([entry])
    rest = entries
    while rest:
        cut = data.draw(st.integers(1, len(rest)))
        batched.append(rest[:cut])
        rest = rest[cut:]
    size = data.draw(st.integers(0, len(entries)))
    assert single.root() == batched.root() == mth(entries)
    assert single.root(size) == batched.root(size) == mth(entries[:size])


@given(ENTRIES, st.data())
def test_a_proof_shows_one_leaf_at_one_place(entries: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(entries)))
    index = data.draw(st.integers(0, size - 1))
    tree = grown(entries)
    path, root = tree.inclusion_proof(index, size), mth(entries[:size])
    verify_inclusion(hash_leaf(entries[index]), path, index=index, size=size, root=root)
    other = data.draw(st.integers(0, size - 1))
    try:
        verify_inclusion(hash_leaf(entries[index]), path, index=other, size=size, root=root)
    except HauberkError:
        assert other != index
    else:
        # Equal neighbours have equal proofs of equal leaves; then the claim is true at both places.
        assert entries[other] == entries[index]


@given(ENTRIES, st.data())
def test_a_proof_shows_one_extension(entries: list[bytes], data: st.DataObject) -> None:
    new = data.draw(st.integers(1, len(entries)))
    old = data.draw(st.integers(1, new))
    path = grown(entries).consistency_proof(old, new)
    verify_consistency(path, old_size=old, old_root=mth(entries[:old]), new_size=new, new_root=mth(entries[:new]))


@given(ENTRIES, st.data())
def test_an_altered_bit_is_no_proof(entries: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(entries)))
    index = data.draw(st.integers(0, size - 1))
    tree = grown(entries)
    hashes = [hash_leaf(entries[index]), tree.root(size), *tree.inclusion_proof(index, size)]
    which, bit = data.draw(st.integers(0, len(hashes) - 1)), data.draw(st.integers(0, 255))
    altered = bytearray(hashes[which])
    altered[bit // 8] ^= 1 << bit % 8
    hashes[which] = bytes(altered)
    leaf, root, *path = hashes
    try:
        verify_inclusion(leaf, path, index=index, size=size, root=root)
    except HauberkError:
        return
    raise AssertionError("an altered proof was accepted")


@given(HASHES, st.binary(min_size=32, max_size=32), st.integers(-3, 2**70), st.integers(-3, 2**70))
def test_nothing_but_our_errors_and_no_made_up_proof(path: list[bytes], value: bytes, one: int, two: int) -> None:
    root = hashlib.sha256(value).digest()
    for attempt in (
        lambda: verify_inclusion(value, path, index=one, size=two, root=root),
        lambda: verify_consistency(path, old_size=one, old_root=value, new_size=two, new_root=root),
    ):
        try:
            attempt()
        except HauberkError:
            continue
        raise AssertionError("a made-up proof was accepted")


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_bulk_hashing_is_hashing(entries: list[bytes]) -> None:
    leaves = [hash_leaf(entry) for entry in entries]
    assert hash_leaves(entries) == leaves
    pairs = zip(leaves[::2], leaves[1::2], strict=False)
    assert hash_pairs(leaves) == [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs]
