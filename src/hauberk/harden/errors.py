"""Errors of hardening; each class is a page of the reference."""

from __future__ import annotations

from hauberk.core.errors import HauberkError

__all__ = [
    "BadHardening",
    "BadPartition",
    "DivergedTraining",
    "HardenError",
    "NotCertifiable",
    "OutOfReach",
    "TooFewRows",
    "UnknownRecipe",
    "UnstableRecipe",
]


class HardenError(HauberkError):
    """Base of the errors of `hauberk.harden`."""

    title = "The model cannot be hardened"


class BadHardening(HardenError):
    """A setting of the hardening is out of its range, or recipes share a name.

    Correct `[harden]` in `hauberk.toml`: `max-clean-loss` is a share from 0 to below 1, `validation-share` a share
    above 0 and at most a half, and at least one recipe besides `plain` has to be tried.
    """

    code = "HARDEN-101"
    title = "Unusable setting"


class UnknownRecipe(HardenError):
    """A recipe of that name does not exist.

    Correct `recipes` in `[harden]`; leave it out to try all of them.
    """

    code = "HARDEN-102"
    title = "No such recipe"


class TooFewRows(HardenError):
    """The training rows cannot be divided into a part to train on and a part to compare on.

    Every class needs at least two rows in each fold of the validation. Give more rows, raise `validation-share`, or
    switch hardening off with `adversarial = false`.
    """

    code = "HARDEN-103"
    title = "Too few rows to compare models"


class OutOfReach(HardenError):
    """An attack returned rows that the schema's adversary cannot make.

    Attacked accuracy over such rows would mean nothing, so nothing is chosen by it. The fault is in the attack that
    was given, not in the data: an attack must stay within the reach that it gets.
    """

    code = "HARDEN-104"
    title = "The attack left its reach"


class UnstableRecipe(HardenError):
    """A recipe made a candidate on part of the training rows and does not make it on all of them.

    The candidate that was measured cannot be had, so nothing is put in its place. A recipe must make the same
    candidates, by name, for any rows of the same data; leave it out of `recipes` in `[harden]`.
    """

    code = "HARDEN-105"
    title = "A recipe changed its mind"


class BadPartition(HardenError):
    """The training rows cannot be dealt to partitions, or what was trained on them cannot vote.

    Correct `partitions` in `[harden]` of `hauberk.toml`: a number up to 4,096, or 0 for no certificate. Members are
    trained by a function whose models show their trees, as the built-in booster does.
    """

    code = "HARDEN-106"
    title = "Rows cannot be partitioned"


class DivergedTraining(HardenError):
    """The losses of a network stopped being finite numbers, also with smaller steps.

    Scale the rows to a range around 0 to 1, lower the learning rate, or add normalising layers.
    """

    code = "HARDEN-107"
    title = "The training diverged"


class NotCertifiable(HardenError):
    """The network has a layer that no bounds are known for.

    Certificates know linear, convolution, batch-normalising, pooling and residual layers, and ReLU. Randomised
    smoothing (`smooth_certify`) certifies any classifier.
    """

    code = "HARDEN-108"
    title = "No bounds for this network"
