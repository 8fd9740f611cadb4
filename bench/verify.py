"""Wrong labels and backdoors: ours beside cleanlab, kNN, PyOD, spectral signatures, activation clustering, in one run.

Run:      python bench/verify.py [--json] [--seeds 5] [--draws 32] [--clean 20] [--sets adult breast_cancer digits]
Data:     5,000 rows of Adult (HAUBERK_DATA), breast_cancer and digits (scikit-learn); labels flipped at random (5 %),
          from one class (5 %), and in one region (5 % of the rows, six in ten of one row's neighbours).
Compares: the ranking without trusted rows by AUROC and precision at k, k the number of flips; on Adult also the ranking
          and the flags with 1,000 trusted rows, and the realised false-discovery rate of the flags at q = 0.2 beside
          that of cleanlab's find_label_issues. Power differs much from draw to draw, so for random flips it is measured
          on `--draws` more, with its standard error; no setting was ever chosen on these.
Backdoors: see `_backdoors.py`; `--clean` draws of clean rows say how often an attack is confirmed that is none.
How:      the same rows and flips for all, peers in an environment of their own below `.bench/`, one thread. A ratio is
          the mean of ours over the mean of the peer over the seeds; of seconds likewise.
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

import _backdoors
import numpy as np
from _peers import PLACE, PROJECT, machine, peer_python

PEERS = ("cleanlab==2.9.0", "pyod==3.6.7", "lightgbm==4.7.0", "scikit-learn==1.9.1", "pandas==3.1.1", "numpy==2.4.6")
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
ATTACKS = (("random", 0.05), ("class", 0.05), ("region", 0.05))
ROWS, TRUSTED, Q = 5000, 1000, 0.2
FIRST_DRAW = 1000
"""Seed of the first of the draws on which the flags are measured: far from those that anything was tried on."""
DATA = Path(os.environ.get("HAUBERK_DATA", PROJECT / ".." / "shared" / "data"))


def load(name: str, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, list[int]]:
    """Rows, labels, trusted rows and labels (none but for Adult), and the number of categories of each column."""
    random = np.random.default_rng(seed)
    if name == "adult":
        rows, labels, counts = _adult()
        chosen = random.permutation(len(rows))
        train, trusted = chosen[:ROWS], chosen[ROWS : ROWS + TRUSTED]
        return rows[train], labels[train], rows[trusted], labels[trusted], counts
    from sklearn import datasets

    rows, labels = getattr(datasets, f"load_{name}")(return_X_y=True)
    none = np.empty(0, np.int64)
    return rows.astype(float), labels.astype(np.int64), np.empty((0, rows.shape[1])), none, [0] * rows.shape[1]


def _adult() -> tuple[np.ndarray, np.ndarray, list[int]]:
    from hauberk.data import CsvOptions, encode_labels, encode_rows, infer_schema, make_dataset, read_table

    names = (
        "age workclass fnlwgt education education_num marital_status occupation relationship race sex capital_gain "
        "capital_loss hours_per_week native_country income"
    )
    table = read_table(DATA / "adult" / "adult.data.gz", csv=CsvOptions(columns=tuple(names.split()), null=("", "?")))
    dataset = make_dataset(table, infer_schema(table, target="income"))
    counts = [len(feature.categories) for feature in dataset.schema.inputs]
    return encode_rows(dataset), encode_labels(dataset), counts


def flip(rows: np.ndarray, labels: np.ndarray, kind: str, rate: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The labels after the attack, and which were flipped."""
    random, count = np.random.default_rng([seed, 1]), round(rate * len(labels))
    classes, largest = int(labels.max()) + 1, np.flatnonzero(labels == np.bincount(labels).argmax())
    if kind == "random":
        chosen = random.permutation(len(labels))[:count]
    elif kind == "class":
        chosen = random.permutation(largest)[: min(count, int(0.45 * len(largest)))]
    else:
        spread = np.nan_to_num((rows - np.nanmean(rows, axis=0)) / np.maximum(np.nanstd(rows, axis=0), 1e-12))
        near = largest[((spread[largest] - spread[random.choice(largest)]) ** 2).sum(axis=1).argsort()]
        near = near[: int(count / 0.6)]
        chosen = random.permutation(near)[: min(count, len(near))]
    step = random.integers(1, classes, len(labels)) if kind == "random" else 1
    planted = np.isin(np.arange(len(labels)), chosen)
    return np.where(planted, (labels + step) % classes, labels).astype(np.int64), planted


def boosted(rows: np.ndarray, labels: np.ndarray, seed: int, counts: tuple[int, ...], classes: int) -> Any:
    """The built-in booster; `counts` are the categories of each column, 0 for a number."""
    from hauberk.models import TrainingSet, open_model
    from hauberk.models.builtin import fit_booster

    training = TrainingSet(
        rows=rows, labels=labels, weight=np.ones(len(rows)), names=tuple(f"f{i}" for i in range(rows.shape[1])),
        categorical=np.array(counts) > 0, category_counts=counts, monotone=np.zeros(rows.shape[1], np.int8),
        classes=tuple(map(str, range(classes))), seed=seed,
    )  # fmt: skip
    return open_model(fit_booster(training, trees=60, depth=4, learning_rate=0.1))


def work_backdoor_ours(place: Path) -> dict[str, Any]:
    def fit_predict(rows: np.ndarray, labels: np.ndarray, test_rows: np.ndarray) -> Any:
        return boosted(rows, labels, 0, (0,) * rows.shape[1], 2).predict(test_rows)

    return _backdoors.judge(np.load(place), fit_predict)


def work_backdoor_peer(place: Path) -> dict[str, Any]:
    return _backdoors.detect(np.load(place), {"spectral": _spectral, "activation_clustering": _backdoors.clusters})


def work_ours(place: Path, flags_only: bool = False) -> dict[str, Any]:
    from hauberk.verify import Pool, rank_rows

    data = np.load(place)
    rows, labels, counts = data["rows"], data["labels"], tuple(data["counts"].tolist())
    classes = int(labels.max()) + 1

    def learner(rows: np.ndarray, labels: np.ndarray, seed: int) -> Any:
        return boosted(rows, labels, seed, counts, classes)

    def pool(rows: np.ndarray, labels: np.ndarray) -> Pool:
        return Pool(rows=rows, labels=labels, classes=classes, category_counts=counts)

    out = {}
    if not flags_only:
        start = time.process_time()
        found = rank_rows(pool(rows, labels), learner, folds=5, q=Q, seed=int(data["seed"]))
        out = {"hauberk": {"score": found.score.tolist(), "seconds": time.process_time() - start}}
    if len(data["trusted_labels"]):
        start, trusted = time.process_time(), pool(data["trusted_rows"], data["trusted_labels"])
        found = rank_rows(pool(rows, labels), learner, folds=5, q=Q, seed=int(data["seed"]), trusted=trusted)
        seconds = time.process_time() - start
        flags = found.flagged.tolist()
        out["hauberk_trusted"] = {"score": found.score.tolist(), "seconds": seconds, "flagged": flags}
    return out


def work_flags_ours(place: Path) -> dict[str, Any]:
    return work_ours(place, flags_only=True)


def work_peer(place: Path) -> dict[str, Any]:
    import warnings

    import lightgbm
    from cleanlab.filter import find_label_issues
    from pyod.models.iforest import IForest
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.neighbors import NearestNeighbors
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    warnings.filterwarnings("ignore")
    data = np.load(place)
    rows, labels, seed = np.nan_to_num(data["rows"], nan=-1.0), data["labels"], int(data["seed"])
    every, out = np.arange(len(labels)), {}

    def tell(name: str, start: float, score: np.ndarray, **more: Any) -> None:
        out[name] = {"score": score.tolist(), "seconds": time.process_time() - start} | more

    start = time.process_time()
    model = lightgbm.LGBMClassifier(
        n_estimators=60, num_leaves=15, learning_rate=0.1, n_jobs=1, verbose=-1, random_state=seed
    )
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    scores = cross_val_predict(model, rows, labels, cv=folds, method="predict_proba")
    flagged = find_label_issues(labels, scores, n_jobs=1)
    tell("cleanlab", start, -scores[every, labels], flagged=flagged.tolist())
    start = time.process_time()
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    scores = cross_val_predict(linear, rows, labels, cv=folds, method="predict_proba")
    tell("cleanlab_linear", start, -scores[every, labels])
    start, spread = time.process_time(), StandardScaler().fit_transform(rows)
    near = NearestNeighbors(n_neighbors=11, n_jobs=1).fit(spread).kneighbors(spread, return_distance=False)[:, 1:]
    tell("knn", start, (labels[near] != labels[:, None]).mean(axis=1))
    start, score = time.process_time(), np.zeros(len(labels))
    for label in np.unique(labels):
        mine = labels == label
        score[mine] = IForest(random_state=seed).fit(rows[mine]).decision_scores_
    tell("pyod_iforest", start, score)
    start = time.process_time()
    network = MLPClassifier((64, 32), max_iter=40, random_state=seed).fit(spread, labels)
    layer = spread
    for weight, bias in zip(network.coefs_[:-1], network.intercepts_[:-1], strict=True):
        layer = np.maximum(layer @ weight + bias, 0)
    trained = time.process_time() - start
    for name, detector in (("spectral", _spectral), ("activation_clustering", _clusters)):
        start = time.process_time() - trained
        score = np.zeros(len(labels))
        for label in np.unique(labels):
            mine = labels == label
            score[mine] = detector(layer[mine], seed)
        tell(name, start, score)
    return out


def _spectral(layer: np.ndarray, seed: int) -> np.ndarray:  # noqa: ARG001 - called like the other
    """Tran, Li, Madry 2018: squared projection on the first singular vector of a class."""
    centred = layer - layer.mean(axis=0)
    return (centred @ np.linalg.svd(centred, full_matrices=False)[2][0]) ** 2


def _clusters(layer: np.ndarray, seed: int) -> np.ndarray:
    """Chen et al. 2018: the smaller of two clusters of a class; nearer its centre is more suspicious."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA

    low = PCA(min(10, *layer.shape), random_state=seed).fit_transform(layer)
    found = KMeans(2, n_init=5, random_state=seed).fit(low)
    small = np.bincount(found.labels_, minlength=2).argmin()
    distance = np.linalg.norm(low - found.cluster_centers_[small], axis=1)
    share = (found.labels_ == small).mean()
    return np.where(found.labels_ == small, 1.5 - share, 0.0) - 1e-3 * distance / (1 + distance)


def figures_of(found: dict[str, Any], planted: np.ndarray) -> dict[str, float]:
    """AUROC, precision at k, seconds, and of flags the realised false-discovery rate and the power."""
    score = np.array(found["score"])
    _, group = np.unique(score, return_inverse=True)
    size = np.bincount(group)
    rank = (np.cumsum(size) - (size - 1) / 2)[group]
    hits = int(planted.sum())
    auroc = (rank[planted].sum() - hits * (hits + 1) / 2) / (hits * (len(planted) - hits))
    figures = {"auroc": float(auroc), "seconds": found["seconds"]}
    figures["precision_at_k"] = float(planted[np.argsort(-score, kind="stable")[:hits]].mean())
    if "flagged" in found:
        flagged = np.array(found["flagged"])
        figures["fdr"] = float((flagged & ~planted).sum() / max(1, flagged.sum()))
        figures["power"] = float(flagged[planted].mean())
    return figures


def ask(python: Path, side: str, place: Path) -> dict[str, Any]:
    environment = os.environ | ONE_THREAD | ({"PYTHONPATH": str(PROJECT / "src")} if side.endswith("ours") else {})
    said = subprocess.DEVNULL if side.endswith("peer") else None
    command = [str(python), __file__, "--worker", side, "--place", str(place)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=said, text=True, env=environment, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def leave(place: Path, name: str, kind: str, rate: float, seed: int) -> np.ndarray:
    """Leave a task for the workers; which labels are flipped in it."""
    rows, right, trusted_rows, trusted_labels, counts = load(name, seed)
    labels, planted = flip(rows, right, kind, rate, seed)
    trusted = {"trusted_rows": trusted_rows, "trusted_labels": trusted_labels}
    np.savez(place, rows=rows, labels=labels, counts=counts, seed=seed, **trusted)
    return planted


def measure(sets: list[str], seeds: int) -> dict[tuple[str, str], dict[str, list[dict[str, float]]]]:
    """What each method came to, seed by seed."""
    PLACE.mkdir(exist_ok=True)
    python = peer_python("verify", *PEERS)
    found: dict[tuple[str, str], dict[str, list[dict[str, float]]]] = {}
    with tempfile.TemporaryDirectory(dir=PLACE) as folder:
        place = Path(folder) / "task.npz"
        for name in sets:
            for kind, rate in ATTACKS:
                for seed in range(seeds):
                    planted = leave(place, name, kind, rate, seed)
                    answers = ask(Path(sys.executable), "ours", place) | ask(python, "peer", place)
                    for method, answer in answers.items():
                        cell = found.setdefault((name, kind), {})
                        cell.setdefault(method, []).append(figures_of(answer, planted))
                print(f"{name} {kind} done", file=sys.stderr)
    return found


def measure_flags(draws: int) -> dict[str, float]:
    """Power and realised false-discovery rate of our flags on Adult with random flips, with standard errors."""
    (kind, rate), found = ATTACKS[0], []
    with tempfile.TemporaryDirectory(dir=PLACE) as folder:
        place = Path(folder) / "task.npz"
        for seed in range(FIRST_DRAW, FIRST_DRAW + draws):
            planted = leave(place, "adult", kind, rate, seed)
            found.append(figures_of(ask(Path(sys.executable), "flags-ours", place)["hauberk_trusted"], planted))
            print(f"flags {len(found)} of {draws}", file=sys.stderr)
    figures: dict[str, float] = {f"flags.adult.{kind}.draws": draws}
    for key in ("power", "fdr"):
        each = np.array([one[key] for one in found])
        figures[f"flags.adult.{kind}.{key}"] = round(float(each.mean()), 4)
        figures[f"flags.adult.{kind}.{key}_standard_error"] = round(float(each.std(ddof=1) / draws**0.5), 4)
    return figures


def measure_backdoors(sets: list[str], seeds: int, clean: int) -> tuple[dict[str, float], dict[str, float]]:
    python = peer_python("verify", *PEERS)
    with tempfile.TemporaryDirectory(dir=PLACE) as folder:
        place = Path(folder) / "task.npz"

        def work(side: str) -> dict[str, Any]:
            return ask(python if side.endswith("peer") else Path(sys.executable), side, place)

        return _backdoors.measure(sets, seeds, clean, place, lambda name, seed: load(name, seed)[:2], work)


def summary(sets: list[str], seeds: int, draws: int, clean: int) -> dict[str, Any]:
    ratios: dict[str, float] = {}
    figures: dict[str, float] = {"seeds": seeds}
    for (name, kind), cell in measure(sets, seeds).items():
        means = {
            method: {key: float(np.mean([one[key] for one in each])) for key in each[0]}
            for method, each in cell.items()
        }
        ours = means["hauberk"]
        for method, mean in means.items():
            figures |= {f"{name}.{kind}.{method}.{key}": round(value, 4) for key, value in mean.items()}
            if not method.startswith("hauberk"):
                for key in ("auroc", "precision_at_k", "seconds"):
                    ratios[f"{name}.{kind}.{method}.{key}"] = round(ours[key] / max(mean[key], 1e-3), 3)
        if "hauberk_trusted" in means:
            rate = means["hauberk_trusted"]["fdr"] / max(means["cleanlab"]["fdr"], 1e-3)
            ratios[f"{name}.{kind}.cleanlab.fdr_of_trusted_flags"] = round(rate, 3)
    if "adult" in sets and draws > 1:
        figures |= measure_flags(draws)
    found = measure_backdoors(sets, seeds, clean)
    return {"ratios": ratios | found[0], "figures": figures | found[1], "machine": machine()}


def table(found: dict[str, Any]) -> str:
    lines = [f"{name:56}{value:>12,}" for part in ("ratios", "figures") for name, value in found[part].items()]
    return "\n".join([*lines, str(found["machine"])])


WORKERS = {
    "ours": work_ours,
    "flags-ours": work_flags_ours,
    "peer": work_peer,
    "backdoor-ours": work_backdoor_ours,
    "backdoor-peer": work_backdoor_peer,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Wrong labels and backdoors, ours beside the peers.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--draws", type=int, default=32)
    parser.add_argument("--sets", nargs="+", default=["adult", "breast_cancer", "digits"])
    parser.add_argument("--clean", type=int, default=20)
    parser.add_argument("--worker", choices=list(WORKERS), help=argparse.SUPPRESS)
    parser.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        print(json.dumps(WORKERS[options.worker](options.place)))
        return
    found = summary(options.sets, options.seeds, options.draws, options.clean)
    print(json.dumps(found) if options.json else table(found))


if __name__ == "__main__":
    main()
