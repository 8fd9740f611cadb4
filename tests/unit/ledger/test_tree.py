from collections.abc import Callable

import pytest

from hauberk.ledger import EMPTY_ROOT, MerkleTree, hash_leaf, verify_consistency, verify_inclusion
from hauberk.ledger.errors import OutOfRange

Mth = Callable[[list[bytes]], bytes]
Make = Callable[[int], list[bytes]]


def grown(data: list[bytes]) -> MerkleTree:
    tree = MerkleTree()
    tree.append(data)
    return tree


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 7, 8, 255, 256, 257, 1023, 1024, 1025, 3000])
def test_root_is_the_reference(size: int, mth: Mth, entries: Make) -> None:
    data = entries(size)
    assert grown(data).root() == mth(data)


def test_root_of_every_older_size(mth: Mth, entries: Make) -> None:
    data = entries(70)
    tree = grown(data)
    assert [tree.root(size) for size in range(71)] == [mth(data[:size]) for size in range(71)]


def test_every_inclusion_proof_verifies(mth: Mth, entries: Make) -> None:
    data = entries(70)
    tree = grown(data)
    for size in range(1, 71):
        root = mth(data[:size])
        for index in range(size):
            path = tree.inclusion_proof(index, size)
            assert verify_inclusion(hash_leaf(data[index]), path, index=index, size=size, root=root) == root


def test_every_consistency_proof_verifies(mth: Mth, entries: Make) -> None:
    data = entries(70)
    tree = grown(data)
    roots = [mth(data[:size]) for size in range(71)]
    for new in range(1, 71):
        for old in range(1, new + 1):
            path = tree.consistency_proof(old, new)
            verify_consistency(path, old_size=old, old_root=roots[old], new_size=new, new_root=roots[new])


def test_a_tree_grows_on_from_its_edge(mth: Mth, entries: Make) -> None:
    data = entries(1400)
    for cut in (0, 1, 255, 256, 257, 511, 512, 700):
        edge = grown(data[:cut]).edge_levels(8)
        tree = MerkleTree.from_edge(edge)
        assert sum(len(nodes) for _, nodes in edge) < 2 * 256
        assert tree.append(data[cut:]) == range(cut, 1400)
        assert tree.root() == mth(data)


def test_a_tree_from_an_edge_cannot_prove_what_lies_before(entries: Make) -> None:
    tree = MerkleTree.from_edge(grown(entries(600)).edge_levels(8))
    with pytest.raises(OutOfRange):
        tree.inclusion_proof(3)


def test_what_cannot_be_hashed_changes_nothing(mth: Mth, entries: Make) -> None:
    data = entries(1500)
    tree = grown(data[:5])
    with pytest.raises(TypeError):
        tree.append([*data[5:], "text"])  # type: ignore[list-item]
    assert (tree.size, tree.root()) == (5, mth(data[:5]))
    tree.append(data[5:])
    assert tree.root() == mth(data)


def test_the_empty_tree(entries: Make) -> None:
    tree = MerkleTree()
    assert (tree.size, tree.root(), tree.append([])) == (0, EMPTY_ROOT, range(0))
    with pytest.raises(OutOfRange):
        tree.inclusion_proof(0)


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0), (0, 6), (0, -1)])
def test_no_proof_beyond_the_tree(index: int, size: int, entries: Make) -> None:
    with pytest.raises(OutOfRange):
        grown(entries(5)).inclusion_proof(index, size)


@pytest.mark.parametrize(("old", "new"), [(0, 5), (-1, 5), (5, 4), (1, 6)])
def test_no_consistency_proof_beyond_the_tree(old: int, new: int, entries: Make) -> None:
    with pytest.raises(OutOfRange):
        grown(entries(5)).consistency_proof(old, new)
