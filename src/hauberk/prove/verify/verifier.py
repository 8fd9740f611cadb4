"""A proof, verified: what it proves, check by check.

The reader trusts one public key and SHA-256. What follows: the signer stated exactly this, about exactly these
artifacts; nothing was changed, left out or added since; and the verdict follows from the statements. What does not
follow: that the measurements were made honestly. Only repeating one shows that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hauberk.core.digest import Digest
from hauberk.core.encoding import Json
from hauberk.crypto import parse_public_identity
from hauberk.ledger import Checkpoint
from hauberk.prove.verify.chain import Verdict, verify_chain, verify_verdict
from hauberk.prove.verify.errors import AlteredFile, SplitProof
from hauberk.prove.verify.evidence import Evidence, verify_evidence
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
        statements: All of them, in the order of the log.
        bundle: Digest of the bundle that the verdict speaks of.
        verdict: The verdict with its gates, evaluated anew.
        files: Digests of the files that belong to the proof, by name.
        checks: What was verified, and which files were not there.
    """

    system: str
    identity: str
    checkpoint: Checkpoint
    statements: tuple[Evidence, ...]
    bundle: Digest
    verdict: Verdict
    files: Mapping[str, Digest]
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether the bundle is admitted: a proof may be authentic and prove that a gate failed."""
        return self.verdict.passed

    def document(self) -> dict[str, Json]:
        """As `--json` prints it; every claim and gate names the leaf that it is from."""
        gates: list[Json] = [
            gate.document() | {"leaf": self.verdict.leaves.get(gate.gate.name)} for gate in self.verdict.gates
        ]
        claims: list[Json] = [claim.document() | {"leaf": one.index} for one in self.statements for claim in one.claims]
        return {
            "system": self.system,
            "verdict": "PASSED" if self.passed else "FAILED",
            "time": self.verdict.time,
            "identity": self.identity,
            "ledger": {"size": self.checkpoint.size, "root": self.checkpoint.root.hex()},
            "bundle": str(self.bundle),
            "gates": gates,
            "claims": claims,
            "statements": [
                {"stage": one.stage, "leaf": one.index, "envelope": str(one.digest)} for one in self.statements
            ],
            "files": {name: str(digest) for name, digest in self.files.items()},
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
        CryptoError: `identity` is no public key (1xx), or a signature is not of this key (2xx).
        ProveError, LedgerError, CoreError: With a code of the hundreds 2xx: something was altered or does not verify;
            the message says what and where.
    """
    trusted = parse_public_identity(identity.strip("\n"), where="public key")
    proof = parse_proof(data, where=where)
    system = trusted.name.rpartition("/")[2]
    if proof.system != system:
        raise SplitProof(where=where, expected=f"system {system}, as the key is named", got=repr(proof.system[:80]))
    evidence, checkpoint = verify_evidence(proof, trusted, where=where)
    bundle = verify_chain(evidence)
    verdict = verify_verdict(evidence, system=system)
    files = {f"{system}.bundle": bundle}
    files |= {name: evidence["prove"].subject(name) for name in ("report.html", "report.json")}
    return VerifiedProof(
        system=system,
        identity=trusted.name,
        checkpoint=checkpoint,
        statements=tuple(sorted(evidence.values(), key=lambda one: one.index)),
        bundle=bundle,
        verdict=verdict,
        files=files,
        checks=(
            Check(what=f"{len(evidence)} statements are signed by {trusted.name} ({trusted.profile})"),
            Check(what=_placed(evidence, checkpoint)),
            Check(what="data, model and bundle are the same from stage to stage; the report is about these statements"),
            Check(
                what=f"{len(verdict.gates)} gates, evaluated again over the claims, give the same results and verdict"
            ),
            *_verified_files(files, find),
        ),
    )


def _placed(evidence: Mapping[str, Evidence], checkpoint: Checkpoint) -> str:
    """Where the statements stand; what the log holds beyond them is said, as it may be newer and say otherwise."""
    later = checkpoint.size - 1 - evidence["prove"].index
    more = f", of which {later} are later than this proof's last" if later else ""
    return f"each is a leaf of one log of {checkpoint.size} statements{more}, root {checkpoint.root.hex()}"


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
