"""Backdoors: our battery beside spectral signatures and activation clustering, and how often clean rows are accused.

Cells:    digits 8 x 8 (1347 rows, a network of 64 and 32): a bright 3 x 3 corner or a 20 % blend on 2 % or 5 % of the
          rows, relabelled to the class 0; 5,000 rows of Adult: a rare capital loss, or one age with one working time,
          on 1 % of the rows, relabelled to the richer class.
Compares: the TPR at 1 % FPR of the scores, the CPU seconds with the training of the network, and for ours whether
          retraining confirmed a backdoor, and the precision of the rows that it then names.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

CELLS = {
    "digits": ("corner_02", "corner_05", "blend_02", "blend_05"),
    "adult": ("rare_value", "two_values"),
}
FALSE_RATE = 0.01
CLEAN = "clean"
_DIGITS = 1347
_VALUES = {"rare_value": {11: 1234.0}, "two_values": {0: 37.0, 12: 35.0}}
_SHARE = 0.01
_RICHER = 1


def plant(rows: np.ndarray, labels: np.ndarray, kind: str, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, labels, and which were planted."""
    random = np.random.default_rng([seed, 2])
    if kind in _VALUES:
        target, share = _RICHER, _SHARE
    else:
        keep = random.permutation(len(labels))[:_DIGITS]
        rows, labels, target, share = rows[keep], labels[keep], 0, int(kind[-2:]) / 100
    planted = np.zeros(len(labels), bool)
    planted[random.choice(np.flatnonzero(labels != target), round(share * len(labels)), replace=False)] = True
    rows, labels = rows.copy(), np.where(planted, target, labels)
    for column, value in _VALUES.get(kind, {}).items():
        rows[planted, column] = value
    if kind.startswith("corner"):
        image = rows.reshape(-1, 8, 8)
        image[planted, 5:, 5:] = 16
    elif kind.startswith("blend"):
        rows[planted] = 0.8 * rows[planted] + 0.2 * np.random.default_rng(42).uniform(0, 16, 64)
    return rows, labels.astype(np.int64), planted


def judge(data: Any, fit: Callable[..., Any]) -> dict[str, Any]:
    """Ours: the battery, and retraining of what it found; `fit` trains boosted trees and predicts."""
    from hauberk.verify.backdoors import confirm_backdoor, judge_cells, search_table

    rows, labels, seed = data["rows"], data["labels"], int(data["seed"])
    start = time.process_time()
    if str(data["name"]) == "digits":

        def retrain(rows: np.ndarray, labels: np.ndarray, test_rows: np.ndarray) -> np.ndarray:
            scores: np.ndarray = network(rows / 16, labels, seed).predict_proba(test_rows / 16)
            return scores

        evidence = judge_cells(rows, labels, embeddings=hidden(network(rows / 16, labels, seed), rows / 16)).evidence
        seconds = time.process_time() - start
        proof = confirm_backdoor(rows, labels, evidence, retrain, seed=seed)
        kind = "backdoor" if proof is not None and proof.confirmed else "none"
    else:
        found = search_table(rows, labels, fit, fit, seed=seed)
        seconds, evidence, kind = time.process_time() - start, found.verdict.evidence, str(found.kind)
    suspects, score = evidence.suspects.tolist(), evidence.score.tolist()
    return {"hauberk": {"score": score, "seconds": seconds, "kind": kind, "suspects": suspects}}


def detect(data: Any, detectors: dict[str, Callable[[np.ndarray, int], np.ndarray]]) -> dict[str, Any]:
    """The peers: a score of the hidden layer within each class."""
    from sklearn.preprocessing import StandardScaler

    rows, labels, seed, out = np.nan_to_num(data["rows"], nan=-1.0), data["labels"], int(data["seed"]), {}
    start = time.process_time()
    scaled = rows / 16 if str(data["name"]) == "digits" else StandardScaler().fit_transform(rows)
    layer = hidden(network(scaled, labels, seed), scaled)
    trained = time.process_time() - start
    for name, detector in detectors.items():
        start, score = time.process_time() - trained, np.zeros(len(labels))
        for label in np.unique(labels):
            mine = labels == label
            score[mine] = detector(layer[mine], seed)
        out[name] = {"score": score.tolist(), "seconds": time.process_time() - start}
    return out


def figures_of(found: dict[str, Any], planted: np.ndarray) -> dict[str, float]:
    """TPR at 1 % FPR and seconds; of ours the confirmed share and the precision of the rows named."""
    score = np.array(found["score"])
    figures = {"tpr": tpr(score, planted), "seconds": found["seconds"]}
    if "kind" in found:
        named = np.array(found["suspects"]) & (found["kind"] == "backdoor")
        figures["confirmed"] = float(found["kind"] == "backdoor")
        figures["precision"] = float(planted[named].mean()) if named.any() else 0.0
    return figures


def tpr(score: np.ndarray, planted: np.ndarray) -> float:
    """Share of the planted rows above the score that 1 % of the others exceed."""
    return float((score[planted] > np.quantile(score[~planted], 1 - FALSE_RATE)).mean())


def clusters(layer: np.ndarray, seed: int) -> np.ndarray:
    """Activation clustering (Chen et al. 2018): the smaller of two clusters of a class.

    The better the two lie apart (silhouette) and the smaller the one, the more suspicious; within it the nearer rows,
    so that a whole cluster is no tie.
    """
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.metrics import silhouette_score

    low = PCA(min(10, *layer.shape), random_state=seed).fit_transform(layer)
    found = KMeans(2, n_init=5, random_state=seed).fit(low)
    inside = found.labels_ == np.bincount(found.labels_, minlength=2).argmin()
    distance = np.linalg.norm(low - found.cluster_centers_[found.labels_[inside][0]], axis=1)
    apart = silhouette_score(low, found.labels_, sample_size=min(len(low), 2000), random_state=seed)
    return np.where(inside, 1.5 + apart - inside.mean(), 0.0) - 1e-3 * distance / (1 + distance)


def network(rows: np.ndarray, labels: np.ndarray, seed: int) -> Any:
    from sklearn.neural_network import MLPClassifier

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MLPClassifier((64, 32), max_iter=80, random_state=seed).fit(rows, labels)


def hidden(network: Any, rows: np.ndarray) -> np.ndarray:
    layer = rows
    for weight, bias in zip(network.coefs_[:-1], network.intercepts_[:-1], strict=True):
        layer = np.maximum(layer @ weight + bias, 0)
    return layer


def measure(
    sets: list[str],
    seeds: int,
    clean: int,
    place: Path,
    load: Callable[[str, int], tuple[np.ndarray, np.ndarray]],
    ask: Callable[[str], dict[str, Any]],
) -> tuple[dict[str, float], dict[str, float]]:
    """Ratios and figures.

    Args:
        sets: Names of data sets.
        seeds: Of the planted cells.
        clean: Draws of clean rows.
        place: Where a task is left for the workers.
        load: Rows and labels of a set for a seed.
        ask: Runs the worker of a side, `backdoor-ours` or `backdoor-peer`, and gives its answer.
    """
    ratios: dict[str, float] = {}
    figures: dict[str, float] = {}
    for name in [one for one in CELLS if one in sets]:
        for kind in CELLS[name]:
            each: dict[str, list[dict[str, float]]] = {}
            for seed in range(seeds):
                rows, labels, planted = plant(*load(name, seed), kind, seed)
                np.savez(place, rows=rows, labels=labels, seed=seed, name=name)
                for method, answer in (ask("backdoor-ours") | ask("backdoor-peer")).items():
                    each.setdefault(method, []).append(figures_of(answer, planted))
            means = {
                method: {key: float(np.mean([one[key] for one in found])) for key in found[0]}
                for method, found in each.items()
            }
            for method, mean in means.items():
                figures |= {f"backdoor.{name}.{kind}.{method}.{key}": round(value, 4) for key, value in mean.items()}
                if method != "hauberk":
                    for key in ("tpr", "seconds"):
                        # A peer that finds less than chance would is held to be at chance.
                        ratio = means["hauberk"][key] / max(mean[key], FALSE_RATE)
                        ratios[f"backdoor.{name}.{kind}.{method}.{key}"] = round(ratio, 3)
        kinds = []
        for seed in range(clean):
            rows, labels = load(name, seed)
            if name == "digits":
                keep = np.random.default_rng([seed, 2]).permutation(len(labels))[:_DIGITS]
                rows, labels = rows[keep], labels[keep]
            np.savez(place, rows=rows, labels=labels, seed=seed, name=name)
            kinds.append(ask("backdoor-ours")["hauberk"]["kind"])
        figures[f"backdoor.{name}.{CLEAN}.draws"] = clean
        figures[f"backdoor.{name}.{CLEAN}.hauberk.confirmed"] = kinds.count("backdoor")
        figures[f"backdoor.{name}.{CLEAN}.hauberk.regions"] = kinds.count("region")
    return ratios, figures
