"""Errors of attacks; each class is a page of the reference."""

from __future__ import annotations

from hauberk.core.errors import HauberkError

__all__ = ["AttackError", "BadTarget", "NotAttackable", "WrongSamples"]


class AttackError(HauberkError):
    """Base of the errors of `hauberk.attack`."""

    title = "The attack cannot run"


class WrongSamples(AttackError):
    """Rows, labels and the reach do not belong together, or there are no rows at all.

    An accuracy under attack over no rows would read as a success, so nothing is reported. Give one label code of the
    model's classes for each row, and the reach that was resolved for exactly these rows.
    """

    code = "ATTACK-101"
    title = "Rows, labels and reach do not fit"


class NotAttackable(AttackError):
    """The model is no classifier, so no answer of it can be called wrong.

    Evasion is measured on predicted classes. For a regression, decide first which values are decisions (a threshold
    on the score) and attack the classifier that makes them.
    """

    code = "ATTACK-102"
    title = "Not a classifier"


class BadTarget(AttackError):
    """The adversary's goal is not a class of the model."""

    code = "ATTACK-103"
    title = "Unknown goal"
