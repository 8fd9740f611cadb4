"""A small network that imitates a model by its answers; in numpy, because the model may only answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Surrogate", "fit_surrogate"]

Matrix = NDArray[np.float64]
Single = NDArray[np.float32]

_HIDDEN, _STEPS, _BATCH, _RATE = 64, 300, 128, 3e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surrogate:
    """One hidden layer of ReLU.

    Attributes:
        shift, scale: (d,) of the inputs.
        weights: Two matrices and two biases, float32: (d, h), (h,), (h, k), (k,).
    """

    shift: Matrix
    scale: Matrix
    weights: tuple[Single, Single, Single, Single]

    def gradient(self, rows: Matrix, labels: NDArray[np.int64], goal: int | None) -> Matrix:
        """(n, d) the gradient by the input of the best other logit minus the label's; with a goal, of its logit."""
        first, bias, second, end = self.weights
        hidden = self._scaled(rows) @ first + bias
        logits, here = np.maximum(hidden, 0) @ second + end, np.arange(len(rows))
        mine = labels if goal is None else np.full(len(rows), goal)
        others = logits.copy()
        others[here, mine] = -np.inf
        rival = others.argmax(axis=1)
        wish = (second[:, rival] - second[:, mine]).T * (1 if goal is None else -1)
        return np.asarray(((wish * (hidden > 0)) @ first.T) / self.scale, dtype=np.float64)

    def _scaled(self, rows: Matrix) -> Single:
        return ((rows - self.shift) / self.scale).astype(np.float32)


def fit_surrogate(rows: Matrix, scores: Matrix, rng: np.random.Generator) -> Surrogate:
    """The network that answers rows (n, d) most like scores (n, k), by cross-entropy with Adam.

    Source: Papernot et al. 2017, "Practical black-box attacks against machine learning"; Kingma, Ba 2015.
    """
    width, classes = rows.shape[1], scores.shape[1]
    shift, scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-3 + 0.1 * rows.std())
    inputs, answers = ((rows - shift) / scale).astype(np.float32), scores.astype(np.float32)
    weights = [
        rng.normal(0, np.sqrt(2 / width), (width, _HIDDEN)).astype(np.float32),
        np.zeros(_HIDDEN, dtype=np.float32),
        rng.normal(0, np.sqrt(2 / _HIDDEN), (_HIDDEN, classes)).astype(np.float32),
        np.zeros(classes, dtype=np.float32),
    ]
    slow, fast = [np.zeros_like(part) for part in weights], [np.zeros_like(part) for part in weights]
    for number in range(1, _STEPS + 1):
        at = rng.integers(0, len(rows), size=min(_BATCH, len(rows)))
        for part, gradient, mean, square in zip(
            weights, _slopes(weights, inputs[at], answers[at]), slow, fast, strict=True
        ):
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient**2 - square)
            step = mean / (1 - 0.9**number) / (np.sqrt(square / (1 - 0.999**number)) + 1e-8)
            part -= np.float32(_RATE) * step
    return Surrogate(shift=shift, scale=scale, weights=(weights[0], weights[1], weights[2], weights[3]))


def _slopes(weights: list[Single], inputs: Single, answers: Single) -> tuple[Single, Single, Single, Single]:
    first, bias, second, end = weights
    hidden = np.maximum(inputs @ first + bias, 0)
    logits = hidden @ second + end
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    error = (shares / shares.sum(axis=1, keepdims=True) - answers) / np.float32(len(inputs))
    back = (error @ second.T) * (hidden > 0)
    return inputs.T @ back, back.sum(axis=0), hidden.T @ error, error.sum(axis=0)
