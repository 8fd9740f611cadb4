"""What keeps a proof from being believed."""

from __future__ import annotations

from hauberk.core.errors import HauberkError

__all__ = [
    "AlteredFile",
    "BrokenChain",
    "IncompleteProof",
    "MalformedProof",
    "ProveError",
    "SplitProof",
    "UnreadableFile",
    "WrongGates",
    "WrongSigner",
    "WrongUse",
    "WrongVerdict",
]


class ProveError(HauberkError):
    """Base of the errors of `hauberk.prove`."""


class UnreadableFile(ProveError):
    """The proof or the public key cannot be read. Check the path."""

    code = "PROVE-101"
    title = "Cannot read"


class WrongUse(ProveError):
    """The command line of `hauberk prove verify` has no such option, lacks one, or gives too much."""

    code = "PROVE-103"
    title = "Wrong use of the command"


class MalformedProof(ProveError):
    """The file is not a proof, or not in the one spelling that a proof has.

    A proof that was altered anywhere outside of what is signed ends here, and so does one that an editor has
    reformatted: ask for the original file.
    """

    code = "PROVE-201"
    title = "Not a proof"


class SplitProof(ProveError):
    """The statements of the proof do not stand in one log under one checkpoint, or not in its order.

    Do not believe any of them: somebody has put together what does not belong together.
    """

    code = "PROVE-202"
    title = "Not one log"


class IncompleteProof(ProveError):
    """A statement that a proof must have is missing, or one is there twice or is of an unknown type.

    Without all of them nothing is admitted.
    """

    code = "PROVE-203"
    title = "Incomplete"


class BrokenChain(ProveError):
    """Two statements speak of different artifacts where they must speak of the same.

    The model that was attacked is not the one that was sealed, or the data are others: the figures then belong to
    something else.
    """

    code = "PROVE-204"
    title = "Broken chain"


class WrongGates(ProveError):
    """The verification summary's policy or results are not what the claims in the log say."""

    code = "PROVE-205"
    title = "Gates do not follow from the evidence"


class WrongVerdict(ProveError):
    """The verdict of the summary does not follow from its gates."""

    code = "PROVE-206"
    title = "Verdict does not follow"


class AlteredFile(ProveError):
    """A file beside the proof is not the one that the log speaks of. Ask for the original."""

    code = "PROVE-207"
    title = "Altered file"


class WrongSigner(ProveError):
    """The proof is not signed by the given key, or by another key too.

    Compare the key with the one that you were given over a channel that you trust. A system that has begun a new
    ledger has a new key; then ask for the newer one over that same channel, never beside the proof.
    """

    code = "PROVE-208"
    title = "Not signed by this key"
