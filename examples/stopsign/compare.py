"""The plain network and the hardened one under the full cascade, and a stop sign that is read as yield.

Run:   python examples/stopsign/compare.py [--json] [--folder DIR] [--rows 300] [--reuse] [--epochs N] [--threads 2]
Gives: clean and attacked accuracy of both at Linf 4/255 and 8/255 on tracks that neither has seen, with intervals and
       the verdict of the self-check; on the official test too, clean; the share of stop signs that an attacker turns
       into yield, before and after, by pixels and by a sticker; the time of training. Writes `before-after.svg` and the
       two networks into DIR.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import signs

from hauberk.attack import BoundedResult, Threat, attack_within
from hauberk.attack.physical.torch_sticker import attack_with_sticker, bars_mask
from hauberk.core.claim import Estimate
from hauberk.core.progress import Progress
from hauberk.harden.network_recipe import N_FGSM_AWP, PLAIN_NETWORK, NetworkRecipe
from hauberk.models import Kind, NetworkModel, parse_model, serialise_model
from hauberk.prove.charts import render_images, triptych
from hauberk.stats import estimate_paired_difference, estimate_proportion

RADII = {"4/255": 4 / 255, "8/255": 8 / 255}
SHOWN = 5


def compare(folder: Path, options: argparse.Namespace) -> dict:
    """Trains both, attacks both, and writes the picture."""
    rows = options.rows
    networks, found = {}, {"train": {}}
    for name, recipe in (("plain", PLAIN_NETWORK), ("hardened", N_FGSM_AWP)):
        networks[name], found["train"][name] = network(folder, name, recipe, options)
    test, official = signs.test(), signs.official()
    some = np.sort(np.random.default_rng(signs.SEED).permutation(len(test.rows))[:rows])
    part, labels = test.rows[some], test.labels[some]
    right = {name: answers(model, test.rows) == test.labels for name, model in networks.items()}
    found["rows"] = {"clean": len(test.rows), "attacked": len(part)}
    found["clean"] = {name: interval(share(mask)) for name, mask in right.items()}
    found["clean_loss"] = interval(estimate_paired_difference(right["plain"], right["hardened"]))
    found["official_clean"] = {
        name: interval(share(answers(model, official.rows) == official.labels)) for name, model in networks.items()
    }
    found["attacked"], found["gain"] = {}, {}
    for radius, eps in RADII.items():
        results = {name: attack(model, part, labels, eps, name) for name, model in networks.items()}
        found["attacked"][radius] = {name: summary(result) for name, result in results.items()}
        stands = [results[name].correct & ~results[name].beaten for name in ("hardened", "plain")]
        found["gain"][radius] = interval(estimate_paired_difference(*stands))
    stops = test.labels == signs.STOP
    turned = {
        name: attack(model, test.rows[stops], test.labels[stops], RADII["8/255"], name, goal=test.classes[signs.YIELD])
        for name, model in networks.items()
    }
    found["stop_to_yield"] = {name: interval(share(result.beaten)) for name, result in turned.items()}
    found["sticker"] = {
        name: stuck(model, test.rows[stops], test.labels[stops], tell(f"{name} sticker"))
        for name, model in networks.items()
    }
    draw(folder / "before-after.svg", networks, turned, test.classes)
    return found


def network(folder: Path, name: str, recipe: NetworkRecipe, options: argparse.Namespace) -> tuple[NetworkModel, dict]:
    """The network and how its training went; with `--reuse` both as an earlier run left them in the folder."""
    weights, story = folder / f"{name}.safetensors", folder / f"{name}.json"
    if options.reuse and weights.is_file() and story.is_file():
        return parse_model(weights.read_bytes(), Kind.NETWORK), json.loads(story.read_text())
    start = time.perf_counter()
    plan = None if options.epochs is None else replace(signs.PLAN, epochs=options.epochs)
    trained = signs.fit(recipe, plan=plan, threads=options.threads, progress=tell(name))
    told = {"seconds": round(time.perf_counter() - start, 1), "alarms": len(trained.alarms)}
    weights.write_bytes(serialise_model(trained.model)[1])
    story.write_text(json.dumps(told))
    return trained.model, told


def attack(model: NetworkModel, rows: np.ndarray, labels: np.ndarray, eps: float, name: str, goal: str = ""):
    """The full cascade, with the self-check."""
    threat = Threat(norm="linf", eps=eps, low=0.0, high=1.0, goal=goal)
    return attack_within(model, rows, labels, threat, seed=signs.SEED, progress=tell(f"{name} {eps:.3f} {goal}"))


def stuck(model: NetworkModel, rows: np.ndarray, labels: np.ndarray, progress: Progress) -> dict:
    """Two bars stuck on every stop sign, seen as from a street: how many are read as yield, and how many if grey."""
    mask = bars_mask(signs.SHAPE, share=0.08)
    result = attack_with_sticker(model, rows, labels, mask, goal=signs.YIELD, seed=signs.SEED, progress=progress)
    shares = {"turned": result.rows, "grey": result.grey, "bare": result.bare}
    return {name: interval(one) for name, one in shares.items()} | {"area": result.area}


def answers(model: NetworkModel, rows: np.ndarray) -> np.ndarray:
    """(n,) class codes."""
    return model.predict(rows).argmax(axis=1)


def draw(path: Path, networks: dict[str, NetworkModel], turned: dict[str, BoundedResult], classes: tuple) -> None:
    """Stop signs, what an attacker adds to each for each network, and what that network reads then."""
    chosen = np.argsort(~turned["plain"].beaten, kind="stable")[:SHOWN]
    lines = []
    for place in chosen:
        line = []
        for name, result in turned.items():
            after = result.adversarial[place]
            read = classes[int(answers(networks[name], after[None])[0])]
            both = triptych(result.rows[place], after, signs.SHAPE, words=(classes[signs.STOP], f"{name}: {read}"))
            line += both[1:] if line else both
        lines.append([replace(tile, loud=tile.words.endswith(classes[signs.YIELD])) for tile in line])
    path.write_text(str(render_images(lines, title="Stop signs under attack, Linf 8/255, towards yield")))


def share(mask: np.ndarray) -> Estimate:
    """With a Clopper-Pearson interval."""
    return estimate_proportion(int(mask.sum()), len(mask))


def interval(one: Estimate) -> dict[str, float]:
    """As it is printed."""
    return {"value": round(one.value, 4), "low": round(one.low, 4), "high": round(one.high, 4)}


def summary(result: BoundedResult) -> dict:
    """Attacked accuracy and whether it may be believed."""
    return interval(result.robustness.attacked) | {"verdict": result.verdict, "weak_because": list(result.weak_because)}


def tell(what: str):
    """Progress on the error stream."""

    def step(done: float, total: float, words: str = "") -> None:
        print(f"\r{what}: {done:g} of {total:g} {words}\033[K", end="", file=sys.stderr, flush=True)

    return step


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Plain and hardened network under attack.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent / "evidence")
    parser.add_argument("--rows", type=int, default=300, help="held-out pictures to attack, drawn by the seed")
    parser.add_argument("--reuse", action="store_true", help="attack the networks of an earlier run")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    found = compare(options.folder, options)
    if options.json:
        print(json.dumps(found))
        return
    for name in ("plain", "hardened"):
        lines = [f"clean {found['clean'][name]['value']:.3f}", f"official {found['official_clean'][name]['value']:.3f}"]
        lines += [
            f"{radius} {one[name]['value']:.3f} ({one[name]['verdict']})" for radius, one in found["attacked"].items()
        ]
        lines += [f"stop read as yield {found['stop_to_yield'][name]['value']:.3f}"]
        print(f"{name:9}", "  ".join(lines))
    print(f"trained in {found['train']['hardened']['seconds']:.0f} s; picture in {options.folder / 'before-after.svg'}")


if __name__ == "__main__":
    main()
