"""Training of networks against an attacker: what each recipe costs, and what it is worth.

Run:      python bench/harden.py [--json] [--rounds 3] [--epochs 30] [--seeds 3]
Model:    the digits of scikit-learn (8 x 8), 797 rows to train on and 1,000 to measure with; two convolutions.
Compares: N-FGSM, PGD-7 and PGD-7 with AWP with training on the rows as they are, in one process and one thread: CPU
          seconds of ten epochs, in turns, the median of the ratios; then clean accuracy and accuracy under PGD of 40
          steps of 0.01 at Linf 0.1 (two starts, the lower counts) after a whole training, the mean over the seeds. The
          peer is plain training, and PGD-7 for what N-FGSM is worth.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from typing import Any

import numpy as np
from _peers import machine
from networks import LAYERS, digits

EPS, STEP, STEPS = 0.1, 0.01, 40
RATE = 5e-3
TIMED = 10
"""Epochs of which the time is taken; a training is watched with about a tenth of its work."""


def recipes() -> dict[str, Any]:
    """By name."""
    from hauberk.harden.network_recipe import N_FGSM, PGD_7, PGD_7_AWP, PLAIN_NETWORK

    return {"plain": PLAIN_NETWORK, "n_fgsm": N_FGSM, "pgd7": PGD_7, "pgd7_awp": PGD_7_AWP}


def train(recipe: Any, data: tuple[Any, Any], epochs: int, seed: int) -> Any:
    """The network."""
    from hauberk.attack.evasion.ball import Ball, Norm
    from hauberk.harden.torch_train import train_network
    from hauberk.harden.trained_network import TrainingPlan

    plan = TrainingPlan(epochs=epochs, rate=RATE, average=0.99 if epochs > 10 else 0.0, held=0.0)
    ball = Ball(norm=Norm.LINF, eps=EPS, low=np.zeros(64), high=np.ones(64))
    return train_network(
        LAYERS, *data, classes=tuple("0123456789"), shape=(1, 8, 8), ball=ball, recipe=recipe, plan=plan, seed=seed,
        threads=1,
    )  # fmt: skip


def robust(module: Any, rows: Any, labels: Any, seed: int) -> float:
    """Accuracy under a plain PGD loop."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    x = torch.from_numpy(rows.astype(np.float32)).reshape(-1, 1, 8, 8)
    y = torch.from_numpy(labels)
    found = []
    for _ in range(2):
        made = (x + torch.empty_like(x).uniform_(-EPS, EPS, generator=generator)).clamp(0, 1)
        for _ in range(STEPS):
            made = made.detach().requires_grad_(True)
            loss = torch.nn.functional.cross_entropy(module(made), y, reduction="sum")
            (slope,) = torch.autograd.grad(loss, made)
            made = torch.min(torch.max(made.detach() + STEP * slope.sign(), x - EPS), x + EPS).clamp(0, 1)
        found.append(float((module(made).argmax(dim=1) == y).float().mean()))
    return min(found)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Ratios and figures."""
    import torch

    torch.set_num_threads(1)
    train_rows, train_labels, rows, labels = digits()
    data, every = (train_rows, train_labels), recipes()
    turns: dict[str, list[float]] = {name: [] for name in every if name != "plain"}
    train(every["plain"], data, 1, 0)  # loads what is loaded once
    for seed in range(options.rounds):
        seconds = {}
        for name, recipe in every.items():
            start = time.process_time()
            train(recipe, data, TIMED, seed)
            seconds[name] = time.process_time() - start
        for name, ratio in turns.items():
            ratio.append(seconds[name] / seconds["plain"])
    figures: dict[str, float] = {"rounds": options.rounds, "epochs": options.epochs, "seeds": options.seeds}
    for name, recipe in every.items():
        trained = [train(recipe, data, options.epochs, seed) for seed in range(options.seeds)]
        clean = [float((one.model.predict(rows).argmax(axis=1) == labels).mean()) for one in trained]
        stands = [robust(one.model.network.requires_grad_(False), rows, labels, 0) for one in trained]
        figures[f"{name}.clean"] = round(statistics.mean(clean), 4)
        figures[f"{name}.robust"] = round(statistics.mean(stands), 4)
        figures[f"{name}.alarms"] = sum(len(one.alarms) for one in trained)
    ratios = {f"plain.{name}.seconds": round(statistics.median(ratio), 2) for name, ratio in turns.items()}
    ratios["pgd7.n_fgsm.robust"] = round(figures["n_fgsm.robust"] / figures["pgd7.robust"], 4)
    return {"ratios": ratios, "figures": figures, "machine": machine()}


def main() -> None:
    parser = argparse.ArgumentParser(description="Recipes of training networks: cost and worth.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=3)
    found = measure(parser.parse_args())
    if parser.parse_args().json:
        print(json.dumps(found))
        return
    for part in ("ratios", "figures"):
        for name, value in found[part].items():
            print(f"{name:28}{value:>10,}")
    print(found["machine"])


if __name__ == "__main__":
    main()
