"""The house stands as it was drawn."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FRAMEWORKS = {"xgboost", "lightgbm", "sklearn", "torch", "onnxruntime", "ray", "flwr", "scipy", "pyarrow", "numpy"}


def loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


def test_importing_the_package_loads_no_framework():
    assert not loaded_after("import hauberk") & FRAMEWORKS


def test_the_command_line_starts_without_frameworks():
    assert not loaded_after("import hauberk.cli.app") & (FRAMEWORKS - {"numpy", "pyarrow"})


@pytest.mark.parametrize("page", ["errors.md", "configuration.md", "cli.md"])
def test_generated_pages_are_there(page):
    assert (ROOT / "docs/reference" / page).stat().st_size > 500


def test_generated_pages_are_up_to_date():
    done = subprocess.run([sys.executable, ROOT / "docs/generate.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_file_names_a_registry_or_a_machine():
    words = [
        a + b for a, b in [("py", "pi.org"), ("python", "hosted.org"), ("registry.", "npmjs"), ("deb.", "debian.org")]
    ]
    words += ["/wo" + "rk/", "/ro" + "ot/"]
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    for name in files:
        path = ROOT / name
        if path.is_file() and path.suffix in {".py", ".md", ".toml", ".yml", ".txt", ".go", ""}:
            text = path.read_text(errors="replace")
            assert not [word for word in words if word in text], name


def test_every_finding_has_a_line_in_the_reference():
    source = "".join(path.read_text() for path in (ROOT / "src/hauberk").rglob("*.py"))
    codes = set(re.findall(r'"((?:verify|attack|harden)\.[a-z_]+\.[a-z_]+)"', source))
    page = set(re.findall(r"^\| `([\w.]+)` \|", (ROOT / "docs/reference/findings.md").read_text(), flags=re.MULTILINE))
    assert codes
    assert not codes - page, "codes without a line in docs/reference/findings.md"
    kinds = set(re.findall(r'"([a-z_]+)"', source))
    gone = {code for code in page - codes if code.rpartition(".")[2] not in kinds}
    assert gone <= {"verify.NAME.not_checked", "ledger.statement"}, "lines that no code gives"
