"""A proof, verified: what it proves, check by check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hauberk.core.claim import Claim
from hauberk.core.digest import Digest
from hauberk.core.encoding import Json
from hauberk.core.gate import GateResult
from hauberk.crypto import parse_public_identity
from hauberk.ledger import Checkpoint
from hauberk.prove.verify.chain import verify_chain, verify_gates
from hauberk.prove.verify.errors import AlteredFile, SplitProof
from hauberk.prove.verify.evidence import verify_evidence
from hauberk.prove.verify.proof import parse_proof

__all__ = ["Check", "Find", "VerifiedProof", "nothing_at_hand", "verify_proof"]

Find = Callable[[str], Digest | None]
"""Gives the digest of a file by its name, or None where there is no such file."""


def nothing_at_hand(name: str) -> Digest | None:  # noqa: ARG001 - the shape of Find
    """Finds no file."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was verified, in a sentence; `done` is False where a file was not there to be checked."""

    what: str
    done: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedProof:
    """What a proof has proven.

    Attributes:
        system: Name of the system.
        identity: Name of the key that signed.
        checkpoint: The log that holds the statements.
        bundle: Digest of the bundle that the verdict speaks of.
        passed: Whether that bundle is admitted.
        gates: The gates, evaluated anew.
        claims: All claims, in the order of the log.
        checks: What was verified, and which files were not there.
    """

    system: str
    identity: str
    checkpoint: Checkpoint
    bundle: Digest
    passed: bool
    gates: tuple[GateResult, ...]
    claims: tuple[Claim, ...]
    checks: tuple[Check, ...]

    def document(self) -> dict[str, Json]:
        """As `--json` prints it."""
        return {
            "system": self.system,
            "verdict": "PASSED" if self.passed else "FAILED",
            "identity": self.identity,
            "ledger": {"size": self.checkpoint.size, "root": self.checkpoint.root.hex()},
            "bundle": str(self.bundle),
            "gates": [gate.document() for gate in self.gates],
            "claims": [claim.document() for claim in self.claims],
            "checks": [{"what": check.what, "done": check.done} for check in self.checks],
        }


def verify_proof(data: bytes, identity: str, *, find: Find = nothing_at_hand, where: str = "proof") -> VerifiedProof:
    """What the proof proves to whoever trusts the public key `identity`.

    Args:
        data: The proof file.
        identity: The text of the public key (a line a key).
        find: Gives the digest of a file by its name, or None where it is not at hand; it is reported as unchecked then.
        where: How messages name the proof.

    Raises:
        HauberkError: With a code of the hundreds 2xx: something was altered or does not verify; the message says
            what and where.
    """
    trusted = parse_public_identity(identity.strip("\n"), where="public key")
    proof = parse_proof(data, where=where)
    system = trusted.name.rpartition("/")[2]
    if proof.system != system:
        raise SplitProof(where=where, expected=f"system {system}, as the key is named", got=repr(proof.system[:80]))
    evidence, checkpoint = verify_evidence(proof, trusted, where=where)
    bundle = verify_chain(evidence)
    gates = verify_gates(evidence, system=system)
    named = {f"{system}.bundle": bundle} | {
        name: evidence["prove"].subject(name) for name in ("report.html", "report.json")
    }
    return VerifiedProof(
        system=system,
        identity=trusted.name,
        checkpoint=checkpoint,
        bundle=bundle,
        passed=bool(gates) and all(gate.passed for gate in gates),
        gates=gates,
        claims=tuple(claim for one in evidence.values() for claim in one.claims),
        checks=(
            Check(what=f"{len(evidence)} statements are signed by {trusted.name} ({trusted.profile})"),
            Check(what=f"each is a leaf of one log of {checkpoint.size} statements, root {checkpoint.root.hex()}"),
            Check(what="data, model and bundle are the same from stage to stage"),
            Check(what=f"{len(gates)} gates, evaluated again over the claims, give the same results and verdict"),
            *_verified_files(named, find),
        ),
    )


def _verified_files(named: Mapping[str, Digest], find: Find) -> list[Check]:
    checks = []
    for name, digest in named.items():
        found = find(name)
        if found is None:
            checks.append(Check(what=f"{name} is not here: not checked", done=False))
        elif found != digest:
            raise AlteredFile(where=name, expected=str(digest), got=str(found))
        else:
            checks.append(Check(what=f"{name} is the one that the log speaks of"))
    return checks
