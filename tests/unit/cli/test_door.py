"""What every verb shares."""

from __future__ import annotations

import json
import os

from hauberk.cli.door import Door


def test_what_the_work_prints_stays_off_stdout(capfd):
    door = Door(json=True, quiet=True, seed=None)
    with door.watching():
        print("from Python")
        os.write(1, b"from a library\n")
    door.show({"verdict": "pass"})
    told = capfd.readouterr()
    assert json.loads(told.out) == {"verdict": "pass"}
    assert "from Python" in told.err
    assert "from a library" in told.err
