"""Errors of attacks; each class is a page of the reference."""

from __future__ import annotations

from hauberk.core.errors import HauberkError

__all__ = [
    "AttackError",
    "BadBudget",
    "BadPoison",
    "BadTarget",
    "BadTrigger",
    "NotAttackable",
    "WrongSamples",
]


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


class BadBudget(AttackError):
    """The attacker's share of the training rows is out of range, or the attack cannot spend it.

    Give a share above 0 and below 1 that comes to at least one row, and that leaves rows of every class: without them
    there is no model to be harmed.
    """

    code = "ATTACK-121"
    title = "Unusable budget of poison"


class BadTrigger(AttackError):
    """The trigger of a backdoor does not fit the rows, or the schema forbids what it stamps.

    A trigger that a request may not bear never reaches the model. Give columns that the model sees and values that the
    schema allows; for images, the shape of the rows and a patch that fits into it.
    """

    code = "ATTACK-122"
    title = "Unusable trigger"


class BadPoison(AttackError):
    """What is to be poisoned does not fit: rows and labels, a class, or the row that is aimed at.

    Name a class of the target that is not the goal already, and a test row of another label than the goal.
    """

    code = "ATTACK-123"
    title = "The poison cannot be made"
