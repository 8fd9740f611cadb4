"""Keys, signatures and envelopes: the only door to the `cryptography` library."""

from hauberk.crypto.dsse import pre_authentication_encoding, sign_envelope, verify_envelope
from hauberk.crypto.envelope import open_bytes, open_stream, seal_bytes, seal_stream
from hauberk.crypto.file_keys import FileKeyProvider
from hauberk.crypto.identity import (
    Algorithm,
    Profile,
    PublicIdentity,
    PublicKey,
    check_key_name,
    parse_public_identity,
    parse_verifier_key,
)
from hauberk.crypto.keys import Entropy, Signer, SigningKey, generate_signing_key
from hauberk.crypto.note import NoteSignature, VerifiedNote, sign_note, verify_note
from hauberk.crypto.password import CURRENT_PROFILE, PASSWORD_PROFILES, PasswordProfile, derive_key, password_profile
from hauberk.crypto.provider import KeyProvider, SigningProvider
from hauberk.crypto.pseudonym import PseudonymKey, generate_pseudonym_key
from hauberk.crypto.reading import Readable, read_up_to
from hauberk.crypto.stream import (
    CHUNK_SIZE,
    COMMITMENT_SIZE,
    DATA_KEY_SIZE,
    PREFIX_SIZE,
    TAG_SIZE,
    ChunkCipher,
    commit_to_key,
    verify_commitment,
)
from hauberk.crypto.wrapping import KeyWrapper, check_key_label, generate_wrapping_key, unwrap, wrap

__all__ = [
    "CHUNK_SIZE",
    "COMMITMENT_SIZE",
    "CURRENT_PROFILE",
    "DATA_KEY_SIZE",
    "PASSWORD_PROFILES",
    "PREFIX_SIZE",
    "TAG_SIZE",
    "Algorithm",
    "ChunkCipher",
    "Entropy",
    "FileKeyProvider",
    "KeyProvider",
    "KeyWrapper",
    "NoteSignature",
    "PasswordProfile",
    "Profile",
    "PseudonymKey",
    "PublicIdentity",
    "PublicKey",
    "Readable",
    "Signer",
    "SigningKey",
    "SigningProvider",
    "VerifiedNote",
    "check_key_label",
    "check_key_name",
    "commit_to_key",
    "derive_key",
    "generate_pseudonym_key",
    "generate_signing_key",
    "generate_wrapping_key",
    "open_bytes",
    "open_stream",
    "parse_public_identity",
    "parse_verifier_key",
    "password_profile",
    "pre_authentication_encoding",
    "read_up_to",
    "seal_bytes",
    "seal_stream",
    "sign_envelope",
    "sign_note",
    "unwrap",
    "verify_commitment",
    "verify_envelope",
    "verify_note",
    "wrap",
]
