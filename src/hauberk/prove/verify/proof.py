"""The proof file: statements as they stand in the log, each with its receipt, and nothing that is not signed.

The file is the canonical JSON of `{"statements": [{"envelope": …, "receipt": …}, …], "system": …, "type": …}` and a
newline. Envelopes and receipts are the exact texts; the name of the system is that of the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hauberk.core.encoding import Json, parse_json, render_json
from hauberk.core.errors import CoreError
from hauberk.core.limits import DEFAULT_LIMITS, Limits
from hauberk.prove.verify.errors import MalformedProof

__all__ = ["PROOF_TYPE", "LoggedStatement", "Proof", "parse_proof", "render_proof"]

PROOF_TYPE = "urn:hauberk:proof:v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedStatement:
    """A statement that nobody has verified yet: the leaf's bytes and its `.tlog-proof`."""

    envelope: bytes
    receipt: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A proof that nobody has verified yet; the statements in the order of the log."""

    system: str
    statements: tuple[LoggedStatement, ...]


def render_proof(proof: Proof) -> bytes:
    """The bytes of a proof. Law: `parse_proof(render_proof(p)) == p`."""
    statements: list[Json] = [
        {"envelope": one.envelope.decode(), "receipt": one.receipt.decode()} for one in proof.statements
    ]
    return render_json({"type": PROOF_TYPE, "system": proof.system, "statements": statements}) + b"\n"


def parse_proof(data: bytes, *, where: str = "proof", limits: Limits = DEFAULT_LIMITS) -> Proof:
    """The proof that `data` spells, in its one spelling.

    Raises:
        MalformedProof: It is none, or is spelt otherwise.
    """
    try:
        document = parse_json(data, where=where, limits=limits)
        proof = _proof(document, where)
        canonical = render_proof(proof)
    except (CoreError, UnicodeError) as error:
        raise MalformedProof(where=where, expected="a proof", got=str(error)) from error
    if canonical != data:
        place = next((i for i, (a, b) in enumerate(zip(canonical, data, strict=False)) if a != b), len(canonical))
        raise MalformedProof(where=where, expected="canonical JSON", got=f"another spelling at byte {place}")
    return proof


def _proof(document: Json, where: str) -> Proof:
    match document:
        case {"type": str(kind), "system": str(system), "statements": list(found), **rest} if not rest:
            if kind != PROOF_TYPE:
                raise MalformedProof(where=where, expected=PROOF_TYPE, got=repr(kind[:80]))
            return Proof(system=system, statements=tuple(_statement(one, i, where) for i, one in enumerate(found)))
    keys = sorted(document) if isinstance(document, Mapping) else type(document).__name__
    raise MalformedProof(where=where, expected="type, system and statements", got=str(keys)[:120])


def _statement(document: Json, number: int, where: str) -> LoggedStatement:
    match document:
        case {"envelope": str(envelope), "receipt": str(receipt), **rest} if not rest:
            return LoggedStatement(envelope=envelope.encode(), receipt=receipt.encode())
    raise MalformedProof(where=f"{where}: statement {number}", expected="envelope and receipt", got="something else")
