"""Attack and certificate of tree ensembles against ART 1.20.1 and Veritas 0.3.1, on XGBoost models, in one run.

Run:      python bench/trees.py [--json] [--rounds 2] [--clique 20 100] [--jump 10 100] [--veritas 30 100] [--large 20]
Models:   XGBoost, 100 trees of depth 6 on breast_cancer (349 leaves); and the same on make_classification with 20,000
          rows of 20 columns (3,742 leaves), on which only Veritas is compared. Features scaled to 0 to 1; test rows
          that the model gets right.
Compares: the leaf-box certificate with ART's clique verifier (max_clique 2, max_level 2, 10 steps from 0.3), and the
          smallest L-infinity change found with ART's HopSkipJump (defaults, 50 iterations) and Veritas' search.
How:      two processes, ours and the peers' in an environment of its own below `.bench/`, take turns measure by
          measure on the same model file and the same rows, with one thread. What takes us a fraction of the peer's
          time is repeated within our turn. Times are CPU-seconds for 100 rows, the median over the turns; a speed is
          the median of the peer's time over ours in neighbouring turns. Part of our time does not depend on the number
          of rows, the peers' does: so every speed is measured with few rows and with many, both sides having the
          same ones, and named after their number. Both sides' changed rows must be given another class by XGBoost
          in the peers' process, or the bench fails.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _peers import PLACE, PROJECT, machine, peer_python

PEERS = (
    "adversarial-robustness-toolbox==1.20.1", "packaging==26.3", "scikit-learn==1.9.1", "xgboost-cpu==3.2.0",
    "numpy==2.4.6", "scipy==1.17.1", "dtai-veritas==0.3.1",
)  # fmt: skip
START = 1.0
"""Radius from which Veritas searches downwards; from a smaller one it reports that radius for rows beyond it."""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
PEER_OF = {"certificate": "art_clique", "jump": "art_hopskipjump", "veritas": "veritas", "large": "veritas_large"}
MODEL_OF = {"certificate": "cancer", "jump": "cancer", "veritas": "cancer", "large": "made"}
TURNS = {"certificate": 50, "jump": 3, "veritas": 3, "large": 1}
"""How often we repeat in a turn what the peer does once."""


def timed(call: Callable[[], Any], again: int = 1) -> tuple[float, Any]:
    """CPU seconds of one call, on average over `again` of them, and the result of the last."""
    start = time.process_time()
    for _ in range(again):
        result = call()
    return (time.process_time() - start) / again, result


class Ours:
    """Our side of each measure on one model."""

    def __init__(self, place: Path) -> None:
        from hauberk.models import Kind, parse_model

        self.place = place
        self.model = parse_model((place / "model.json").read_bytes(), Kind.XGBOOST)
        data = np.load(place / "rows.npz")
        self.rows, self.labels = data["rows"].astype(np.float64), data["labels"].astype(np.int64)
        width = self.rows.shape[1]
        self.ranges = {"scale": np.ones(width), "low": np.zeros(width), "high": np.ones(width)}

    def certificate(self, count: int) -> dict[str, Any]:
        from hauberk.attack import certified_radius

        rows, labels = self.rows[:count], self.labels[:count]
        taken, radius = timed(
            lambda: certified_radius(self.model.trees, rows, labels, **self.ranges), TURNS["certificate"]
        )
        return {"seconds": taken, "mean": float(radius.mean())}

    def jump(self, count: int) -> dict[str, Any]:
        return self._nearest(count, TURNS["jump"])

    def veritas(self, count: int) -> dict[str, Any]:
        return self._nearest(count, TURNS["veritas"])

    def large(self, count: int) -> dict[str, Any]:
        return self._nearest(count, TURNS["large"])

    def _nearest(self, count: int, again: int) -> dict[str, Any]:
        from hauberk.attack import minimal_perturbation

        rows, labels = self.rows[:count], self.labels[:count]
        taken, found = timed(lambda: minimal_perturbation(self.model.trees, rows, labels, **self.ranges), again)
        np.save(self.place / "ours.npy", found.rows.astype(np.float32))
        proved = float((found.distance - found.certified < 2e-3 * found.distance).mean())
        return {"seconds": taken, "proved": proved, "lower": float(found.certified.mean())}


class Peer:
    """The peers' side on one model, and the library that has the last word."""

    def __init__(self, place: Path) -> None:
        import warnings

        import xgboost

        warnings.filterwarnings("ignore")
        self.place = place
        if not (place / "model.json").exists():
            self._train()
        self.model = xgboost.XGBClassifier(n_jobs=1)
        self.model.load_model(place / "model.json")
        data = np.load(place / "rows.npz")
        self.rows, self.labels = data["rows"], data["labels"]

    def _train(self) -> None:
        import xgboost
        from sklearn.datasets import load_breast_cancer, make_classification
        from sklearn.model_selection import train_test_split

        if self.place.name == "cancer":
            (data, labels), share = load_breast_cancer(return_X_y=True), 0.3
        else:
            data, labels = make_classification(20_000, 20, n_informative=10, n_redundant=5, random_state=0)
            share = 0.05
        data = ((data - data.min(0)) / (data.max(0) - data.min(0))).astype(np.float32)
        train, test, known, wanted = train_test_split(data, labels, test_size=share, random_state=0)
        model = xgboost.XGBClassifier(n_estimators=100, max_depth=6, n_jobs=1, random_state=0).fit(train, known)
        right = model.predict(test) == wanted
        self.place.mkdir()
        model.save_model(self.place / "model.json")
        np.savez(self.place / "rows.npz", rows=test[right], labels=wanted[right])

    def _art(self) -> Any:
        from art.estimators.classification import XGBoostClassifier

        return XGBoostClassifier(model=self.model, clip_values=(0, 1), nb_features=self.rows.shape[1], nb_classes=2)

    def certificate(self, count: int) -> dict[str, Any]:
        from art.metrics import RobustnessVerificationTreeModelsCliqueMethod as Clique

        rows, labels = self.rows[:count], np.eye(2)[self.labels[:count]]
        verifier = Clique(classifier=self._art(), verbose=False)
        taken, (bound, _) = timed(
            lambda: verifier.verify(
                x=rows, y=labels, eps_init=0.3, norm=np.inf, nb_search_steps=10, max_clique=2, max_level=2
            )
        )
        return {"seconds": taken, "mean": float(bound)}

    def jump(self, count: int) -> dict[str, Any]:
        from art.attacks.evasion import HopSkipJump

        np.random.seed(0)  # the peer draws from the global generator
        attack = HopSkipJump(self._art(), norm=np.inf, verbose=False)
        taken, changed = timed(lambda: attack.generate(self.rows[:count]))
        return {"seconds": taken} | self._distances("peer", changed) | self.check(count)

    def veritas(self, count: int) -> dict[str, Any]:
        import veritas
        from veritas.robustness import VeritasRobustnessSearch

        trees = veritas.get_addtree(self.model)

        def search() -> list[tuple[float, float]]:
            found = []
            for row, label in zip(self.rows[:count], self.labels[:count], strict=True):
                source, target = (None, trees) if label == 0 else (trees, None)
                quest = VeritasRobustnessSearch(row.astype(veritas.FloatT), START, source, target, silent=True)
                found.append(quest.search()[1:3])
            return found

        taken, bounds = timed(search)
        low, high = np.mean(np.array(bounds, dtype=float), axis=0)
        return {"seconds": taken, "peer_lower": float(low), "peer_mean": float(high)} | self.check(count)

    large = veritas

    def check(self, count: int) -> dict[str, Any]:
        """What XGBoost says here of the rows that our side wrote down."""
        return self._distances("ours", np.load(self.place / "ours.npy")[:count])

    def _distances(self, side: str, changed: Any) -> dict[str, Any]:
        flips = self.model.predict(changed) != self.labels[: len(changed)]
        away = np.abs(changed - self.rows[: len(changed)]).max(axis=1)
        return {
            f"{side}_flips": float(flips.mean()),
            f"{side}_mean": float(away.mean()),
            f"{side}_median": float(np.median(away)),
        }


def work(side: str, place: Path) -> None:
    """A worker: a line with a measure and a number of rows comes in, a line with what was found goes out.

    The peers' makes the models, so it starts first.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # peers print progress
    workers: dict[str, Any] = {
        name: Ours(place / name) if side == "ours" else Peer(place / name) for name in sorted(set(MODEL_OF.values()))
    }
    print(json.dumps({}), file=answers, flush=True)
    for line in sys.stdin:
        measure, count = line.split()
        print(json.dumps(getattr(workers[MODEL_OF[measure]], measure)(int(count))), file=answers, flush=True)


class Worker:
    """A worker's process, from outside."""

    def __init__(self, python: Path, side: str, place: Path) -> None:
        command = [str(python), __file__, "--worker", side, "--place", str(place)]
        said = subprocess.DEVNULL if side == "peer" else None  # they print progress and notes
        environment = os.environ | ONE_THREAD | ({"PYTHONPATH": str(PROJECT / "src")} if side == "ours" else {})
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True, env=environment
        )
        self._answer("the start")

    def ask(self, measure: str, count: int) -> dict[str, Any]:
        assert self.process.stdin
        self.process.stdin.write(f"{measure} {count}\n")
        self.process.stdin.flush()
        return self._answer(measure)

    def _answer(self, what: str) -> dict[str, Any]:
        assert self.process.stdout
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"the worker died at {what}")
        found: dict[str, Any] = json.loads(answer)
        return found

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


Turns = list[tuple[dict[str, Any], dict[str, Any]]]


def measure(plan: list[tuple[str, int]], rounds: int) -> dict[tuple[str, int], Turns]:
    """What both sides found, turn by turn; ours first, because the peer judges the rows that it writes down."""
    PLACE.mkdir(exist_ok=True)
    found: dict[tuple[str, int], Turns] = {task: [] for task in plan}
    with tempfile.TemporaryDirectory(dir=PLACE) as place:
        peer = Worker(peer_python("trees", *PEERS), "peer", Path(place))
        ours = Worker(Path(sys.executable), "ours", Path(place))
        for _ in range(rounds):
            for task in plan:
                found[task].append((ours.ask(*task), peer.ask(*task)))
        ours.close()
        peer.close()
    return found


def compare(task: tuple[str, int], turns: Turns) -> tuple[dict[str, float], dict[str, float]]:
    """Ratios and figures of one measure on one number of rows."""
    name, count = task
    peer = f"{PEER_OF[name]}.{count}_rows"
    seconds = [[turn[side]["seconds"] * 100 / count for turn in turns] for side in (0, 1)]
    speed = statistics.median(theirs / mine for mine, theirs in zip(*seconds, strict=True))
    ratios = {f"{peer}.speed": round(speed, 1)}
    figures = {f"{peer}.{who}_s_per_100": round(statistics.median(took), 4) for who, took in
               zip(("ours", "peer"), seconds, strict=True)}  # fmt: skip
    mine, theirs = turns[-1]
    if name == "certificate":
        ratios[f"{peer}.mean_bound"] = round(mine["mean"] / theirs["mean"], 4)
        return ratios, figures | {f"{peer}.ours_mean_bound": mine["mean"], f"{peer}.peer_mean_bound": theirs["mean"]}
    if theirs["ours_flips"] < 1 or theirs.get("peer_flips", 1.0) < 1:
        raise SystemExit(f"{peer}: some changed rows do not flip the library: {theirs}")
    for key in ("mean", "median"):
        if f"peer_{key}" in theirs:
            ratios[f"{peer}.{key}_linf"] = round(theirs[f"ours_{key}"] / theirs[f"peer_{key}"], 4)
    figures |= {f"{peer}.{key}": value for key, value in theirs.items() if key != "seconds"}
    if "peer_lower" in theirs:
        ratios[f"{peer}.mean_lower"] = round(mine["lower"] / theirs["peer_lower"], 4)
    return ratios, figures | {f"{peer}.ours_lower": mine["lower"], f"{peer}.ours_proved_minimal": mine["proved"]}


def summary(plan: list[tuple[str, int]], rounds: int) -> dict[str, Any]:
    ratios: dict[str, float] = {}
    figures: dict[str, float] = {"rounds": rounds}
    for task, turns in measure(plan, rounds).items():
        found = compare(task, turns)
        ratios |= found[0]
        figures |= found[1]
    return {"ratios": ratios, "figures": figures, "machine": machine()}


def table(found: dict[str, Any]) -> str:
    lines = [f"{name:32}{value:>14,}" for part in ("ratios", "figures") for name, value in found[part].items()]
    return "\n".join([*lines, str(found["machine"])])


def main() -> None:
    parser = argparse.ArgumentParser(description="Attack and certificate of trees against ART and Veritas.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clique", type=int, nargs="*", default=[20, 100], help="numbers of rows")
    parser.add_argument("--jump", type=int, nargs="*", default=[10, 100])
    parser.add_argument("--veritas", type=int, nargs="*", default=[30, 100], help="none leaves Veritas out")
    parser.add_argument("--large", type=int, nargs="*", default=[20], help="Veritas on the larger model")
    parser.add_argument("--worker", choices=["ours", "peer"], help=argparse.SUPPRESS)
    parser.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(options.worker, options.place)
        return
    counts = {"certificate": options.clique, "jump": options.jump}
    counts |= {"veritas": options.veritas, "large": options.large}
    found = summary([(name, count) for name, each in counts.items() for count in each], options.rounds)
    print(json.dumps(found) if options.json else table(found))


if __name__ == "__main__":
    main()
