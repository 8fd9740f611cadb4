"""Layers that are in training mode while the model answers."""

from __future__ import annotations

from typing import Any

import numpy as np

from hauberk.attack.doubts.subject import Subject
from hauberk.core.finding import Finding, Severity

__all__ = ["doubt_mode"]

_KINDS = ("Dropout", "BatchNorm", "InstanceNorm", "RReLU")
"""Beginnings or ends of the names of PyTorch's layers that answer otherwise in training mode."""


def doubt_mode(subject: Subject) -> tuple[Finding, ...]:
    """Watches the layers during one answer of the logits; adapters may switch modes for the answer and back.

    Source: torchattacks' issues 103 and 136 (attacks that ran in training mode).
    """
    network = getattr(subject.model, "network", None)
    at = subject.probe[:2]
    if network is None or not len(at):
        return ()
    seen: set[str] = set()

    def watch(layer: Any, _: Any) -> None:
        if layer.training:
            seen.add(type(layer).__name__)

    watched = [layer for layer in network.modules() if any(kind in type(layer).__name__ for kind in _KINDS)]
    hooks = [layer.register_forward_pre_hook(watch) for layer in watched]
    try:
        subject.slope(np.repeat(subject.rows[at], 2, axis=0), np.repeat(subject.labels[at], 2))
    finally:
        for hook in hooks:
            hook.remove()
    if not seen:
        return ()
    return (
        Finding(
            code="attack.doubt.training_mode",
            severity=Severity.ERROR,
            message=f"Layers should be in evaluation mode while they are attacked: {', '.join(sorted(seen))}.",
            count=len(seen),
        ),
    )
