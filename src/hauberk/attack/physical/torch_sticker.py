"""What somebody sticks on a thing so that it is taken for another, from wherever it is seen.

One pattern for all rows: a *sticker* covers a part of the image that a mask says, such as two bars on a stop sign; a
*patch* is a square that works wherever it lies. The pattern is climbed over looks drawn anew at every step, and judged
by looks drawn with another seed. What the same area does when it is grey is told beside it: part of a success is only
that something was hidden.

Source: Athalye et al. 2018, "Synthesizing robust adversarial examples" (expectation over transformation); Eykholt et
al. 2018, "Robust physical-world attacks on deep learning visual classification" (stickers); Brown et al. 2017,
"Adversarial patch".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hauberk.attack.errors import BadTarget, WrongSamples
from hauberk.attack.physical.torch_views import draw_look, look_at
from hauberk.attack.physical.views import STREET, Views
from hauberk.core.claim import Estimate
from hauberk.core.progress import Progress, silent
from hauberk.models import NetworkModel
from hauberk.stats import estimate_proportion

__all__ = ["Stuck", "attack_with_patch", "attack_with_sticker", "bars_mask"]

Tensor = Any
_BATCH = 64
_RATE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stuck:
    """A pattern, and what it does to n rows under looks that it has not been made with.

    Attributes:
        pattern: (c, h, w) from 0 to 1; for a sticker of the size of the image.
        mask: (h, w) bool, what a sticker covers; for a patch, the place that it was last judged at.
        area: Share of the image that is covered.
        success: Of all looks at all rows, how often the adversary has what they want.
        rows: Of the rows, for how many more than half of the looks are so; the interval is over rows.
        grey: `rows`, with the same area grey.
        bare: `rows`, with nothing stuck on.
        seen: (n, d) one look at each row with the pattern.
        answers: (n,) what the model says of these.
    """

    pattern: NDArray[np.float64]
    mask: NDArray[np.bool_]
    area: float
    success: float
    rows: Estimate
    grey: Estimate
    bare: Estimate
    seen: NDArray[np.float64]
    answers: NDArray[np.int64]


def bars_mask(shape: tuple[int, int, int], *, share: float = 0.06) -> NDArray[np.bool_]:
    """(h, w) two bars, above and below the middle, that together cover about a share of the image."""
    _, height, width = shape
    mask = np.zeros((height, width), dtype=np.bool_)
    thick = max(1, round(share * height / 1.2))
    left, right = round(0.2 * width), round(0.8 * width)
    for middle in (0.26, 0.74):
        top = round(middle * height - thick / 2)
        mask[top : top + thick, left:right] = True
    return mask


def attack_with_sticker(
    model: NetworkModel,
    rows: NDArray[np.float64],
    labels: NDArray[np.int64],
    mask: NDArray[np.bool_],
    *,
    goal: int | None = None,
    views: Views = STREET,
    steps: int = 300,
    looks: int = 20,
    seed: int = 0,
    progress: Progress = silent,
) -> Stuck:
    """A pattern for the part of the image that the mask, (h, w) bool, covers.

    Args:
        model: Of images: its shape is channels, height and width.
        rows: (n, d) float64 from 0 to 1.
        labels: (n,) class codes.
        mask: (h, w) bool.
        goal: Code of the class wanted; None for any wrong one.
        views: How differently the rows are seen.
        steps: Of the climb.
        looks: At each row, to judge.
        seed: Of all random choices; the global generator is left alone.
        progress: Told of each step.

    Raises:
        WrongSamples: Rows, mask and model do not fit, or the mask covers nothing.
        BadTarget: The goal is no class, or the label of every row.
    """
    _verify(model, rows, labels, goal, steps, looks)
    if mask.shape != tuple(model.shape[1:]) or not mask.any():
        raise WrongSamples(where="mask", expected=f"{model.shape[1:]}, some of it true", got=f"{mask.shape}")
    covered = torch.from_numpy(mask)[None, None]

    def stick(images: Tensor, pattern: Tensor, _: torch.Generator) -> tuple[Tensor, Tensor]:
        return torch.where(covered, pattern, images), covered[0, 0]

    pattern = _climb(model, rows, labels, goal, tuple(model.shape), stick, views, steps, seed, progress)
    return _judge(model, rows, labels, goal, pattern, stick, views, looks, seed)


def attack_with_patch(
    model: NetworkModel,
    rows: NDArray[np.float64],
    labels: NDArray[np.int64],
    size: int,
    *,
    goal: int | None = None,
    views: Views = STREET,
    steps: int = 300,
    looks: int = 20,
    seed: int = 0,
    progress: Progress = silent,
) -> Stuck:
    """A square of `size` pixels that works at whatever place of the image it lies. See `attack_with_sticker`."""
    _verify(model, rows, labels, goal, steps, looks)
    channels, height, width = model.shape
    if not 0 < size < min(height, width):
        raise WrongSamples(where="size", expected=f"1 to {min(height, width) - 1} pixels", got=str(size))

    def stick(images: Tensor, pattern: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        top = torch.randint(height - size + 1, (len(images),), generator=generator)
        left = torch.randint(width - size + 1, (len(images),), generator=generator)
        down, across = torch.arange(height) - top[:, None], torch.arange(width) - left[:, None]
        inside = ((down >= 0) & (down < size))[:, :, None] & ((across >= 0) & (across < size))[:, None, :]
        laid = pattern[:, down.clamp(0, size - 1)[:, :, None], across.clamp(0, size - 1)[:, None, :]].movedim(0, 1)
        return torch.where(inside[:, None], laid, images), inside[0]

    pattern = _climb(model, rows, labels, goal, (channels, size, size), stick, views, steps, seed, progress)
    return _judge(model, rows, labels, goal, pattern, stick, views, looks, seed)


def _climb(
    model: NetworkModel,
    rows: NDArray[np.float64],
    labels: NDArray[np.int64],
    goal: int | None,
    shape: tuple[int, ...],
    stick: Any,
    views: Views,
    steps: int,
    seed: int,
    progress: Progress,
) -> Tensor:
    """The pattern, (c, h, w) from 0 to 1, that does best over the last looks."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.from_numpy(rows.astype(np.float32)).reshape(-1, *model.shape)
    codes = torch.from_numpy(labels if goal is None else np.full(len(labels), goal))
    raw = torch.empty(shape).uniform_(-1, 1, generator=generator).requires_grad_(True)
    climber = torch.optim.Adam([raw], lr=_RATE * 4)
    average = torch.zeros(shape)
    for step in range(steps):
        progress(step, steps, "climbing")
        part = torch.randint(len(images), (min(_BATCH, max(len(images), 16)),), generator=generator)
        with torch.enable_grad():
            stuck, _ = stick(images[part], torch.sigmoid(raw), generator)
            logits = model.logits(look_at(stuck, draw_look(views, len(part), generator)))
            loss = torch.nn.functional.cross_entropy(logits, codes[part])
            loss = loss if goal is not None else -torch.clamp(loss, max=10.0)
            (slope,) = torch.autograd.grad(loss, [raw])
        raw.grad = torch.nan_to_num(slope)
        climber.step()
        if step >= steps // 2:
            average += torch.sigmoid(raw.detach())
    return average / max(steps - steps // 2, 1)


def _judge(
    model: NetworkModel,
    rows: NDArray[np.float64],
    labels: NDArray[np.int64],
    goal: int | None,
    pattern: Tensor,
    stick: Any,
    views: Views,
    looks: int,
    seed: int,
) -> Stuck:
    images = torch.from_numpy(rows.astype(np.float32)).reshape(-1, *model.shape)

    def fooled(what: Tensor | None) -> tuple[NDArray[np.bool_], Tensor, Tensor]:
        """(looks, n) whether the adversary has what they want; the last look and the mask."""
        generator = torch.Generator().manual_seed(seed + 1)
        found, seen, mask = [], images, torch.zeros(model.shape[1:], dtype=torch.bool)
        for _ in range(looks):
            stuck, mask = (images, mask) if what is None else stick(images, what, generator)
            seen = look_at(stuck, draw_look(views, len(images), generator))
            answers = _answers(model, seen)
            found.append(answers != labels if goal is None else answers == goal)
        return np.array(found), seen, mask

    with torch.no_grad():
        made, seen, mask = fooled(pattern)
        grey, _, _ = fooled(torch.full_like(pattern, 0.5))
        bare, _, _ = fooled(None)
        answers = _answers(model, seen)
    return Stuck(
        pattern=pattern.double().numpy(),
        mask=mask.numpy(),
        area=float(mask.double().mean()),
        success=float(made.mean()),
        rows=_most(made),
        grey=_most(grey),
        bare=_most(bare),
        seen=seen.double().reshape(len(rows), -1).numpy(),
        answers=answers,
    )


def _answers(model: NetworkModel, images: Tensor) -> NDArray[np.int64]:
    found = [model.logits(part).argmax(dim=1) for part in images.split(256)]
    return np.asarray(torch.cat(found).numpy(), dtype=np.int64)


def _most(fooled: NDArray[np.bool_]) -> Estimate:
    """Rows of which more than half of the looks are fooled."""
    return estimate_proportion(int((fooled.mean(axis=0) > 0.5).sum()), fooled.shape[1])


def _verify(
    model: NetworkModel, rows: NDArray[np.float64], labels: NDArray[np.int64], goal: int | None, steps: int, looks: int
) -> None:
    if len(model.shape) != 3:
        raise WrongSamples(where="model", expected="images: channels, height and width", got=f"{model.shape}")
    if rows.ndim != 2 or rows.shape[1] != model.width or not len(rows) or labels.shape != (len(rows),):
        raise WrongSamples(expected=f"rows of {model.width} numbers with a label each", got=f"{rows.shape}")
    if not ((rows >= 0) & (rows <= 1)).all() or steps < 1 or looks < 1:
        raise WrongSamples(expected="rows from 0 to 1, and steps and looks from 1", got=f"{steps} steps, {looks} looks")
    if goal is not None and (not 0 <= goal < len(model.classes) or (labels == goal).all()):
        raise BadTarget(expected="a class code that is not every row's own", got=str(goal))
