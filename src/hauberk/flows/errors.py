"""Errors of the flows: the user's file, the state folder, the environment of a run."""

from __future__ import annotations

from hauberk.core.errors import HauberkError

__all__ = [
    "BadSetting",
    "BadToml",
    "BadTrainFunction",
    "EngineUnavailable",
    "FlowError",
    "Interrupted",
    "LostPseudonymKey",
    "MissingEvidence",
    "NoProject",
    "NoState",
    "NotATrainingLabel",
    "NoQuarantine",
    "OtherRows",
    "OverDropCap",
    "ProjectExists",
    "QuarantineInForce",
    "ReleaseRefused",
    "StateLocked",
    "StateUnwritable",
    "StillIdentifying",
    "UnknownSetting",
    "UnreadableCheckpoint",
    "WrongUse",
]


class FlowError(HauberkError):
    """Base of the errors of `hauberk.flows`."""


class NoProject(FlowError):
    """There is no `hauberk.toml` in the folder. Make one with `hauberk init`, or name the folder that holds it."""

    code = "FLOW-101"
    title = "No hauberk.toml"


class BadToml(FlowError):
    """`hauberk.toml` is not TOML. The message names the line and the column."""

    code = "FLOW-102"
    title = "Not valid TOML"


class UnknownSetting(FlowError):
    """`hauberk.toml` has a key that no setting of Hauberk has; the nearest known one is named."""

    code = "FLOW-103"
    title = "Unknown setting"


class BadSetting(FlowError):
    """A setting has a value of another type or outside its range, or two settings exclude each other."""

    code = "FLOW-104"
    title = "Bad value of a setting"


class BadTrainFunction(FlowError):
    """The function named by `FILE.py:NAME` is not there, does not run, or gives something else than it should."""

    code = "FLOW-105"
    title = "Bad function"


class ProjectExists(FlowError):
    """`hauberk init` found a `hauberk.toml` and leaves it alone; `--force` writes a new one."""

    code = "FLOW-106"
    title = "Already a project"


class NotATrainingLabel(FlowError):
    """The data cannot be learnt from: no input column, fewer than two classes, or a class with fewer rows than folds.

    What is held out for testing (`data.test-share`) and what has weight 0 does not count as training rows.
    """

    code = "FLOW-107"
    title = "Nothing to learn"


class NoState(FlowError):
    """Nothing has been run in this folder, so there is no ledger to show or to audit. Run `hauberk secure` first."""

    code = "FLOW-108"
    title = "Nothing has been run here"


class UnreadableCheckpoint(FlowError):
    """A checkpoint that was named with `--since` cannot be read. Check the path."""

    code = "FLOW-109"
    title = "Cannot read the checkpoint"


class WrongUse(FlowError):
    """The command line names no such verb or option, lacks one, or gives a value that it cannot take."""

    code = "FLOW-110"
    title = "Wrong use of the command"


class QuarantineInForce(FlowError):
    """Rows are in quarantine already, and one quarantine is in force at a time.

    Undo it first: `hauberk verify quarantine --undo`.
    """

    code = "FLOW-111"
    title = "Rows are in quarantine already"


class NoQuarantine(FlowError):
    """There is no quarantine to undo, or no row to put in one.

    Rows are flagged only against trusted rows (`verify.trusted`); any row can be named with `--row`.
    """

    code = "FLOW-112"
    title = "Nothing to quarantine"


class OverDropCap(FlowError):
    """The quarantine would take more of the rows, or of one class, than `verify.drop-cap` allows.

    A detector that may delete at will is itself a way to poison. Look at the rows, then raise the cap if they are bad.
    """

    code = "FLOW-113"
    title = "Over the drop cap"


class OtherRows(FlowError):
    """The quarantine that is in force, or the state to compare with, is of other rows than the data now hold.

    Restore the data, or undo the quarantine and make a new one.
    """

    code = "FLOW-114"
    title = "Made for other rows"


class ReleaseRefused(FlowError):
    """The de-identified data cannot be written there: an input or another file stands there, or no known format.

    Inputs and the project's state are never written to. `--force` replaces another file.
    """

    code = "FLOW-121"
    title = "Cannot write the de-identified data there"


class StillIdentifying(FlowError):
    """Identifiers were found in what the plan leaves, so nothing was written and nothing was logged.

    Treat the columns that are named, or say `treatment = "keep"` for those that are to stay all the same.
    """

    code = "FLOW-122"
    title = "Persons can still be recognised"


class NoChampion(FlowError):
    """No model is in use yet, or there is none before the one in use that could be brought back.

    `hauberk secure` makes the first one, and `hauberk harden retrain` the next.
    """

    code = "FLOW-115"
    title = "No such model"


class NotComparable(FlowError):
    """The model in use was made for other columns or classes than the data have now, so the two cannot be compared.

    Give the columns and classes back, or begin anew in another folder. Values that a category did not have before are
    no hindrance: to the model in use they are missing.
    """

    code = "FLOW-116"
    title = "Models of different data"


class MissingEvidence(FlowError):
    """A stage was asked for before the one whose result it needs, or its artifact is gone from the store."""

    code = "FLOW-201"
    title = "Missing evidence"


class LostPseudonymKey(FlowError):
    """The ledger knows pseudonyms that were made under this key, and the key is gone or is another one.

    New pseudonyms would not link to the old ones and nobody would see it. Restore the key, or name a new one (`--key`).
    """

    code = "FLOW-202"
    title = "The key of the pseudonyms is gone"


class StateLocked(FlowError):
    """Another run works in this folder. Wait for it to end; the lock falls with its process."""

    code = "FLOW-301"
    title = "Another run holds the state"


class StateUnwritable(FlowError):
    """The folder cannot be written: read-only, no space left, or another owner."""

    code = "FLOW-302"
    title = "Cannot write"


class Interrupted(FlowError):
    """Stopped by the user. Finished stages are kept: the same command goes on where it stopped."""

    code = "FLOW-303"
    title = "Stopped"


class EngineUnavailable(FlowError):
    """The setting `engine` names a Ray cluster that cannot be used.

    Ray is not installed here, the cluster does not answer, or its nodes have another version of Hauberk.
    """

    code = "FLOW-304"
    title = "No engine"
