"""A table that outgrows memory: 10 million rows of 30 columns checked, profiled and scored below 2 GiB.

Run:      python bench/size.py [--json] [--rows 10000000] [--format parquet|csv] [--trusted 5000]
Data:     random numbers, counts, categories, points in time and a label that a few columns explain; planted are values
          out of range, missing values, copied rows, rows copied with another label, and 1 % exchanged labels.
Measures: peak resident memory (ru_maxrss) and wall time of `hauberk verify` in a process of its own, what of the
          planted faults it finds, by number, and how the exchanged labels are ranked and flagged.
How:      one thread, files in a temporary folder that is deleted at the end (2.5 GB for 10 million rows). The only
          ratio is that of the peak to 2 GiB: other tools that do the same in bounded memory are not known to us.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
from _peers import machine

LIMIT = 2 * 1024**3
CHUNK = 500_000
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
OUT, GONE, COPIED, TURNED = 997, 1009, 4999, 9973
"""Every so many rows a value out of range, a missing one, a copied row, a copied row with another label."""
FLIPS = 0.01
NUMBERS, COUNTS, CATEGORIES = 19, 5, 4

TOML = """[system]
name = "size"
[data]
train = "train.{suffix}"
test = "test.parquet"
target = "label"
time = "when"
[data.features.n0]
nullable = false
[data.features.k0]
low = 0
high = 99
[verify]
q = 0.1
"""


def chunk(start: int, rows: int, *, clean: bool = False) -> tuple[pa.Table, dict[str, int], np.ndarray]:
    """Rows from `start` on, the planted faults by name, and which labels were exchanged."""
    random = np.random.default_rng([7, start, int(clean)])
    columns: dict[str, Any] = {f"n{place}": random.normal(size=rows) for place in range(NUMBERS)}
    columns |= {f"k{place}": random.integers(0, 100, rows) for place in range(COUNTS)}
    words = np.array(["red", "green", "blue", "black"])
    columns |= {f"c{place}": words[random.integers(0, 4, rows)] for place in range(CATEGORIES)}
    columns["when"] = (start + np.arange(rows)) * 10 + random.integers(0, 10, rows)
    place = columns["n0"] + columns["n1"] + (columns["c0"] == "red") + 0.02 * columns["k1"]
    label = np.where(place + 0.2 * random.normal(size=rows) > 1.2, "yes", "no")
    if clean:
        return pa.table(columns | {"label": label}), {}, np.zeros(rows, bool)
    index = np.arange(1, rows)
    out, gone = index[index % OUT == 0], index[index % GONE == 0]
    copied, turned = index[index % COPIED == 0], index[index % TURNED == 0]
    turned = np.setdiff1d(turned, np.union1d(copied, copied + 1))
    columns["k0"][out] = 500
    missing = np.zeros(rows, bool)
    missing[gone] = True
    flipped = random.random(rows) < FLIPS
    label = np.where(flipped, np.where(label == "yes", "no", "yes"), label)
    for values in (*(columns[name] for name in columns if name != "when"), label, missing):
        values[copied], values[turned] = values[copied - 1], values[turned - 1]
    label[turned] = np.where(label[turned] == "yes", "no", "yes")
    flipped[copied], flipped[turned] = flipped[copied - 1], ~flipped[turned - 1]
    columns["n0"] = pa.array(columns["n0"], mask=missing)
    planted = {"out_of_range": int((columns["k0"] == 500).sum()), "null": int(missing.sum())}
    planted |= {"copied": copied.size, "turned": turned.size, "flipped": int(flipped.sum())}
    return pa.table(columns | {"label": label}), planted, flipped


def make(folder: Path, rows: int, suffix: str, trusted: int) -> tuple[dict[str, int], np.ndarray]:
    """The project; gives the planted faults and which labels of all rows were exchanged."""
    planted: dict[str, int] = {}
    flips, writer = [], None
    for start in range(0, rows, CHUNK):
        table, found, flipped = chunk(start, min(CHUNK, rows - start))
        planted = {name: planted.get(name, 0) + count for name, count in found.items()}
        flips.append(flipped)
        if writer is None:
            path = folder / f"train.{suffix}"
            csv = suffix == "csv"
            writer = arrow_csv.CSVWriter(path, table.schema) if csv else pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()
    # With a test file of its own all rows are training rows, so that row numbers are those of the file.
    pq.write_table(chunk(rows + CHUNK, max(1000, rows // 20), clean=True)[0], folder / "test.parquet")
    toml = TOML.format(suffix=suffix)
    if trusted:
        pq.write_table(chunk(rows, trusted, clean=True)[0], folder / "trusted.parquet")
        toml += 'trusted = "trusted.parquet"\n'
    (folder / "hauberk.toml").write_text(toml)
    return planted, np.concatenate(flips)


MEASURE = """
import pathlib, resource, subprocess, sys
code = subprocess.run([sys.executable, "-m", "hauberk", "verify", sys.argv[1], "--json"]).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
pathlib.Path(sys.argv[1], "peak").write_text(str(peak))
sys.exit(code)
"""
"""Run by a small process: what its parent holds in memory counts for a child until it is another program."""


def verify(folder: Path) -> tuple[dict[str, Any], float, int]:
    """The document of `hauberk verify`, seconds, and the peak memory of its process in bytes."""
    command = [sys.executable, "-c", MEASURE, str(folder)]
    began = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, env=os.environ | ONE_THREAD, check=False)
    seconds = time.perf_counter() - began
    if done.returncode not in (0, 1):
        raise SystemExit(done.stdout.decode())
    # Linux counts in kibibytes.
    return json.loads(done.stdout), seconds, int((folder / "peak").read_text()) * 1024


def labels(folder: Path, flips: np.ndarray) -> dict[str, float]:
    """Power and false-discovery rate of the flags, and how well the score tells exchanged labels from others."""
    from scipy.stats import mannwhitneyu

    suspects = pq.read_table(folder / "evidence" / "suspects.parquet", columns=["score", "flagged"])
    score, flagged = (suspects.column(name).to_numpy() for name in ("score", "flagged"))
    some = slice(None, None, max(1, len(score) // 1_000_000))
    wrong, right = score[some][flips[some]], score[some][~flips[some]]
    figures = {"auroc": float(mannwhitneyu(wrong, right).statistic / (wrong.size * right.size))}
    figures |= {"power": float(flagged[flips].mean()), "flagged": int(flagged.sum())}
    return figures | {"false_share": float((~flips[flagged]).mean()) if flagged.any() else 0.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--format", choices=("parquet", "csv"), default="parquet")
    parser.add_argument("--trusted", type=int, default=5000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        planted, flips = make(folder, options.rows, options.format, options.trusted)
        size = (folder / f"train.{options.format}").stat().st_size
        document, seconds, peak = verify(folder)
        found = {one["check"]: one["count"] for one in document["findings"]}
        figures = {"rows": options.rows, "file_bytes": size, "seconds": round(seconds, 1), "peak_bytes": peak}
        figures |= {"planted": planted, "findings": found, "suspects": document["suspects"]["n"]}
        figures |= labels(folder, flips)
    if not options.json:
        print(json.dumps(figures, indent=2))
        return
    ratios = {"2 GiB": round(peak / LIMIT, 3)}
    print(json.dumps({"ratios": ratios, "figures": figures, "machine": machine()}))


if __name__ == "__main__":
    main()
