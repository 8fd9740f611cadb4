"""Errors of the keys, signatures and envelopes."""

from __future__ import annotations

from hauberk.core.errors import HauberkError

__all__ = [
    "AlteredCiphertext",
    "BadChunkSize",
    "BadKeyLabel",
    "BadKeyName",
    "BadKeySize",
    "BadNoteText",
    "BadPublicKey",
    "BadSignature",
    "CryptoError",
    "KeyExists",
    "KeyFileExposed",
    "KeyFolderUnusable",
    "MalformedEnvelope",
    "MalformedKeyFile",
    "MalformedNote",
    "MalformedSealed",
    "MissingSignature",
    "MovedCiphertext",
    "NoVerifiers",
    "PassphraseNeeded",
    "TruncatedCiphertext",
    "UnexpectedSignature",
    "UnknownKey",
    "UnknownPasswordProfile",
    "UnsupportedAlgorithm",
    "WeakPassphrase",
    "WrongKey",
    "WrongKeyKind",
    "WrongPassphrase",
    "WrongPayloadType",
]


class CryptoError(HauberkError):
    """Base of the errors of `hauberk.crypto`."""


class BadKeyName(CryptoError):
    """The name of an identity is empty, too long, or has a space, a plus or a control character in it.

    A name without its scheme, such as `example.com/lending`, is a good choice (C2SP signed-note).
    """

    code = "CRYPTO-101"
    title = "Bad name of an identity"


class BadPublicKey(CryptoError):
    """A text is not a public identity: one verifier key `name+hash+key`, or two lines for the hybrid profile.

    Copy the whole text that `hauberk keys show` printed. A key of small order is refused too: anything would
    verify under it.
    """

    code = "CRYPTO-102"
    title = "Not a public identity"


class NoVerifiers(CryptoError):
    """Something was to be verified without a key, or signed without a signer. An empty set never verifies."""

    code = "CRYPTO-103"
    title = "No keys given"


class BadNoteText(CryptoError):
    """A text cannot be signed as a note: it must end in a newline and hold no other control character."""

    code = "CRYPTO-104"
    title = "Not a text for a note"


class UnknownKey(CryptoError):
    """The key provider holds no key of this name. Make it first, or name the folder that holds it."""

    code = "CRYPTO-105"
    title = "No such key"


class KeyExists(CryptoError):
    """A key of this name is there already. Keys are never overwritten: what they sealed would be lost."""

    code = "CRYPTO-106"
    title = "The key exists"


class PassphraseNeeded(CryptoError):
    """The key file is encrypted and no passphrase was given. `HAUBERK_PASSPHRASE_FILE` names the file that holds it."""

    code = "CRYPTO-107"
    title = "Passphrase needed"


class BadKeyLabel(CryptoError):
    """A key's name in the provider must be 1 to 64 of `a-z 0-9 . _ -` and begin with a letter or digit."""

    code = "CRYPTO-108"
    title = "Bad name of a key"


class WrongKeyKind(CryptoError):
    """A signing key was asked to wrap, or a wrapping key to sign. Each key serves one purpose."""

    code = "CRYPTO-109"
    title = "Key of another kind"


class WeakPassphrase(CryptoError):
    """The passphrase is empty."""

    code = "CRYPTO-110"
    title = "Empty passphrase"


class BadKeySize(CryptoError):
    """A secret given to the library has another size than its algorithm takes."""

    code = "CRYPTO-111"
    title = "Key of the wrong size"


class BadChunkSize(CryptoError):
    """The size of the chunks of an encrypted stream is out of range."""

    code = "CRYPTO-112"
    title = "Bad chunk size"


class UnknownPasswordProfile(CryptoError):
    """No password profile has this name; a newer version of Hauberk may have made the file."""

    code = "CRYPTO-113"
    title = "Unknown password profile"


class BadSignature(CryptoError):
    """A signature is not that of the expected key over these bytes.

    Either the signed bytes or the signature were altered, or another key made it.
    """

    code = "CRYPTO-201"
    title = "Signature does not verify"


class MissingSignature(CryptoError):
    """A signature of an expected key is missing. Under the hybrid profile both must be there."""

    code = "CRYPTO-202"
    title = "Signature missing"


class UnexpectedSignature(CryptoError):
    """There is a signature that no given key accounts for, or two of one key. Nothing unverified is let through."""

    code = "CRYPTO-203"
    title = "Unexpected signature"


class MalformedNote(CryptoError):
    """Bytes are not a signed note (C2SP signed-note): text, an empty line, and signature lines."""

    code = "CRYPTO-204"
    title = "Malformed signed note"


class MalformedEnvelope(CryptoError):
    """Bytes are not a DSSE envelope in canonical form, with the three fields of DSSE and no other."""

    code = "CRYPTO-205"
    title = "Malformed DSSE envelope"


class WrongPayloadType(CryptoError):
    """The envelope holds something of another type than was asked for."""

    code = "CRYPTO-206"
    title = "Payload of another type"


class MalformedSealed(CryptoError):
    """Bytes are not an encrypted envelope of a version that this program knows, or its header was altered."""

    code = "CRYPTO-211"
    title = "Malformed encrypted envelope"


class WrongKey(CryptoError):
    """The envelope was sealed under another key: its data key does not unwrap, or is not the one committed to."""

    code = "CRYPTO-212"
    title = "Wrong key"


class AlteredCiphertext(CryptoError):
    """Encrypted bytes were altered, or something was appended to them."""

    code = "CRYPTO-213"
    title = "Altered ciphertext"


class TruncatedCiphertext(CryptoError):
    """The end of the encrypted bytes is missing."""

    code = "CRYPTO-214"
    title = "Truncated ciphertext"


class MovedCiphertext(CryptoError):
    """Encrypted chunks are in another order than they were sealed in: one was moved, repeated or dropped."""

    code = "CRYPTO-215"
    title = "Chunks moved or dropped"


class MalformedKeyFile(CryptoError):
    """A key file is not of a form that this program knows, or its parts contradict one another."""

    code = "CRYPTO-221"
    title = "Malformed key file"


class WrongPassphrase(CryptoError):
    """The passphrase does not open the key file, or the file was altered."""

    code = "CRYPTO-222"
    title = "Wrong passphrase"


class KeyFileExposed(CryptoError):
    """Others than the owner can read or change the key.

    `chmod 600` the file (`700` the folder); make a new key if somebody may have read it.
    """

    code = "CRYPTO-301"
    title = "Key open to others"


class KeyFolderUnusable(CryptoError):
    """The folder of the keys, or a file in it, cannot be read or written: read-only, full, or another owner."""

    code = "CRYPTO-302"
    title = "Cannot use the key folder"


class UnsupportedAlgorithm(CryptoError):
    """The installed `cryptography` package was built without this algorithm. Install its official wheel."""

    code = "CRYPTO-303"
    title = "Algorithm not available"
