"""What is written into the evidence folder goes there and nowhere else."""

from __future__ import annotations

import pytest

from hauberk.flows.errors import StateUnwritable
from hauberk.flows.evidence import write_evidence


def test_files_are_written_whole_and_left_alone_where_they_are_the_same(tmp_path):
    folder = tmp_path / "evidence"
    write_evidence(folder, {"report.html": b"one"})
    before = (folder / "report.html").stat().st_mtime_ns
    write_evidence(folder, {"report.html": b"one"})
    assert (folder / "report.html").stat().st_mtime_ns == before
    (folder / ".report.html.new").write_bytes(b"what a killed run left, longer")
    write_evidence(folder, {"report.html": b"two"})
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"report.html": b"two"}


def test_a_link_does_not_lead_them_elsewhere(tmp_path):
    folder, victim = tmp_path / "evidence", tmp_path / "victim"
    folder.mkdir()
    victim.write_bytes(b"mine")
    (folder / ".report.html.new").symlink_to(victim)
    with pytest.raises(StateUnwritable):
        write_evidence(folder, {"report.html": b"one"})
    assert victim.read_bytes() == b"mine"
