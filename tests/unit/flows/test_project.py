"""What a project is not opened with; nothing is made then."""

from __future__ import annotations

import pytest

from hauberk.flows.errors import BadSetting
from hauberk.flows.project import open_project

TOML = '[system]\nname = "x"\n[data]\ntrain = "train.csv"\ntarget = "y"\n'


@pytest.mark.parametrize("evidence", [".hauberk", "./a/../.hauberk/evidence", ".hauberk/keys", "link/evidence"])
def test_evidence_does_not_go_into_the_state_folder(tmp_path, evidence):
    (tmp_path / "hauberk.toml").write_text(f'{TOML}[prove]\nfolder = "{evidence}"\n')
    (tmp_path / "link").symlink_to(".hauberk")
    with pytest.raises(BadSetting, match=r"prove\.folder: .* outside \.hauberk"), open_project(tmp_path):
        pass
    assert not (tmp_path / ".hauberk").exists()


@pytest.mark.parametrize("evidence", ["evidence", ".hauberk-evidence"])
def test_evidence_goes_beside_it(tmp_path, evidence):
    (tmp_path / "hauberk.toml").write_text(f'{TOML}[prove]\nfolder = "{evidence}"\n')
    with open_project(tmp_path) as project:
        assert project.evidence == tmp_path / evidence
