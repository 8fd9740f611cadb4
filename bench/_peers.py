"""What the benches share: the peers' environments, and what the machine is."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
PLACE = PROJECT / ".bench"


def peer_python(name: str, *packages: str) -> Path:
    """The interpreter of an environment with the packages, which is made if it is missing."""
    folder = PLACE / name
    python = folder / "bin" / "python"
    if not (folder / "made").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install", *packages]
        subprocess.run(pip, check=True, stdout=sys.stderr)
        (folder / "made").touch()
    return python


def machine() -> dict[str, Any]:
    """Where the figures are from."""
    found = {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}
    return found | {"load": round(os.getloadavg()[0], 2)}
