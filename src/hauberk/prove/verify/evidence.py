"""The statements of a proof, each verified for itself: signature, place in the one log, form, type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hauberk.core.claim import Claim, parse_claim
from hauberk.core.digest import Digest, digest_bytes
from hauberk.core.encoding import Json
from hauberk.core.errors import Malformed
from hauberk.core.statement import (
    STATEMENT_PAYLOAD,
    Statement,
    Subject,
    parse_statement,
    parse_subject,
    render_statement,
)
from hauberk.crypto import PublicIdentity, verify_envelope
from hauberk.crypto.errors import MissingSignature, UnexpectedSignature
from hauberk.ledger import Checkpoint, VerifiedReceipt, verify_receipt
from hauberk.prove.verify.errors import BrokenChain, IncompleteProof, SplitProof, WrongSigner
from hauberk.prove.verify.proof import LoggedStatement, Proof

__all__ = ["STATEMENT_TYPES", "Evidence", "verify_evidence"]

STATEMENT_TYPES: Mapping[str, str] = {
    "verify": "urn:hauberk:verify:dataset:v1",
    "harden": "urn:hauberk:harden:choice:v1",
    "attack": "urn:hauberk:attack:evasion:v1",
    "seal": "urn:hauberk:seal:bundle:v1",
    "gate": "https://slsa.dev/verification_summary/v1",
    "prove": "urn:hauberk:prove:report:v1",
}
"""The statements that a proof must have, one of each, by stage."""
FURTHER_TYPES: Mapping[str, str] = {
    "compare": "urn:hauberk:harden:comparison:v1",
    "promote": "urn:hauberk:harden:promotion:v1",
}
"""Those that it may have, at most one of each: of a model that took over from another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One statement whose signature and place in the log are verified.

    Attributes:
        stage: The stage that made it.
        index: Its leaf.
        digest: Digest of the leaf, which is a signed envelope.
        statement: What it says.
        inputs: The artifacts and statements that the stage read.
        claims: What it claims, each name once.
    """

    stage: str
    index: int
    digest: Digest
    statement: Statement
    inputs: tuple[Subject, ...]
    claims: tuple[Claim, ...]

    def subject(self, name: str) -> Digest:
        """Digest of the subject of this name.

        Raises:
            BrokenChain: The statement does not speak of it, or twice.
        """
        return self._named(self.statement.subjects, name, "subject")

    def input(self, name: str) -> Digest:
        """Digest of the input of this name.

        Raises:
            BrokenChain: The stage did not read it, or read two of this name.
        """
        return self._named(self.inputs, name, "input")

    @property
    def where(self) -> str:
        """How messages name the statement."""
        return f"leaf {self.index} ({self.stage})"

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
        WrongSigner: One is not signed by the identity, or not by it alone.
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
    stages = {kind: stage for types in (STATEMENT_TYPES, FURTHER_TYPES) for stage, kind in types.items()}
    for number, logged in enumerate(proof.statements):
        here = f"{where}: statement {number}"
        receipt, payload = _opened(logged, identity, here)
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
            inputs=tuple(parse_subject(entry, where=here) for entry in _list(statement, "inputs", here)),
            claims=_claims(statement, here),
        )
        yield one, receipt.checkpoint


def _claims(statement: Statement, here: str) -> tuple[Claim, ...]:
    claims = tuple(parse_claim(entry, where=here) for entry in _list(statement, "claims", here))
    if len({claim.name for claim in claims}) != len(claims):
        raise Malformed(where=here, expected="claims of different names", got="two of one name")
    return claims


def _list(statement: Statement, field: str, here: str) -> list[Json]:
    found = statement.predicate.get(field, [])
    if not isinstance(found, list):
        raise Malformed(where=here, expected=f"a list of {field}", got=type(found).__name__)
    return found


def _opened(logged: LoggedStatement, identity: PublicIdentity, here: str) -> tuple[VerifiedReceipt, bytes]:
    """Place and payload of a statement, both signed by the identity and nobody else."""
    try:
        receipt = verify_receipt(
            logged.envelope, logged.receipt, identity.keys, origin=identity.name, where=f"{here}: receipt"
        )
        kind = STATEMENT_PAYLOAD
        return receipt, verify_envelope(logged.envelope, identity, payload_type=kind, where=f"{here}: envelope")
    except (MissingSignature, UnexpectedSignature) as error:
        expected = f"signatures of {', '.join(key.label for key in identity.keys)} only"
        hint = "compare the key with the one that you were given"
        raise WrongSigner(where=error.where, expected=expected, got=error.got, hint=hint) from error
