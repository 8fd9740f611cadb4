"""Writes what runs measured into the docs: the demo's table into README.md, the bench's ratios into a page.

Run `python docs/record.py demo`, `python docs/record.py bench` or, for some of the scripts only,
`python docs/record.py bench verify size`; nobody types these figures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- demo:begin -->", "<!-- demo:end -->"
HEAD = """# Benchmarks

Each script in `bench/` measures us and the peer in one run, in turns, and prints the ratio ours / peer. Absolute rates
belong to one machine; ratios travel. `make bench` prints them anew, `python docs/record.py bench` writes this page.
"""


def record_demo() -> None:
    """Run the demo (or reuse its run) and put its output between the marks of README.md."""
    command = [sys.executable, "-m", "hauberk", "secure", "examples/lending"]
    environment = os.environ | {"COLUMNS": "110"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    shown = "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines())
    readme = ROOT / "README.md"
    before, _, rest = readme.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    readme.write_text(f"{before}{BEGIN}\n```text\n{shown}\n```\n{END}{after}")


def record_bench(*names: str) -> None:
    """Run every bench, or the named ones, and write their sections of the page."""
    page = ROOT / "docs/reference/benchmarks.md"
    scripts = {script.stem: script for script in sorted((ROOT / "bench").glob("[a-z]*.py"))}
    sections = _sections(page.read_text())
    for name in names or scripts:
        done = subprocess.run([sys.executable, scripts[name], "--json"], stdout=subprocess.PIPE, text=True, check=True)
        sections[name] = _section(name, json.loads(done.stdout.splitlines()[-1]))
        page.write_text("\n".join([HEAD, *(sections[each] for each in scripts if each in sections)]))


def _sections(page: str) -> dict[str, str]:
    """The sections of the page as they are, by the script that wrote them."""
    parts = page.split("\n## bench/")[1:]
    return {part.partition(".py\n")[0]: "## bench/" + part.rstrip("\n") + "\n" for part in parts}


def _section(name: str, found: dict[str, Any]) -> str:
    rows = "\n".join(f"| {key} | {_told(value)} |" for key, value in _flat(found["ratios"]))
    figures = "\n".join(f"| {key} | {_told(value)} |" for key, value in _flat(found["figures"]))
    machine = ", ".join(f"{key} {value}" for key, value in _flat(found["machine"])) or str(found["machine"])
    tables = f"| ours / peer | ratio |\n|---|---:|\n{rows}\n\n| figure | value |\n|---|---:|\n{figures}\n"
    return f"## bench/{name}.py\n\n{tables}\nMachine: {machine}.\n"


def _flat(value: object, path: str = "") -> list[tuple[str, object]]:
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in _flat(inner, f"{path}.{key}".lstrip("."))]
    return [(path, value)]


def _told(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    {"demo": record_demo, "bench": record_bench}[sys.argv[1]](*sys.argv[2:])
