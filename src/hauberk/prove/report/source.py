"""What a report is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.core.claim import Claim, parse_claim
from hauberk.core.digest import Digest
from hauberk.core.encoding import Json
from hauberk.core.gate import GateResult
from hauberk.core.statement import Statement
from hauberk.prove.errors import ContradictoryReport

__all__ = ["ChangedImage", "FragileRow", "LoggedResult", "ReportSource", "verify_source"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedResult:
    """A statement with its place in the log.

    Attributes:
        stage: The stage that made it.
        leaf: Its index.
        digest: Digest of the leaf, which is a signed envelope.
        statement: What it says.
    """

    stage: str
    leaf: int
    digest: Digest
    statement: Statement

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims of the predicate."""
        return tuple(parse_claim(one, where=self.stage) for one in self.entries("claims"))

    @property
    def details(self) -> Mapping[str, Json]:
        """What the stage tells beyond its claims."""
        found = self.statement.predicate.get("details", {})
        return found if isinstance(found, Mapping) else {}

    def entries(self, field: str) -> list[Json]:
        """A list of the predicate; empty where there is none."""
        found = self.statement.predicate.get(field, [])
        return found if isinstance(found, list) else []


@dataclass(frozen=True, slots=True, kw_only=True)
class FragileRow:
    """A test row that a small change turns.

    Attributes:
        row: Its number in the test data.
        label: Its class.
        becomes: What the model says after the change.
        size: Of the change, in the unit of the attack.
        words: The change.
    """

    row: int
    label: str
    becomes: str
    size: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChangedImage:
    """A test picture that a small change turns.

    Attributes:
        row: Its number in the test data.
        label, becomes: Its class, and what the model says after the change.
        before, after: (channels, height, width) from 0 to 1.
    """

    row: int
    label: str
    becomes: str
    before: NDArray[np.float64]
    after: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSource:
    """All that the report is made from.

    Attributes:
        system: Name of the system.
        owner, intended_use: What its owner declares.
        identity: Text of the public key.
        size, root: Of the log when the report was made; the report itself is a later leaf.
        bundle: Digest of the sealed bundle.
        passed: The verdict.
        gates: Results of the gates.
        results: The statements, in the order of the stages.
        fragile: Test rows that fall first, the smallest change first.
        images: Test pictures that fall first.
    """

    system: str
    owner: str
    intended_use: str
    identity: str
    size: int
    root: str
    bundle: Digest
    passed: bool
    gates: tuple[GateResult, ...]
    results: tuple[LoggedResult, ...]
    fragile: tuple[FragileRow, ...] = ()
    images: tuple[ChangedImage, ...] = ()

    @property
    def signers(self) -> tuple[str, ...]:
        """The keys by which statements are signed, as `name+hash`."""
        return tuple("+".join(line.split("+", 2)[:2]) for line in self.identity.splitlines() if line)

    @property
    def claims(self) -> Mapping[str, tuple[Claim, int]]:
        """Each claim with the leaf that it is from; where two have one name, the later stage's, as for the gates."""
        return {claim.name: (claim, one.leaf) for one in self.results for claim in one.claims}

    def stage(self, name: str) -> Mapping[str, Json]:
        """The details of a stage; empty where it is not there."""
        return next((one.details for one in self.results if one.stage == name), {})


def verify_source(source: ReportSource) -> ReportSource:
    """`source`, once its verdict is found to be that of the summary in it, and the bundle the one that it is about.

    Raises:
        ContradictoryReport: It is not.
    """
    for one in source.results:
        if one.stage == "gate":
            found = one.statement.predicate.get("verificationResult")
            if found != ("PASSED" if source.passed else "FAILED"):
                expected = "PASSED" if source.passed else "FAILED"
                raise ContradictoryReport(where=f"leaf {one.leaf}", expected=expected, got=repr(found)[:40])
            if source.bundle not in [subject.digest for subject in one.statement.subjects]:
                raise ContradictoryReport(where=f"leaf {one.leaf}", expected=str(source.bundle), got="another bundle")
            return source
    raise ContradictoryReport(where="report", expected="a verification summary", got="none")
