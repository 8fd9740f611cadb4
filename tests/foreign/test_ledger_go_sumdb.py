"""Go's sumdb code, which we did not write, verifies checkpoint, tiles, entries and proofs, and refuses altered ones.

Needs Debian's golang-go and golang-golang-x-mod-dev (CI installs them).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hauberk.core.encoding import render_base64
from hauberk.crypto import SigningKey
from hauberk.ledger import LogReader, MerkleTree, load_log, open_log

ORIGIN = "example.com/log"
KEYS = {"ed25519": SigningKey(ORIGIN, [bytes(range(32))]), "hybrid": SigningKey(ORIGIN, [bytes(32), bytes([7] * 32)])}
SIZES = (1, 2, 255, 256, 257, 700)
GOPATH = Path(os.environ.get("HAUBERK_GOPATH", "/usr/share/gocode"))

pytestmark = [
    pytest.mark.foreign,
    pytest.mark.skipif(shutil.which("go") is None, reason="no Go: install golang-go and golang-golang-x-mod-dev"),
    pytest.mark.skipif(
        not (GOPATH / "src/golang.org/x/mod/sumdb").is_dir(), reason="no sumdb: install golang-golang-x-mod-dev"
    ),
]

Verify = Callable[[Path, dict[str, Any]], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("go")
    environment = os.environ | {"GO111MODULE": "off", "GOPATH": str(GOPATH), "GOFLAGS": "", "GOTOOLCHAIN": "local"}
    environment |= {"HOME": str(folder), "GOCACHE": str(folder / "cache")}
    source = Path(__file__).parent / "go_sumdb" / "main.go"
    subprocess.run(["go", "build", "-o", str(folder / "go_sumdb"), str(source)], env=environment, check=True)
    return folder / "go_sumdb"


@pytest.fixture
def verify(program: Path, tmp_path: Path) -> Verify:
    def run(folder: Path, claims: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        (tmp_path / "claims.json").write_text(json.dumps(claims))
        command = [str(program), str(folder), str(tmp_path / "claims.json")]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(params=sorted(KEYS))
def made(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, SigningKey]:
    """A log of 700 entries, in several appends."""
    key = KEYS[request.param]
    with open_log(tmp_path / "log", origin=ORIGIN, signers=[key], verifiers=key.identity.keys) as log:
        for start, stop in zip((0, *SIZES), SIZES, strict=False):
            log.append([b"entry %d" % number for number in range(start, stop)])
    return tmp_path / "log", key


def claims_of(reader: LogReader, key: SigningKey) -> dict[str, Any]:
    tree = MerkleTree()
    tree.append(list(reader.entries()))
    included = [{"index": i, "path": coded(reader.inclusion_proof(i))} for i in range(0, reader.size, 13)]
    consistent = [
        {"old_size": size, "old_root": render_base64(tree.root(size)), "path": coded(reader.consistency_proof(size))}
        for size in (*SIZES, *range(1, reader.size, 31))
    ]
    return {"key": key.identity.keys[0].text, "origin": ORIGIN, "inclusion": included, "consistency": consistent}


def coded(path: list[bytes]) -> list[str]:
    return [render_base64(value) for value in path]


def test_go_verifies_the_log(made: tuple[Path, SigningKey], verify: Verify) -> None:
    folder, key = made
    reader = load_log(folder, origin=ORIGIN, verifiers=key.identity.keys)
    result = verify(folder, claims_of(reader, key))
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "700 entries, 54 inclusion, 29 consistency\n"


def test_go_refuses_every_altered_file(made: tuple[Path, SigningKey], verify: Verify) -> None:
    folder, key = made
    claims = claims_of(load_log(folder, origin=ORIGIN, verifiers=key.identity.keys), key)
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert len(paths) == 8
    for path in paths:
        whole = path.read_bytes()
        # Go leaves the line of the post-quantum signature, which it does not know, unread.
        for at in (0, 20, 77) if path.name == "checkpoint" else (0, len(whole) // 3, len(whole) - 1):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            assert verify(folder, claims).returncode == 1, f"{path.name}, byte {at}"
        path.write_bytes(whole)
    assert verify(folder, claims).returncode == 0


def test_go_refuses_altered_proofs_and_keys(made: tuple[Path, SigningKey], verify: Verify) -> None:
    folder, key = made
    reader = load_log(folder, origin=ORIGIN, verifiers=key.identity.keys)
    for kind in ("inclusion", "consistency"):
        claims = claims_of(reader, key)
        claims[kind][2]["path"][0] = render_base64(bytes(32))
        assert verify(folder, claims).returncode == 1
    stranger = SigningKey(ORIGIN, [bytes([9] * 32)])
    for wrong in ({"origin": "example.com/other"}, {"key": stranger.identity.keys[0].text}):
        assert verify(folder, claims_of(reader, key) | wrong).returncode == 1
