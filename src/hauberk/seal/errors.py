"""Errors of the sealed bundle."""

from __future__ import annotations

from hauberk.core.errors import HauberkError

__all__ = [
    "AlteredBundle",
    "BadBundleContent",
    "ContentMismatch",
    "ForgedBundle",
    "MalformedBundle",
    "SealError",
    "TruncatedBundle",
    "WrongBundleKey",
]


class SealError(HauberkError):
    """Base of the errors of `hauberk.seal`."""


class BadBundleContent(SealError):
    """What was to be sealed cannot be: no file, a name that is no plain relative path, or an empty bundle name."""

    code = "SEAL-101"
    title = "Cannot be sealed"


class MalformedBundle(SealError):
    """Bytes are not a bundle of a version that this program knows, or its header is not in canonical form."""

    code = "SEAL-201"
    title = "Malformed bundle"


class ForgedBundle(SealError):
    """The header is not signed by the expected identity: it was altered, or somebody else made the bundle.

    Compare the public key with the one that the owner gave you over another channel.
    """

    code = "SEAL-202"
    title = "Signature of the bundle does not verify"


class AlteredBundle(SealError):
    """The encrypted content is not what the signed header says: it was altered, or something was appended."""

    code = "SEAL-203"
    title = "Altered bundle"


class TruncatedBundle(SealError):
    """The end of the bundle is missing. Fetch it again."""

    code = "SEAL-204"
    title = "Truncated bundle"


class WrongBundleKey(SealError):
    """The bundle's data key does not unwrap with the key at hand, or is not the one that the header commits to."""

    code = "SEAL-205"
    title = "Wrong key for the bundle"


class ContentMismatch(SealError):
    """The bundle opens, but a file in it has another digest than the header says: its maker's fault."""

    code = "SEAL-206"
    title = "Content is not what the header says"
