"""What gradient attacks raise: losses (m,) of logits (m, k) that grow as the model gives way.

`label` are the true classes, (m,). `rival` are classes to be reached, (m,), or None for any wrong one.

Source: Croce, Hein 2020, "Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free
attacks", section 4 (difference of logits ratio, targeted and not).
"""

from __future__ import annotations

from typing import Any

import torch

__all__ = ["cross_entropy", "logits_ratio", "margin"]

Tensor = Any

_LEAST = 1e-6
"""Of the spread of a row's logits: a smaller divisor is no scale but a tie."""


def cross_entropy(logits: Tensor, label: Tensor, rival: Tensor | None = None) -> Tensor:
    """Cross-entropy of the truth; of a rival, with the other sign."""
    if rival is None:
        return torch.nn.functional.cross_entropy(logits, label, reduction="none")
    return -torch.nn.functional.cross_entropy(logits, rival, reduction="none")


def margin(logits: Tensor, label: Tensor, rival: Tensor | None = None) -> Tensor:
    """By how much the best other class leads the truth; above 0, the model is wrong.

    With a rival: by how much it leads the truth.
    """
    truth = logits.gather(1, label[:, None]).squeeze(1)
    if rival is not None:
        return logits.gather(1, rival[:, None]).squeeze(1) - truth
    return logits.scatter(1, label[:, None], -torch.inf).amax(dim=1) - truth


def logits_ratio(logits: Tensor, label: Tensor, rival: Tensor | None = None) -> Tensor:
    """The margin over a difference of other logits, which takes the scale out of it; for four classes or more.

    Where the truth or the rival is part of the divisor, or the divisor is 0, the ratio would be constant and its
    gradient 0: there the divisor is taken as a number. Below four classes the ratio is always like that (three) or
    not defined (two), and the margin is given.
    """
    if logits.shape[1] < 4:
        return margin(logits, label, rival)
    ranked, order = logits.sort(dim=1, descending=True)
    if rival is None:
        divisor = ranked[:, 0] - ranked[:, 2]
        inside = order[:, 2] == label
    else:
        divisor = ranked[:, 0] - (ranked[:, 2] + ranked[:, 3]) / 2
        inside = ((order[:, 2:4] == label[:, None]) | (order[:, 2:4] == rival[:, None])).any(dim=1)
    least = _LEAST * (ranked[:, 0] - ranked[:, -1]).detach() + 1e-12
    fixed = inside | (divisor < least)
    return margin(logits, label, rival) / torch.where(fixed, divisor.detach().maximum(least), divisor)
