"""Foreign vectors: transparency-dev/merkle (98 inclusion and 98 consistency proofs) and a log made by Go's sumdb."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from hauberk.core.errors import HauberkError
from hauberk.crypto import parse_verifier_key
from hauberk.ledger import MerkleTree, TileName, hash_leaf, verify_checkpoint, verify_consistency, verify_inclusion

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("HAUBERK_DATA", ROOT.parent / "shared" / "data")) / "tlog-vectors"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"the vectors of tlog-vectors are not in {DATA}: set HAUBERK_DATA"
)


def b64(values: list[str] | None) -> list[bytes]:
    return [base64.b64decode(value) for value in values or []]


def cases(kind: str) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted((DATA / "transparency-dev-merkle" / kind).rglob("*.json"))]


def test_all_inclusion_vectors() -> None:
    refused = 0
    for case in cases("inclusion"):
        leaf, root = b64([case["leafHash"], case["root"]])
        try:
            verify_inclusion(leaf, b64(case["proof"]), index=case["leafIdx"], size=case["treeSize"], root=root)
        except HauberkError:
            refused += 1
            assert case["wantErr"], case["desc"]
        else:
            assert not case["wantErr"], case["desc"]
    assert (len(cases("inclusion")), refused) == (98, 92)


def test_all_consistency_vectors() -> None:
    """Also the three where the old log is empty: both sides refuse what would prove nothing."""
    refused = 0
    for case in cases("consistency"):
        old, new = b64([case["root1"], case["root2"]])
        try:
            verify_consistency(
                b64(case["proof"]), old_size=case["size1"], old_root=old, new_size=case["size2"], new_root=new
            )
        except HauberkError:
            refused += 1
            assert case["wantErr"], case["desc"]
        else:
            assert not case["wantErr"], case["desc"]
    assert (len(cases("consistency")), refused) == (98, 92)


@pytest.fixture(scope="module")
def go() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / "go-sumdb" / "rfc6962-go.json").read_text())
    return found


@pytest.fixture(scope="module")
def tree() -> MerkleTree:
    tree = MerkleTree()
    tree.append([b"leaf %d" % number for number in range(700)])
    return tree


def test_roots_and_proofs_are_go_s_byte_for_byte(go: dict[str, Any], tree: MerkleTree) -> None:
    inclusion = consistency = 0
    for case in go["trees"]:
        size, root = case["size"], base64.b64decode(case["root"])
        assert tree.root(size) == root
        for proof in case["inclusion"]:
            assert tree.inclusion_proof(proof["index"], size) == b64(proof["proof"])
            leaf = hash_leaf(b"leaf %d" % proof["index"])
            verify_inclusion(leaf, b64(proof["proof"]), index=proof["index"], size=size, root=root)
            inclusion += 1
        for proof in case["consistency"]:
            old = proof["old_size"]
            assert tree.consistency_proof(old, size) == b64(proof["proof"])
            verify_consistency(b64(proof["proof"]), old_size=old, old_root=tree.root(old), new_size=size, new_root=root)
            consistency += 1
    assert (len(go["trees"]), inclusion, consistency) == (18, 72, 70)


def test_go_s_checkpoint_verifies(go: dict[str, Any], tree: MerkleTree) -> None:
    key = parse_verifier_key(go["vkey"])
    checkpoint = verify_checkpoint(go["checkpoint"].encode(), [key], origin="example.com/go-sumdb-vectors")
    assert (checkpoint.size, checkpoint.root) == (700, tree.root(700))
    with pytest.raises(HauberkError):
        verify_checkpoint(go["checkpoint"].replace("700", "701").encode(), [key], origin=checkpoint.origin)


def test_tile_paths_are_go_s_without_the_height(go: dict[str, Any]) -> None:
    names = [TileName(level=0, index=1234067), TileName(level=0, index=1, width=44)]
    assert [name.path.replace("tile/", "tile/8/") for name in names] == go["tile_paths"]
