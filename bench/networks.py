"""Attacks on networks against ART 1.20.1, Foolbox 3.3.4, torchattacks 3.5.1 and a plain PGD loop, in one run.

Run:      python bench/networks.py [--json] [--rounds 3] [--rows 1000] [--auto 100] [--jump 50]
Models:   a small convolutional network on the digits of scikit-learn (8 x 8), trained plainly and against PGD-7.
Compares: at Linf 0.1: our quick attack (the first member of the cascade) with PGD of 40 steps of 0.01 as a plain loop,
          in ART (its default batches of 32), in Foolbox and in torchattacks; our full cascade with torchattacks'
          AutoAttack, in Linf and L2 (0.5). Foreign: HopSkipJump of ART and Foolbox and both PGDs may beat no row that
          our certificate (CROWN) covers at Linf 0.03, and none of all attacks may leave fewer rows standing than our
          cascade by more than one point; else the bench fails.
How:      two processes, ours and the peers' in an environment of its own below `.bench/`, take turns measure by measure
          on the same weights and rows, with one thread. Times are CPU seconds; a ratio is the median over the turns of
          ours over the peer's of the same turn.
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
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from _peers import PLACE, machine, peer_python

PEERS = (
    "torch==2.13.0", "torchvision==0.28.0", "numpy==2.4.6", "scipy==1.17.1", "scikit-learn==1.9.1",
    "adversarial-robustness-toolbox==1.20.1", "packaging==26.3", "foolbox==3.3.4", "eagerpy==0.30.0",
    "torchattacks==3.5.1",
)  # fmt: skip
EPS, STEP, STEPS = 0.1, 0.01, 40
L2 = 0.5
CERTIFIED = 0.03
MODELS = ("plain", "pgd7")
FAST = ("loop", "art", "foolbox", "torchattacks")
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
LAYERS = (
    {"type": "Conv2d", "in_channels": 1, "out_channels": 16, "kernel_size": 3, "padding": 1},
    {"type": "ReLU"},
    {"type": "Conv2d", "in_channels": 16, "out_channels": 32, "kernel_size": 3, "stride": 2, "padding": 1},
    {"type": "ReLU"},
    {"type": "Flatten"},
    {"type": "Linear", "in_features": 512, "out_features": 64},
    {"type": "ReLU"},
    {"type": "Linear", "in_features": 64, "out_features": 10},
)


def digits() -> tuple[Any, Any, Any, Any]:
    """797 rows to train on and 1,000 to attack, (n, 64) from 0 to 1, with their labels."""
    from sklearn.datasets import load_digits

    rows, labels = load_digits(return_X_y=True)
    order = np.random.RandomState(0).permutation(len(rows))
    rows, labels = (rows[order] / 16).astype(np.float32).astype(float), labels[order].astype(np.int64)
    return rows[:797], labels[:797], rows[797:1797], labels[797:1797]


class Ours:
    """Our side of each measure; the first turn trains the models and writes their weights."""

    def __init__(self, place: Path) -> None:
        import torch

        from hauberk.attack.evasion.ball import Ball, Norm
        from hauberk.harden.network_recipe import PGD_7, PLAIN_NETWORK
        from hauberk.harden.torch_train import train_network
        from hauberk.harden.trained_network import TrainingPlan

        torch.set_num_threads(1)
        train, codes, self.rows, self.labels = digits()
        ends = {"low": np.zeros(64), "high": np.ones(64)}
        self.balls = {
            "linf": Ball(norm=Norm.LINF, eps=EPS, **ends),
            "l2": Ball(norm=Norm.L2, eps=L2, **ends),
            "certified": Ball(norm=Norm.LINF, eps=CERTIFIED, **ends),
        }
        self.models = {}
        for name, recipe in zip(MODELS, (PLAIN_NETWORK, PGD_7), strict=True):
            trained = train_network(
                LAYERS, train, codes, classes=tuple("0123456789"), shape=(1, 8, 8), ball=self.balls["linf"],
                recipe=recipe, plan=TrainingPlan(epochs=30), seed=0, threads=1,
            )  # fmt: skip
            self.models[name] = trained.model
            state = {key: value.numpy() for key, value in trained.model.network.state_dict().items()}
            np.savez(place / f"{name}.npz", **state)
        np.savez(place / "rows.npz", rows=self.rows, labels=self.labels)

    def attack(self, model: str, ball: str, count: int, effort: str) -> dict[str, Any]:
        """Rows that stand, and the time."""
        from hauberk.attack import QUICK, STANDARD
        from hauberk.attack.evasion.torch_cascade import attack_network

        start = time.process_time()
        found = attack_network(
            self.models[model], self.rows[:count], self.labels[:count], self.balls[ball],
            effort={"quick": QUICK, "standard": STANDARD}[effort],
        )  # fmt: skip
        taken = time.process_time() - start
        return {"seconds": taken, "stands": (~found.success).tolist()}

    def certify(self, model: str, count: int) -> dict[str, Any]:
        """Rows that no attack may beat at the certified radius, and those that our cascade beats there."""
        from hauberk.attack.evasion.torch_cascade import attack_network
        from hauberk.harden.torch_certify import certify_network

        part = self.rows[:count], self.labels[:count], self.balls["certified"]
        found = certify_network(self.models[model], *part)
        stands = ~attack_network(self.models[model], *part).success
        return {"seconds": 0.0, "certified": found.certified.tolist(), "stands": stands.tolist()}


class Theirs:
    """The peers' side."""

    def __init__(self, place: Path) -> None:
        import torch
        from torch import nn

        warnings.filterwarnings("ignore")
        torch.set_num_threads(1)
        torch.manual_seed(0)
        self.torch, self.ball, self.eps = torch, "linf", EPS
        with np.load(place / "rows.npz") as file:
            self.rows = file["rows"].astype(np.float32).reshape(-1, 1, 8, 8)
            self.labels = file["labels"]
        self.models = {}
        for name in MODELS:
            module = nn.Sequential(
                nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(),
                nn.Flatten(), nn.Linear(512, 64), nn.ReLU(), nn.Linear(64, 10),
            )  # fmt: skip
            with np.load(place / f"{name}.npz") as file:
                module.load_state_dict({key: torch.from_numpy(file[key]) for key in file.files})
            self.models[name] = module.eval().requires_grad_(False)

    def attack(self, model: str, ball: str, count: int, attack: str) -> dict[str, Any]:
        """Rows that stand, and the time."""
        rows, labels = self.rows[:count], self.labels[:count]
        self.ball, self.eps = ball, {"linf": EPS, "l2": L2, "certified": CERTIFIED}[ball]
        start = time.process_time()
        made = getattr(self, f"_{attack}")(self.models[model], rows, labels)
        taken = time.process_time() - start
        return {"seconds": taken, "stands": self._stands(self.models[model], rows, labels, made)}

    def _stands(self, module: Any, rows: Any, labels: Any, made: Any) -> list[bool]:
        """What lies outside of the ball does not count as beaten."""
        made = np.asarray(made, np.float32).reshape(rows.shape)
        step = (made - rows).reshape(len(rows), -1)
        size = np.linalg.norm(step, axis=1) if self.ball == "l2" else np.abs(step).max(axis=1)
        inside = (size <= self.eps * (1 + 1e-4)) & (made >= 0).all(axis=(1, 2, 3)) & (made <= 1).all(axis=(1, 2, 3))
        codes = module(self.torch.from_numpy(made)).argmax(dim=1).numpy()
        before = module(self.torch.from_numpy(rows)).argmax(dim=1).numpy()
        return ((before == labels) & ~(inside & (codes != labels))).tolist()

    def _loop(self, module: Any, rows: Any, labels: Any) -> Any:
        torch = self.torch
        x, y = torch.from_numpy(rows), torch.from_numpy(labels)
        made = (x + torch.empty_like(x).uniform_(-self.eps, self.eps)).clamp(0, 1)
        for _ in range(STEPS):
            made = made.detach().requires_grad_(True)
            loss = torch.nn.functional.cross_entropy(module(made), y, reduction="sum")
            (slope,) = torch.autograd.grad(loss, made)
            made = torch.min(torch.max(made.detach() + self.eps / 10 * slope.sign(), x - self.eps), x + self.eps).clamp(
                0, 1
            )
        return made.detach().numpy()

    def _classifier(self, module: Any) -> Any:
        from art.estimators.classification import PyTorchClassifier

        loss = self.torch.nn.CrossEntropyLoss()
        module[0].register_forward_pre_hook(lambda _, given: (given[0].float(),))  # HopSkipJump hands over float64
        return PyTorchClassifier(
            model=module, loss=loss, input_shape=(1, 8, 8), nb_classes=10, clip_values=(0, 1), device_type="cpu"
        )

    def _art(self, module: Any, rows: Any, labels: Any) -> Any:
        from art.attacks.evasion import ProjectedGradientDescent

        attack = ProjectedGradientDescent(
            self._classifier(module), norm=np.inf, eps=self.eps, eps_step=self.eps / 10, max_iter=STEPS,
            num_random_init=1, verbose=False,
        )  # fmt: skip
        return attack.generate(rows, np.eye(10, dtype=np.float32)[labels])

    def _foolbox(self, module: Any, rows: Any, labels: Any) -> Any:
        import foolbox

        model = foolbox.PyTorchModel(module, bounds=(0, 1), device="cpu")
        attack = foolbox.attacks.LinfPGD(abs_stepsize=self.eps / 10, steps=STEPS, random_start=True)
        criterion = foolbox.criteria.Misclassification(self.torch.from_numpy(labels))
        return attack(model, self.torch.from_numpy(rows), criterion, epsilons=self.eps)[1].numpy()

    def _torchattacks(self, module: Any, rows: Any, labels: Any) -> Any:
        import torchattacks

        attack = torchattacks.PGD(module, eps=self.eps, alpha=self.eps / 10, steps=STEPS, random_start=True)
        return attack(self.torch.from_numpy(rows), self.torch.from_numpy(labels)).detach().numpy()

    def _auto(self, module: Any, rows: Any, labels: Any) -> Any:
        import torchattacks

        norm = {"linf": "Linf", "l2": "L2"}[self.ball]
        attack = torchattacks.AutoAttack(module, norm=norm, eps=self.eps, version="standard", n_classes=10, seed=0)
        return attack(self.torch.from_numpy(rows), self.torch.from_numpy(labels)).detach().numpy()

    def _art_jump(self, module: Any, rows: Any, labels: Any) -> Any:
        from art.attacks.evasion import HopSkipJump

        np.random.seed(0)
        attack = HopSkipJump(self._classifier(module), norm=np.inf, max_iter=20, max_eval=2000, verbose=False)
        return attack.generate(rows, np.eye(10, dtype=np.float32)[labels])

    def _foolbox_jump(self, module: Any, rows: Any, labels: Any) -> Any:
        import foolbox

        model = foolbox.PyTorchModel(module, bounds=(0, 1), device="cpu")
        attack = foolbox.attacks.HopSkipJumpAttack(steps=20, max_gradient_eval_steps=2000, constraint="linf")
        criterion = foolbox.criteria.Misclassification(self.torch.from_numpy(labels))
        made, _, _ = attack(model, self.torch.from_numpy(rows), criterion, epsilons=None)
        return made.numpy()


class Worker:
    """One side in a process of its own."""

    def __init__(self, python: Path, side: str, place: Path) -> None:
        words = [str(python), __file__, "--worker", side, "--place", str(place)]
        environment = os.environ | ONE_THREAD
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self._answer()

    def ask(self, *words: object) -> dict[str, Any]:
        """What came of one measure."""
        assert self.process.stdin is not None
        print(json.dumps(words), file=self.process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise SystemExit(f"a side of the bench ended with {self.process.wait()}")

    def close(self) -> None:
        """Let it end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=60)


def work(side: str, place: Path) -> None:
    """Answer measures until the input ends."""
    mine = Ours(place) if side == "ours" else Theirs(place)
    print("{}", flush=True)
    for line in sys.stdin:
        name, *words = json.loads(line)
        print(json.dumps(getattr(mine, name)(*words)), flush=True)


def share(found: dict[str, Any]) -> float:
    return round(float(np.mean(found["stands"])), 4)


class Bench:
    """Both sides, and what was found so far."""

    def __init__(self, options: argparse.Namespace, place: Path) -> None:
        self.options, self.wrong = options, set[str]()
        self.ratios: dict[str, float] = {}
        self.figures: dict[str, float] = {
            "rounds": options.rounds, "rows": options.rows, "autoattack_rows": options.auto, "jump_rows": options.jump
        }  # fmt: skip
        self.ours = Worker(Path(sys.executable), "ours", place)
        self.peer = Worker(peer_python("networks", *PEERS), "peer", place)

    def speeds(self, model: str) -> None:
        """Our quick attack against PGD of 40 steps, and whether any of it gets below the cascade."""
        rows = self.options.rows
        whole = self.ours.ask("attack", model, "linf", rows, "standard")
        least = self.figures[f"{model}.cascade_robust"] = share(whole)
        self.figures[f"{model}.cascade_s"] = round(whole["seconds"], 3)
        turns: dict[str, list[float]] = {name: [] for name in FAST}
        for _ in range(self.options.rounds):
            quick = self.ours.ask("attack", model, "linf", rows, "quick")
            self.figures[f"{model}.quick_robust"] = share(quick)
            for name in FAST:
                theirs = self.peer.ask("attack", model, "linf", rows, name)
                turns[name].append(quick["seconds"] / theirs["seconds"])
                self.figures[f"{model}.{name}_robust"] = share(theirs)
                if share(theirs) < least - 0.01:
                    self.wrong.add(f"{name} leaves fewer rows of {model} than the cascade")
        self.ratios |= {f"{name}.{model}.seconds": round(statistics.median(taken), 3) for name, taken in turns.items()}

    def auto(self, model: str, ball: str) -> None:
        """Our cascade against AutoAttack."""
        turns = []
        for _ in range(self.options.rounds):
            mine = self.ours.ask("attack", model, ball, self.options.auto, "standard")
            auto = self.peer.ask("attack", model, ball, self.options.auto, "auto")
            turns.append(mine["seconds"] / auto["seconds"])
        self.ratios[f"autoattack.{model}.{ball}.seconds"] = round(statistics.median(turns), 3)
        self.figures |= {f"{model}.{ball}.ours": share(mine), f"{model}.{ball}.autoattack": share(auto)}
        if share(mine) > share(auto):
            self.wrong.add(f"AutoAttack leaves fewer rows of {model} in {ball} than the cascade")

    def foreign(self, model: str) -> None:
        """What nobody may beat."""
        proof = self.ours.ask("certify", model, self.options.jump)
        certified = np.array(proof["certified"])
        self.figures[f"{model}.certified"] = round(float(certified.mean()), 4)
        for name in ("art_jump", "foolbox_jump", "art", "foolbox"):
            stands = np.array(self.peer.ask("attack", model, "certified", self.options.jump, name)["stands"])
            self.figures[f"{model}.{name}.beaten_certified"] = int((certified & ~stands).sum())
            if (certified & ~stands).any():
                self.wrong.add(f"{name} beats rows of {model} that are certified")
            if stands.mean() < np.mean(proof["stands"]) - 0.01:
                self.wrong.add(f"{name} leaves fewer rows of {model} at {CERTIFIED} than the cascade")

    def close(self) -> None:
        """Let both sides end."""
        self.ours.close()
        self.peer.close()


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """All ratios and figures; ends with an error where a peer beats what it must not."""
    PLACE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=PLACE) as folder:
        bench = Bench(options, Path(folder))
        for model in MODELS:
            bench.speeds(model)
            for ball in ("linf", "l2"):
                bench.auto(model, ball)
            bench.foreign(model)
        bench.close()
    found = {"ratios": bench.ratios, "figures": bench.figures, "machine": machine()}
    if bench.wrong:
        raise SystemExit("; ".join(sorted(bench.wrong)) + "\n" + json.dumps(found))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Attacks on networks against ART, Foolbox and torchattacks.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--auto", type=int, default=100, help="rows for AutoAttack")
    parser.add_argument("--jump", type=int, default=50, help="rows for HopSkipJump")
    parser.add_argument("--worker", choices=["ours", "peer"], help=argparse.SUPPRESS)
    parser.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(options.worker, options.place)
        return
    found = measure(options)
    if options.json:
        print(json.dumps(found))
        return
    for part in ("ratios", "figures"):
        for name, value in found[part].items():
            print(f"{name:40}{value:>12,}")
    print(found["machine"])


if __name__ == "__main__":
    main()
