import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hauberk.core.finding import Severity
from hauberk.crypto import SigningKey
from hauberk.crypto.errors import NoVerifiers
from hauberk.ledger import Checkpoint, Log, LogAudit, audit_log, open_log, render_bundle, sign_checkpoint
from hauberk.ledger.bundles import parse_bundle
from hauberk.ledger.hashing import EMPTY_ROOT, hash_leaves

ORIGIN = "example.com/log"
Open = Callable[..., Log]
Make = Callable[[int], list[bytes]]
Audit = Callable[..., LogAudit]


@pytest.fixture
def audit(folder: Path, key: SigningKey) -> Audit:
    return lambda *known: audit_log(folder, origin=ORIGIN, verifiers=key.identity.keys, known=known)


@pytest.fixture
def small(opened: Open, entries: Make) -> Checkpoint:
    """An older checkpoint of the log that is audited, which has 1300 entries in three levels of tiles and bundles."""
    with opened() as log:
        log.append(entries(700))
        checkpoint = log.checkpoint
        log.append(entries(600))
    return checkpoint


def told(audit: LogAudit) -> list[tuple[str, str]]:
    assert not audit.clean
    assert all(finding.severity is Severity.ERROR for finding in audit.findings)
    return [(finding.code, finding.feature) for finding in audit.findings]


def test_a_whole_log_is_clean(small: Checkpoint, audit: Audit, folder: Path) -> None:
    seen: list[tuple[float, float, str]] = []
    assert audit() == audit(small)
    assert audit().clean
    assert audit().checkpoint is not None
    key = SigningKey(ORIGIN, [bytes(range(32))])
    audit_log(folder, origin=ORIGIN, verifiers=key.identity.keys, progress=lambda *step: seen.append(step))
    assert [done for done, _, _ in seen] == [256, 512, 768, 1024, 1280, 1300]


def test_an_edited_value_is_found_though_all_heads_are_as_before(small: Checkpoint, audit: Audit, folder: Path) -> None:
    """The case of immudb 2063: a value edited on disk, hashes and signatures left alone."""
    path = folder / "tile/entries/002"
    values = parse_bundle(path.read_bytes(), width=256, where="")
    values[7] = b"edited by hand"
    path.write_bytes(render_bundle(values))
    found = audit()
    assert told(found) == [("ledger.entry.altered", "tile/entries/002")]
    assert found.findings[0].rows == (519,)
    assert "entry 519" in found.findings[0].message


def test_an_edited_value_with_its_leaf(small: Checkpoint, audit: Audit, folder: Path) -> None:
    path = folder / "tile/entries/002"
    values = parse_bundle(path.read_bytes(), width=256, where="")
    values[7] = b"edited by hand"
    path.write_bytes(render_bundle(values))
    (folder / "tile/0/002").write_bytes(b"".join(hash_leaves(values)))
    assert told(audit()) == [("ledger.subtree.altered", "tile/0/002")]


def test_a_deleted_entry(small: Checkpoint, audit: Audit, folder: Path) -> None:
    path = folder / "tile/entries/005.p/20"
    values = parse_bundle(path.read_bytes(), width=20, where="")
    path.write_bytes(render_bundle(values[:7] + values[8:]))
    assert told(audit()) == [("ledger.file.malformed", "tile/entries/005.p/20")]
    path.rename(path.with_name("19"))
    assert ("ledger.file.missing", "tile/entries/005.p/20") in told(audit())


def test_swapped_entries_and_swapped_files(small: Checkpoint, audit: Audit, folder: Path) -> None:
    path = folder / "tile/entries/000"
    values = parse_bundle(path.read_bytes(), width=256, where="")
    path.write_bytes(render_bundle([values[1], values[0], *values[2:]]))
    assert audit().findings[0].rows == (0, 1)
    path.write_bytes(render_bundle(values))
    one, two = folder / "tile/0/000", folder / "tile/0/001"
    first = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(first)
    assert told(audit()) == [("ledger.tile.altered", "tile/0/000"), ("ledger.tile.altered", "tile/0/001")]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("tile/0/001", ["ledger.tile.altered"]),
        ("tile/0/005.p/20", ["ledger.tile.altered"]),
        ("tile/1/000.p/5", ["ledger.tile.altered"]),
        ("tile/entries/004", ["ledger.entry.altered"]),
        ("tile/entries/005.p/20", ["ledger.entry.altered"]),
        ("checkpoint", ["ledger.checkpoint.altered"]),
    ],
)
def test_every_file_flipped_cut_lengthened_or_gone_is_named(
    small: Checkpoint, audit: Audit, folder: Path, path: str, found: list[str]
) -> None:
    file = folder / path
    data = file.read_bytes()
    file.write_bytes(data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])
    assert told(audit()) == [(code, path) for code in found]
    malformed = "ledger.checkpoint.altered" if path == "checkpoint" else "ledger.file.malformed"
    for wrong in (data[:-1], data + b"\x00", b""):
        file.write_bytes(wrong)
        assert told(audit()) == [(malformed, path)]
    file.unlink()
    assert told(audit()) == [("ledger.checkpoint.missing" if path == "checkpoint" else "ledger.file.missing", path)]
    file.write_bytes(data)
    assert audit().clean


def test_tile_and_bundle_gone_together(small: Checkpoint, audit: Audit, folder: Path) -> None:
    (folder / "tile/0/001").unlink()
    (folder / "tile/entries/001").unlink()
    assert told(audit()) == [("ledger.file.missing", "tile/0/001"), ("ledger.file.missing", "tile/entries/001")]
    (folder / "tile/0/005.p/20").unlink()
    (folder / "tile/entries/005.p/20").unlink()
    assert len(told(audit())) == 4


def test_a_fork_with_a_checkpoint_of_its_own(
    small: Checkpoint, audit: Audit, folder: Path, opened: Open, key: SigningKey
) -> None:
    """The owner of the key rewrote history: only who remembers a checkpoint can tell."""
    shutil.rmtree(folder)
    with opened() as log:
        log.append([b"another history %d" % number for number in range(1300)])
    assert audit().clean
    assert told(audit(small)) == [("ledger.forked", "checkpoint")]


def test_tiles_of_another_history_under_this_checkpoint(
    small: Checkpoint, audit: Audit, folder: Path, opened: Open
) -> None:
    note = (folder / "checkpoint").read_bytes()
    shutil.rmtree(folder)
    with opened() as log:
        log.append([b"another history %d" % number for number in range(1300)])
    (folder / "checkpoint").write_bytes(note)
    assert told(audit()) == [("ledger.root.mismatch", "checkpoint")]


def test_a_checkpoint_put_back(opened: Open, entries: Make, folder: Path, audit: Audit) -> None:
    with opened() as log:
        log.append(entries(5))
        note = (folder / "checkpoint").read_bytes()
        old = {path: path.read_bytes() for path in folder.rglob("5")}
        log.append(entries(2))
        newer = log.checkpoint
    for path, data in old.items():
        path.write_bytes(data)
    assert audit().clean  # The partial tiles left behind are prefixes of those that replaced them.
    (folder / "checkpoint").write_bytes(note)
    beyond = [("ledger.file.beyond", "tile/0/000.p/7"), ("ledger.file.beyond", "tile/entries/000.p/7")]
    assert told(audit()) == beyond
    for _, path in beyond:
        (folder / path).unlink()
    assert audit().clean
    assert told(audit(newer)) == [("ledger.rolled_back", "checkpoint")]


def test_a_leftover_must_be_a_prefix(opened: Open, entries: Make, folder: Path, audit: Audit) -> None:
    with opened() as log:
        log.append(entries(5))
        old = {path: path.read_bytes() for path in folder.rglob("5")}
        log.append(entries(2))
    for path, data in old.items():
        path.write_bytes(data[:-1] + b"!")
        assert told(audit()) == [("ledger.leftover.altered", path.relative_to(folder).as_posix())]
        path.write_bytes(data[:-1])
        assert told(audit()) == [("ledger.leftover.altered", path.relative_to(folder).as_posix())]
        path.write_bytes(data)


@pytest.mark.parametrize("path", ["extra", "tile/0/x000/001", "tile/0/000.tmp", "pending.tmp", "checkpoint.next"])
def test_a_file_of_no_log(small: Checkpoint, audit: Audit, folder: Path, path: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(b"x")
    assert told(audit()) == [("ledger.file.unexpected", path)]


def test_an_append_that_was_cut_off_is_not_clean_and_opening_settles_it(
    small: Checkpoint, audit: Audit, folder: Path, opened: Open
) -> None:
    (folder / "pending").write_bytes(b"hauberk ledger append v1\n1300\n1310\n")
    (folder / "tile/entries/005.p/30").write_bytes(b"half")
    (folder / "tile/entries/005.p/30.tmp").write_bytes(b"half")
    found = audit()
    assert not found.clean
    assert [(item.code, item.severity) for item in found.findings] == [("ledger.append.unfinished", Severity.WARNING)]
    (folder / "tile/entries/005.p/31").write_bytes(b"half")
    assert "ledger.file.beyond" in [item.code for item in audit().findings]
    (folder / "tile/entries/005.p/31").unlink()
    opened().close()
    assert audit().clean
    (folder / "pending").write_bytes(b"nonsense")
    assert told(audit()) == [("ledger.file.malformed", "pending")]


def test_no_log_and_an_empty_log_never_verify(folder: Path, audit: Audit, key: SigningKey) -> None:
    assert told(audit()) == [("ledger.checkpoint.missing", "checkpoint")]
    folder.mkdir()
    assert told(audit()) == [("ledger.checkpoint.missing", "checkpoint")]
    empty = Checkpoint(origin=ORIGIN, size=0, root=EMPTY_ROOT)
    (folder / "checkpoint").write_bytes(sign_checkpoint(empty, [key]))
    assert told(audit()) == [("ledger.empty", "checkpoint")]


def test_nobody_to_trust_is_wrong_use(small: Checkpoint, folder: Path) -> None:
    with pytest.raises(NoVerifiers):
        audit_log(folder, origin=ORIGIN, verifiers=[])


def test_an_audit_beside_a_writer_starts_anew(opened: Open, entries: Make, folder: Path, key: SigningKey) -> None:
    with opened() as log:
        log.append(entries(5))
        runs = []

        def meddle(done: float, total: float, what: str = "") -> None:
            runs.append(total)
            if len(runs) == 1:
                log.append(entries(2))

        found = audit_log(folder, origin=ORIGIN, verifiers=key.identity.keys, progress=meddle)
    assert found.clean
    assert found.checkpoint is not None
    assert (found.checkpoint.size, runs) == (7, [5, 7])


def test_three_levels_of_tiles(folder: Path, key: SigningKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", lambda _: None)
    with open_log(folder, origin=ORIGIN, signers=[key], verifiers=key.identity.keys) as log:
        log.append([b"%d" % number for number in range(65_536 + 300)])

    def run() -> LogAudit:
        return audit_log(folder, origin=ORIGIN, verifiers=key.identity.keys)

    assert run().clean
    for path, at in (("tile/1/000", 40), ("tile/2/000.p/1", 3), ("tile/0/257.p/44", 0)):
        data = bytearray((folder / path).read_bytes())
        data[at] ^= 1
        (folder / path).write_bytes(data)
        assert told(run()) == [("ledger.tile.altered", path)]
        data[at] ^= 1
        (folder / path).write_bytes(data)
    (folder / "tile/0/017").write_bytes(bytes(8192))
    (folder / "tile/entries/017").write_bytes(render_bundle([b""] * 256))
    assert told(run()) == [("ledger.subtree.altered", "tile/0/017")]
