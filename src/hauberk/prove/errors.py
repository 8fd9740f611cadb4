"""Errors of report, proof and verifier."""

from __future__ import annotations

from hauberk.core.errors import HauberkError

__all__ = [
    "AlteredFile",
    "BadCheckpoint",
    "BadFileName",
    "BadStatement",
    "BrokenChain",
    "IncompleteEvidence",
    "MalformedProof",
    "NotInLedger",
    "ProveError",
    "UnnamedFile",
    "UnreadableFile",
    "WrongVerdict",
]


class ProveError(HauberkError):
    """Base of the errors of `hauberk.prove`."""


class BadFileName(ProveError):
    """A proof names files that lie beside it: one plain name each, without a folder.

    A name is 1 to 255 printable characters, without `/`, `\\` or `:`, and does not begin with a dot.
    """

    code = "PROVE-101"
    title = "Not a plain file name"


class UnnamedFile(ProveError):
    """A file was handed to the verifier that the proof does not name, so nothing can be said about it."""

    code = "PROVE-102"
    title = "The proof does not name this file"


class MalformedProof(ProveError):
    """The bytes are not a proof, or not in the one spelling that a proof has.

    A proof has exactly one canonical form, so that no byte of it is free. Ask for the file again; do not open and
    save it in an editor.
    """

    code = "PROVE-201"
    title = "Not a proof"


class BadCheckpoint(ProveError):
    """The checkpoint of the ledger in the proof is not signed by the given key, or is that of another ledger.

    Either the proof was altered, or the key is not that of the system: compare the key with the one that you were
    given over a channel that you trust.
    """

    code = "PROVE-202"
    title = "The checkpoint does not verify"


class BadStatement(ProveError):
    """A statement in the proof is not signed by the given key, or is not of a form that the verifier knows."""

    code = "PROVE-203"
    title = "A statement does not verify"


class NotInLedger(ProveError):
    """A statement in the proof is not the leaf of the ledger that its receipt says it is.

    The statement or the receipt was altered, or the receipts of two statements were swapped.
    """

    code = "PROVE-204"
    title = "A statement is not in the ledger"


class IncompleteEvidence(ProveError):
    """The statements of the proof are not exactly those on which its verdict rests.

    One was left out, added, doubled, or put in another place. A proof without statements, without a verdict, without
    a sealed bundle or without a report is incomplete too.
    """

    code = "PROVE-205"
    title = "The evidence is not complete"


class BrokenChain(ProveError):
    """Two statements that should speak of the same artifact name different ones.

    The model that was attacked must be the one that was sealed, the bundle of the verdict the one that was sealed,
    the data of training and attack the ones that were checked.
    """

    code = "PROVE-206"
    title = "The statements do not speak of the same artifact"


class WrongVerdict(ProveError):
    """The gates, evaluated again over the claims in the proof, do not give the verdict that the summary states."""

    code = "PROVE-207"
    title = "The verdict does not follow from the evidence"


class AlteredFile(ProveError):
    """A file beside the proof is not the one that was logged under this name."""

    code = "PROVE-208"
    title = "The file was altered"


class UnreadableFile(ProveError):
    """A file that was named on the command line, or that lies beside the proof, cannot be read."""

    code = "PROVE-301"
    title = "Cannot read the file"
