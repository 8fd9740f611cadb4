"""STRIP: under a strong trigger the prediction stays sure whatever is laid over the row."""

from __future__ import annotations

import numpy as np

from hauberk.verify.backdoors.inputs import Labels, Matrix, Predict, ask, content_order, require_rows

__all__ = ["perturbation_entropy"]


def perturbation_entropy(
    rows: Matrix, labels: Labels, predict: Predict, *, overlays: int = 20, seed: int, opacity: float = 0.5
) -> Matrix:
    """(n,) float64, minus the mean entropy in nats of the predictions under overlays; larger is more suspicious.

    Args:
        rows: (n, d) float64 finite cells that can be mixed, such as pixels.
        labels: (n,) int64, used only to draw the overlays by content.
        predict: The model under test.
        overlays: How many other rows are laid over each row.
        seed: Of the draw of the overlays.
        opacity: Share of the overlay, 0 to 1.

    Raises:
        BadDetection: The arrays do not belong together.
        BadPredictions: The model gave no probabilities.

    Source: Gao et al. 2019, "STRIP: A Defence Against Trojan Attacks on Deep Neural Networks" (ACSAC), §4.
    """
    require_rows(rows, labels, where="rows")
    order = content_order(rows, labels)
    drawn = order[np.random.default_rng(seed).choice(len(rows), min(overlays, len(rows)), replace=False)]
    total = np.zeros(len(rows))
    for overlay in drawn:
        chances = ask(predict((1 - opacity) * rows + opacity * rows[overlay]), len(rows), 1)
        total += (chances * np.log(np.maximum(chances, 1e-12))).sum(axis=1)
    return total / max(len(drawn), 1)
