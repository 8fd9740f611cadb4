"""The statements of a proof, each verified for itself: signature, place in the one log, form, type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hauberk.core.claim import Claim, parse_claim
from hauberk.core.digest import Digest, digest_bytes
from hauberk.core.errors import Malformed
from hauberk.core.statement import Statement, Subject, parse_statement, parse_subject, render_statement
from hauberk.crypto import PublicIdentity, verify_envelope
from hauberk.ledger import Checkpoint, verify_receipt
from hauberk.prove.verify.errors import BrokenChain, IncompleteProof, SplitProof
from hauberk.prove.verify.proof import Proof

__all__ = ["STATEMENT_TYPES", "Evidence", "verify_evidence"]

PAYLOAD = "application/vnd.in-toto+json"
STATEMENT_TYPES: Mapping[str, str] = {
    "verify": "urn:hauberk:verify:dataset:v1",
    "harden": "urn:hauberk:harden:choice:v1",
    "attack": "urn:hauberk:attack:evasion:v1",
    "seal": "urn:hauberk:seal:bundle:v1",
    "gate": "https://slsa.dev/verification_summary/v1",
    "prove": "urn:hauberk:prove:report:v1",
}
"""The statements that a proof must have, one of each, by stage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One statement whose signature and place in the log are verified."""

    stage: str
    index: int
    digest: Digest
    statement: Statement

    def subject(self, name: str) -> Digest:
        """Digest of the subject of this name.

        Raises:
            BrokenChain: The statement does not speak of it.
        """
        return self._named(self.statement.subjects, name, "subject")

    def input(self, name: str) -> Digest:
        """Digest of the input of this name.

        Raises:
            BrokenChain: The stage did not read it.
        """
        found = self.statement.predicate.get("inputs", [])
        inputs = [parse_subject(one, where=self.where) for one in found] if isinstance(found, list) else []
        return self._named(tuple(inputs), name, "input")

    @property
    def where(self) -> str:
        """How messages name the statement."""
        return f"leaf {self.index} ({self.stage})"

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims of the predicate."""
        found = self.statement.predicate.get("claims", [])
        return tuple(parse_claim(one, where=self.where) for one in found) if isinstance(found, list) else ()

    def _named(self, subjects: tuple[Subject, ...], name: str, kind: str) -> Digest:
        digests = [subject.digest for subject in subjects if subject.name == name]
        if len(digests) != 1:
            raise BrokenChain(where=self.where, expected=f"one {kind} named {name}", got=str(len(digests)))
        return digests[0]


def verify_evidence(proof: Proof, identity: PublicIdentity, *, where: str) -> tuple[Mapping[str, Evidence], Checkpoint]:
    """The statements by stage, and the one checkpoint under which all of them stand.

    Raises:
        IncompleteProof: One is missing, there twice, or of an unknown type.
        SplitProof: They stand under different checkpoints, or not in the order of the log.
        LedgerError, CryptoError, Malformed: A receipt, a signature or a form does not verify.
    """
    found: dict[str, Evidence] = {}
    checkpoints: list[Checkpoint] = []
    last = -1
    for one, checkpoint in _verified(proof, identity, where):
        if one.stage in found:
            raise IncompleteProof(where=where, expected=f"one statement of {one.stage}", got="two")
        if one.index <= last:
            raise SplitProof(where=where, expected=f"a leaf after {last}", got=str(one.index))
        last = one.index
        found[one.stage] = one
        checkpoints.append(checkpoint)
    missing = [stage for stage in STATEMENT_TYPES if stage not in found]
    if missing:
        raise IncompleteProof(where=where, expected="a statement of every stage", got=f"none of {', '.join(missing)}")
    if any(checkpoint != checkpoints[0] for checkpoint in checkpoints):
        raise SplitProof(where=where, expected="one checkpoint", got="several")
    return found, checkpoints[0]


def _verified(proof: Proof, identity: PublicIdentity, where: str) -> Iterator[tuple[Evidence, Checkpoint]]:
    stages = {kind: stage for stage, kind in STATEMENT_TYPES.items()}
    for number, logged in enumerate(proof.statements):
        here = f"{where}: statement {number}"
        receipt = verify_receipt(
            logged.envelope, logged.receipt, identity.keys, origin=identity.name, where=f"{here}: receipt"
        )
        payload = verify_envelope(logged.envelope, identity, payload_type=PAYLOAD, where=f"{here}: envelope")
        statement = parse_statement(payload, where=here)
        if render_statement(statement) != payload:
            raise Malformed(where=here, expected="a canonical statement", got="another spelling")
        if statement.predicate_type not in stages:
            raise IncompleteProof(where=here, expected="a known type of statement", got=statement.predicate_type[:80])
        one = Evidence(
            stage=stages[statement.predicate_type],
            index=receipt.index,
            digest=digest_bytes(logged.envelope),
            statement=statement,
        )
        yield one, receipt.checkpoint
