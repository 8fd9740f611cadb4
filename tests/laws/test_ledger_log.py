"""Laws of the log on disk: any batches give the same files, and any altered byte of any file is found."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hauberk.core.errors import HauberkError
from hauberk.crypto import SigningKey
from hauberk.ledger import audit_log, load_log, open_log

ORIGIN = "example.com/log"
KEY = SigningKey(ORIGIN, [bytes(range(32))])
KEYS = KEY.identity.keys
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", lambda _: None)


def files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


@FEW
@given(st.lists(st.integers(0, 300), min_size=1, max_size=6))
def test_any_batches_give_the_same_log(tmp_path: Path, batches: list[int]) -> None:
    data = [b"%d" % number for number in range(sum(batches))]
    made = []
    for name, sizes in (("one", [len(data)]), ("many", batches)):
        folder = tmp_path / name
        shutil.rmtree(folder, ignore_errors=True)
        at = 0
        for size in sizes:
            with open_log(folder, origin=ORIGIN, signers=[KEY], verifiers=KEYS) as log:
                assert log.append(data[at : at + size]) == range(at, at + size)
                assert list(log.entries()) == data[: at + size]
            at += size
        made.append({path.relative_to(folder): path.read_bytes() for path in files(folder)})
    assert made[0] == made[1]


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 600 entries in three appends."""
    folder = tmp_path_factory.mktemp("standing") / "log"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _: None)
        with open_log(folder, origin=ORIGIN, signers=[KEY], verifiers=KEYS) as log:
            for start in (0, 200, 400):
                log.append([b"entry %d" % number for number in range(start, start + 200)])
    return folder


@settings(FEW, max_examples=60)
@given(st.data())
def test_any_altered_byte_of_any_file_is_found_and_named(standing: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(list(files(standing))))
    whole = path.read_bytes()
    at, mask = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(1, 255))
    try:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ mask]) + whole[at + 1 :])
        found = audit_log(standing, origin=ORIGIN, verifiers=KEYS)
        assert [item.feature for item in found.findings] == [path.relative_to(standing).as_posix()]
        assert not found.clean
        # A reader may not come across it, but never gives back anything else than what was logged.
        try:
            reader = load_log(standing, origin=ORIGIN, verifiers=KEYS)
            assert all(entry == b"entry %d" % number for number, entry in enumerate(reader.entries()))
        except HauberkError:
            pass
    finally:
        path.write_bytes(whole)
    assert audit_log(standing, origin=ORIGIN, verifiers=KEYS).clean
