from collections.abc import Callable

import pytest

from hauberk.ledger import MerkleTree, hash_leaf, verify_consistency, verify_inclusion
from hauberk.ledger.errors import NotConsistent, NotIncluded

Make = Callable[[int], list[bytes]]


@pytest.fixture
def tree(entries: Make) -> MerkleTree:
    tree = MerkleTree()
    tree.append(entries(11))
    return tree


def test_an_altered_inclusion_proof_is_refused(tree: MerkleTree, entries: Make) -> None:
    leaf, path, root = hash_leaf(entries(11)[6]), tree.inclusion_proof(6), tree.root()
    verify_inclusion(leaf, path, index=6, size=11, root=root)
    wrong = bytes(32)
    cases = [
        (wrong, path, 6, 11, root),
        (leaf, path, 6, 11, wrong),
        (leaf, path[:-1], 6, 11, root),
        (leaf, [*path, wrong], 6, 11, root),
        (leaf, [wrong, *path[1:]], 6, 11, root),
        (leaf, [path[0][:31], *path[1:]], 6, 11, root),
        (leaf[:31], path, 6, 11, root),
        *[(leaf, path, index, 11, root) for index in range(11) if index != 6],
        (leaf, path, -1, 11, root),
        (leaf, path, 6, 0, root),
        (leaf, path, 11, 11, root),
    ]
    for altered, proof, index, size, top in cases:
        with pytest.raises(NotIncluded, match="here"):
            verify_inclusion(altered, proof, index=index, size=size, root=top, where="here")


def test_another_size_of_the_same_shape_proves_the_same_root_only(tree: MerkleTree, entries: Make) -> None:
    """The size is bound by the signed checkpoint; the proof binds the place of the leaf under the root."""
    leaf = hash_leaf(entries(11)[6])
    for size in range(7, 40):
        try:
            verify_inclusion(leaf, tree.inclusion_proof(6), index=6, size=size, root=tree.root())
        except NotIncluded:
            continue
        assert size in range(9, 17)


def test_an_altered_consistency_proof_is_refused(tree: MerkleTree) -> None:
    for old in (6, 8):
        path, first, last = tree.consistency_proof(old), tree.root(old), tree.root()
        verify_consistency(path, old_size=old, old_root=first, new_size=11, new_root=last)
        wrong = bytes(32)
        cases = [
            (path, wrong, last, old, 11),
            (path, first, wrong, old, 11),
            (path[1:], first, last, old, 11),
            (path[:-1], first, last, old, 11),
            ([*path, wrong], first, last, old, 11),
            ([], first, last, old, 11),
            ([path[0] + b"\x00", *path[1:]], first, last, old, 11),
            (path, first, last, 11, old),
            (path, first, last, old, old),
            (path, first, last, 0, 11),
            ([], first, last, 0, 11),
            (path, first, last, -1, 11),
        ]
        for proof, old_root, new_root, old_size, new_size in cases:
            with pytest.raises(NotConsistent, match="here"):
                verify_consistency(
                    proof, old_size=old_size, old_root=old_root, new_size=new_size, new_root=new_root, where="here"
                )


def test_equal_sizes_need_equal_roots(tree: MerkleTree) -> None:
    root = tree.root()
    assert verify_consistency([], old_size=11, old_root=root, new_size=11, new_root=root) == root
    with pytest.raises(NotConsistent):
        verify_consistency([], old_size=11, old_root=root, new_size=11, new_root=bytes(32))
