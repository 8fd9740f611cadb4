"""The proof file: everything that a stranger needs to check a verdict, in one canonical JSON document.

Nothing in it has to be believed: every field is signed, or is recomputed from what is signed, and the document has
one spelling only. The format is described in docs/reference/proof.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hauberk.core.digest import Digest, parse_digest
from hauberk.core.encoding import Json, parse_json, render_json
from hauberk.core.errors import CoreError
from hauberk.core.limits import Limits
from hauberk.prove.errors import BadFileName, MalformedProof

__all__ = ["PROOF_FORMAT", "PROOF_LIMITS", "Proof", "ProofEntry", "check_file_name", "parse_proof", "render_proof"]

PROOF_FORMAT = "urn:hauberk:proof:v1"
PROOF_LIMITS = Limits(document_bytes=16 * 1024 * 1024, depth=8, items=256)
"""A leaf has at most 64 KiB, and a verdict rests on a handful of them."""

_FIELDS = {"format", "system", "checkpoint", "statements", "files"}
_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofEntry:
    """One statement as it was logged.

    Attributes:
        envelope: The exact bytes of the leaf, a DSSE envelope.
        receipt: Its `.tlog-proof`, with the checkpoint of the proof in it.
    """

    envelope: bytes
    receipt: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A proof that nobody has verified yet.

    Attributes:
        system: Name of the system; its ledger is `hauberk/<system>`.
        checkpoint: The signed note of the ledger.
        entries: The statements, in the order of their leaves.
        files: Digests of the files that belong to the proof, by the names under which they lie beside it.
    """

    system: str
    checkpoint: bytes
    entries: tuple[ProofEntry, ...]
    files: Mapping[str, Digest] = field(default_factory=dict)


def check_file_name(name: str, *, where: str = "proof") -> str:
    """`name`, if it is that of a file in the very folder.

    Raises:
        BadFileName: It is not: a folder, a drive, a hidden file, or something that cannot be printed.
    """
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable() or set("/\\:") & set(name) or name[0] == ".":
        raise BadFileName(where=where, expected="a plain file name", got=repr(name)[:80])
    return name


def render_proof(proof: Proof) -> bytes:
    """The bytes of the proof file. Law: `parse_proof(render_proof(p)) == p`.

    Raises:
        BadFileName: A file has no plain name.
    """
    statements: list[Json] = [
        {"envelope": entry.envelope.decode(), "receipt": entry.receipt.decode()} for entry in proof.entries
    ]
    document: dict[str, Json] = {"format": PROOF_FORMAT, "system": proof.system, "statements": statements}
    document["checkpoint"] = proof.checkpoint.decode()
    document["files"] = {check_file_name(name): str(digest) for name, digest in proof.files.items()}
    return render_json(document) + b"\n"


def parse_proof(data: bytes, *, where: str = "proof", limits: Limits = PROOF_LIMITS) -> Proof:
    """The proof in `data`, in the one canonical spelling. Law: `render_proof(parse_proof(d)) == d`.

    Raises:
        MalformedProof: It is none, or spelt in another way.
    """
    try:
        proof = _proof(parse_json(data, where=where, limits=limits), where)
        canonical = render_proof(proof) == data
    except (CoreError, BadFileName) as error:
        raise MalformedProof(where=error.where or where, expected=error.expected, got=error.got) from error
    except UnicodeError as error:
        raise MalformedProof(where=where, expected="UTF-8 text", got="a lone surrogate") from error
    if not canonical:
        expected = "canonical JSON: sorted keys, no white space, a newline at the end"
        raise MalformedProof(where=where, expected=expected, got="another spelling")
    return proof


def _proof(document: Json, where: str) -> Proof:
    match document:
        case {
            "format": str(form),
            "system": str(system),
            "checkpoint": str(checkpoint),
            "statements": list(statements),
            "files": dict(files),
        } if set(document) == _FIELDS and form == PROOF_FORMAT:
            return Proof(
                system=system,
                checkpoint=checkpoint.encode(),
                entries=tuple(_entry(item, f"{where}, statement {number}") for number, item in enumerate(statements)),
                files={check_file_name(name): _digest(value, f"{where}, file {name}") for name, value in files.items()},
            )
    fields = ", ".join(sorted(document)) if isinstance(document, Mapping) else type(document).__name__
    raise MalformedProof(where=where, expected=f"a document of format {PROOF_FORMAT}", got=fields[:120])


def _entry(document: Json, where: str) -> ProofEntry:
    match document:
        case {"envelope": str(envelope), "receipt": str(receipt), **rest} if not rest:
            return ProofEntry(envelope=envelope.encode(), receipt=receipt.encode())
    raise MalformedProof(where=where, expected="an envelope and a receipt", got=repr(document)[:120])


def _digest(value: Json, where: str) -> Digest:
    return parse_digest(value if isinstance(value, str) else "", where=where)
