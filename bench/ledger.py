"""The ledger against pymerkle 7.0.0, interleaved in one run; rates are per CPU-second of one core.

Run:      python bench/ledger.py [--json] [--entries 100000] [--rounds 5]
Compares: append with the root computed at the end, inclusion proofs (random entries of the full tree), consistency
          proofs (from random sizes to the full tree) and their verification, all in memory; and the durable append
          of one batch (ours: tlog-tiles on disk, synced and signed; pymerkle's: SQLite, in one transaction).
How:      two processes, ours and the peer's in an environment of its own below `.bench/`, take turns measure by
          measure. What takes us a fraction of the peer's time is repeated within our turn, so that both turns are
          about as long and other load on the machine meets both alike. A rate is the median over the turns; a
          ratio is the median of the ratios of neighbouring turns. Roots are compared in every turn, and every
          proof that is timed is verified. pymerkle's append is the faster one of its two ways (one by one, bulk).
          Proofs are taken from a tree that is complete in memory on both sides; before the timed ones, one proof
          is made to warm whatever is cached for the tree as a whole (with us the right edge).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _peers import PLACE, PROJECT, machine, peer_python

PEER = "pymerkle==7.0.0"
PROOFS = 2000
# What is measured in a round, in this order.
TURNS = ("append", "prove", "durable", "append", "prove")
AGAIN = 10
"""How often we append in a turn what the peer appends once, and how many times as many proofs we make."""


def entries_of(count: int) -> list[bytes]:
    """Entries of 128 B, all different."""
    return [(b"%08d" % number) * 16 for number in range(count)]


def timed(call: Callable[[], Any], again: int = 1) -> tuple[float, Any]:
    """CPU seconds of one call, on average over `again` of them, and the result of the last."""
    start = time.process_time()
    for _ in range(again):
        result = call()
    return (time.process_time() - start) / again, result


class Ours:
    """The measures of the ledger."""

    def __init__(self, count: int) -> None:
        self.entries = entries_of(count)
        self.tree: Any = None

    def append(self, _seed: int) -> dict[str, Any]:
        from hauberk.ledger import MerkleTree

        def batch() -> Any:
            tree = MerkleTree()
            tree.append(self.entries)
            return tree, tree.root()

        def singly() -> bytes:
            tree = MerkleTree()
            for entry in self.entries:
                tree.append([entry])
            return tree.root()

        taken, (self.tree, root) = timed(batch, AGAIN)
        return {"append": taken, "append_singly": timed(singly)[0], "root": root.hex()}

    def prove(self, seed: int) -> dict[str, Any]:
        from hauberk.ledger import hash_leaf, verify_consistency, verify_inclusion

        tree, size, root = self.tree, len(self.entries), self.tree.root()
        indexes, sizes = draws(seed, size, PROOFS * AGAIN)
        leaves = [hash_leaf(self.entries[index]) for index in indexes]
        old_roots = [tree.root(old) for old in sizes]
        tree.inclusion_proof(0)
        inclusion, paths = timed(lambda: [tree.inclusion_proof(index, size) for index in indexes])
        consistency, extensions = timed(lambda: [tree.consistency_proof(old, size) for old in sizes])

        def check() -> None:
            for leaf, path, index in zip(leaves, paths, indexes, strict=True):
                verify_inclusion(leaf, path, index=index, size=size, root=root)

        def check_extensions() -> None:
            for path, old, old_root in zip(extensions, sizes, old_roots, strict=True):
                verify_consistency(path, old_size=old, old_root=old_root, new_size=size, new_root=root)

        return {
            "inclusion": inclusion / AGAIN,
            "consistency": consistency / AGAIN,
            "verify_inclusion": timed(check)[0] / AGAIN,
            "verify_consistency": timed(check_extensions)[0] / AGAIN,
            "root": root.hex(),
        }

    def durable(self, seed: int) -> dict[str, Any]:
        from hauberk.crypto import generate_signing_key
        from hauberk.ledger import audit_log, load_log, open_log

        key = generate_signing_key("bench.example/ledger")
        keys = {"origin": "bench.example/ledger", "verifiers": key.identity.keys}
        with tempfile.TemporaryDirectory(dir=PLACE) as place:
            folder = Path(place) / "one"
            with open_log(folder, signers=[key], **keys) as log:
                wall = time.perf_counter()
                taken, _ = timed(lambda: log.append(self.entries))
                wall = time.perf_counter() - wall
                root = log.checkpoint.root.hex()
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            indexes, _ = draws(seed, len(self.entries), PROOFS)
            reader = load_log(folder, **keys)
            cold, _ = timed(lambda: [reader.inclusion_proof(index) for index in indexes])
            warm, _ = timed(lambda: [reader.inclusion_proof(index) for index in indexes])
            audited, audit = timed(lambda: audit_log(folder, **keys))
            assert audit.clean
            found = {"durable": taken, "durable_wall": wall, "root": root, "bytes": size / len(self.entries)}
            found |= {"disk_cold": cold, "disk_warm": warm, "audit": audited}
            return found | self._small_batches(Path(place), key, keys)

    def _small_batches(self, place: Path, key: Any, keys: dict[str, Any]) -> dict[str, Any]:
        from hauberk.ledger import open_log

        found = {}
        for name, size, count in (("batches_256", 256, 20), ("batches_1", 1, 20)):
            with open_log(place / name, signers=[key], **keys) as log:
                wall = time.perf_counter()
                for start in range(0, size * count, size):
                    log.append(self.entries[start : start + size])
                found[f"{name}_wall"] = (time.perf_counter() - wall) / (size * count)
        return found


class Peer:
    """The same measures of pymerkle."""

    def __init__(self, count: int) -> None:
        self.entries = entries_of(count)
        self.tree: Any = None

    def append(self, _seed: int) -> dict[str, Any]:
        from pymerkle import InmemoryTree

        def bulk() -> Any:
            tree = InmemoryTree(algorithm="sha256")
            tree.append_entries(self.entries)
            return tree, tree.get_root()

        def singly() -> bytes:
            tree = InmemoryTree(algorithm="sha256")
            for entry in self.entries:
                tree.append_entry(entry)
            root: bytes = tree.get_root()
            return root

        taken, (self.tree, root) = timed(bulk)
        return {"append_bulk": taken, "append_singly": timed(singly)[0], "root": root.hex()}

    def prove(self, seed: int) -> dict[str, Any]:
        from pymerkle import verify_consistency, verify_inclusion

        tree, size, root = self.tree, len(self.entries), self.tree.get_root()
        indexes, sizes = draws(seed, size, PROOFS)
        leaves = [tree.get_leaf(index + 1) for index in indexes]
        old_roots = [tree.get_root(old) for old in sizes]
        tree.prove_inclusion(1, size)
        inclusion, paths = timed(lambda: [tree.prove_inclusion(index + 1, size) for index in indexes])
        consistency, extensions = timed(lambda: [tree.prove_consistency(old, size) for old in sizes])

        def check() -> None:
            for leaf, path, index in zip(leaves, paths, indexes, strict=True):
                verify_inclusion(leaf, root, path, index=index + 1, size=size)

        def check_extensions() -> None:
            for path, old, old_root in zip(extensions, sizes, old_roots, strict=True):
                verify_consistency(old_root, root, path, prior_size=old, later_size=size)

        return {
            "inclusion": inclusion,
            "consistency": consistency,
            "verify_inclusion": timed(check)[0],
            "verify_consistency": timed(check_extensions)[0],
            "root": root.hex(),
        }

    def durable(self, _seed: int) -> dict[str, Any]:
        from pymerkle import SqliteTree

        with tempfile.TemporaryDirectory(dir=PLACE) as place:
            tree = SqliteTree(os.path.join(place, "log.db"), algorithm="sha256")
            wall = time.perf_counter()
            taken, _ = timed(lambda: tree.append_entries(self.entries))
            wall = time.perf_counter() - wall
            root = tree.get_root().hex()
            size = sum(path.stat().st_size for path in Path(place).iterdir())
            return {"durable": taken, "durable_wall": wall, "root": root, "bytes": size / len(self.entries)}


def draws(seed: int, size: int, count: int) -> tuple[list[int], list[int]]:
    """Indexes and old sizes to prove; those of a smaller count are the first of those of a larger one."""
    pairs = random.Random(seed)
    drawn = [(pairs.randrange(size), pairs.randrange(1, size)) for _ in range(count)]
    return [index for index, _ in drawn], [old for _, old in drawn]


def work(side: str, count: int) -> None:
    """A worker: a line with a measure and a seed comes in, a line with seconds goes out."""
    worker: Any = Ours(count) if side == "ours" else Peer(count)
    for line in sys.stdin:
        measure, seed = line.split()
        print(json.dumps(getattr(worker, measure)(int(seed))), flush=True)


class Worker:
    """A worker's process, from outside."""

    def __init__(self, python: Path, side: str, count: int) -> None:
        command = [str(python), __file__, "--worker", side, "--entries", str(count)]
        environment = os.environ | {"PYTHONPATH": str(PROJECT / "src")}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def ask(self, measure: str, seed: int) -> dict[str, Any]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{measure} {seed}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"the worker died at {measure}")
        found: dict[str, Any] = json.loads(answer)
        return found

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


Seconds = dict[str, list[float]]


def measure(count: int, rounds: int) -> tuple[Seconds, Seconds]:
    """All seconds of both sides, turn by turn; they must have the same root each time."""
    PLACE.mkdir(exist_ok=True)
    sides = {
        "ours": Worker(Path(sys.executable), "ours", count),
        "peer": Worker(peer_python("pymerkle", PEER), "peer", count),
    }
    found: dict[str, Seconds] = {side: {} for side in sides}
    for turn in range(rounds * len(TURNS)):
        roots = set()
        for side in sorted(sides, reverse=turn % 2 == 1):
            answer = sides[side].ask(TURNS[turn % len(TURNS)], turn)
            roots.add(answer.pop("root"))
            for key, seconds in answer.items():
                found[side].setdefault(key, []).append(seconds)
        if len(roots) != 1:
            raise SystemExit(f"the roots differ in turn {turn}")
    for worker in sides.values():
        worker.close()
    return found["ours"], found["peer"]


def summary(count: int, rounds: int) -> dict[str, Any]:
    ours, peer = measure(count, rounds)
    peer["append"] = min(peer["append_bulk"], peer["append_singly"], key=statistics.median)
    per = dict.fromkeys(("append", "append_bulk", "append_singly", "durable", "durable_wall", "audit"), count)
    per |= dict.fromkeys(("inclusion", "consistency", "verify_inclusion", "verify_consistency"), PROOFS)
    per |= dict.fromkeys(("disk_cold", "disk_warm"), PROOFS) | {"batches_256_wall": 1, "batches_1_wall": 1}
    figures: dict[str, float] = {"entries": count, "rounds": rounds}
    for side, seconds in (("hauberk", ours), ("pymerkle", peer)):
        rates = {key: per[key] / statistics.median(seconds[key]) for key in per if key in seconds}
        figures |= {f"{side}.{key}_per_s": round(rate) for key, rate in rates.items()}
        figures[f"{side}.bytes_per_entry"] = round(statistics.median(seconds["bytes"]), 1)
    ratios = {}
    for key in per:
        if key in ours and key in peer:
            pairs = zip(ours[key], peer[key], strict=True)
            ratios[f"pymerkle.{key}"] = round(statistics.median(theirs / mine for mine, theirs in pairs), 2)
    return {"ratios": ratios, "figures": figures, "machine": machine()}


def table(found: dict[str, Any]) -> str:
    lines = [f"{'':24}{'hauberk /s':>14}{'pymerkle /s':>14}{'ratio':>8}"]
    figures, ratios = found["figures"], found["ratios"]
    for key in [name.removeprefix("hauberk.").removesuffix("_per_s") for name in figures if name.endswith("_per_s")]:
        if f"hauberk.{key}_per_s" in figures:
            theirs = figures.get(f"pymerkle.{key}_per_s", "")
            line = f"{key:24}{figures[f'hauberk.{key}_per_s']:>14,}"
            lines.append(line + (f"{theirs:>14,}{ratios[f'pymerkle.{key}']:>8}" if theirs else ""))
    lines.append(f"bytes an entry on disk: {figures['hauberk.bytes_per_entry']}, {figures['pymerkle.bytes_per_entry']}")
    return "\n".join([*lines, f"{figures['entries']:,} entries, {figures['rounds']} rounds, {found['machine']}"])


def main() -> None:
    parser = argparse.ArgumentParser(description="The ledger against pymerkle.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--worker", choices=["ours", "peer"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(options.worker, options.entries)
        return
    found = summary(options.entries, options.rounds)
    print(json.dumps(found) if options.json else table(found))


if __name__ == "__main__":
    main()
