"""A small system whose six statements are really signed and really logged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hauberk.core.claim import Claim, Estimate, Rung, parse_claim
from hauberk.core.digest import Digest, digest_bytes, digest_json
from hauberk.core.encoding import render_json
from hauberk.core.errors import HauberkError
from hauberk.core.gate import evaluate_gates, parse_rule
from hauberk.core.statement import STATEMENT_PAYLOAD, STATEMENT_TYPE
from hauberk.crypto import SigningKey, sign_envelope
from hauberk.ledger import Checkpoint, MerkleTree, Receipt, render_receipt, sign_checkpoint
from hauberk.prove.verify import LoggedStatement, Proof, render_proof

STAGES = ("verify", "harden", "attack", "seal", "gate", "prove")
TYPES = {
    "verify": "urn:hauberk:verify:dataset:v1",
    "harden": "urn:hauberk:harden:choice:v1",
    "attack": "urn:hauberk:attack:evasion:v1",
    "seal": "urn:hauberk:seal:bundle:v1",
    "gate": "https://slsa.dev/verification_summary/v1",
    "prove": "urn:hauberk:prove:report:v1",
}
Edit = Callable[[dict[str, Any]], None]


def claim(name: str, value: float, rung: Rung = Rung.MEASURED) -> dict[str, Any]:
    estimate = Estimate(value=value, low=value - 0.01, high=value + 0.01, n=100, method="m")
    return dict(Claim(name=name, estimate=estimate, rung=rung).document())


def named(name: str, data: bytes) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": digest_bytes(data).hex}}


@dataclass
class Built:
    """A proof with all that it speaks of."""

    data: bytes
    proof: Proof
    key: SigningKey
    files: dict[str, bytes]
    envelopes: dict[str, bytes]

    @property
    def identity(self) -> str:
        return self.key.identity.text

    def find(self, name: str) -> Digest | None:
        return digest_bytes(self.files[name]) if name in self.files else None

    def save(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in self.files.items():
            (folder / name).write_bytes(data)
        (folder / "lab.pub").write_text(self.identity + "\n")
        (folder / "lab.proof.json").write_bytes(self.data)
        return folder / "lab.proof.json"


class MemoryLog:
    """A log without a disk; the one on disk is tried in test_command.py."""

    def __init__(self, key: SigningKey) -> None:
        self.tree = MerkleTree()
        self.key = key

    def append(self, entries: list[bytes]) -> range:
        return self.tree.append(entries)

    def receipt(self, index: int) -> bytes:
        checkpoint = Checkpoint(origin=self.key.identity.name, size=self.tree.size, root=self.tree.root())
        note = sign_checkpoint(checkpoint, [self.key])
        return render_receipt(Receipt(index=index, path=tuple(self.tree.inclusion_proof(index)), note=note))


@dataclass
class Story:
    """Signs and logs the statements of one run; `edits` change a statement's document before it is signed."""

    log: Any
    key: SigningKey
    gates: Mapping[str, str]
    edits: Mapping[str, Edit] = field(default_factory=dict)
    logged: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)

    def run(self) -> Built:
        self.files = {name: name.encode() for name in ("lab.bundle", "report.html", "report.json")}
        for stage in STAGES:
            getattr(self, stage)()
        proof = Proof(system="lab", statements=tuple(self.entry(stage) for stage in STAGES))
        envelopes = {stage: envelope for stage, (_, envelope) in self.logged.items()}
        return Built(render_proof(proof), proof, self.key, self.files, envelopes)

    def entry(self, stage: str) -> LoggedStatement:
        leaf, envelope = self.logged[stage]
        return LoggedStatement(envelope=envelope, receipt=self.log.receipt(leaf))

    def state(self, stage: str, subjects: list[Any], predicate: dict[str, Any]) -> None:
        document = {"_type": STATEMENT_TYPE, "subject": subjects, "predicateType": TYPES[stage]}
        document["predicate"] = predicate
        if stage in self.edits:
            self.edits[stage](document)
        payload = document.pop("raw", None) or render_json(document)
        envelope = sign_envelope(payload, STATEMENT_PAYLOAD, self.key)
        self.documents[stage] = document
        self.logged[stage] = (self.log.append([envelope])[0], envelope)

    def digest(self, stage: str) -> str:
        return digest_bytes(self.logged[stage][1]).hex

    def verify(self) -> None:
        self.state("verify", [named("train", b"1"), named("test", b"2")], {"claims": [claim("suspects", 0.02)]})

    def harden(self) -> None:
        model = named("model", b"m")
        self.state("harden", [model, named("baseline", b"p")], {"inputs": [named("train", b"1")]})

    def attack(self) -> None:
        claims = [claim("robust", 0.7), claim("certified", 0.6, Rung.CERTIFIED), claim("before.robust", 0.2)]
        model = named("model", b"m")
        self.state("attack", [model], {"inputs": [named("test", b"2")], "claims": claims})

    def seal(self) -> None:
        inputs = [named("model", b"m"), named("train", b"1")]
        self.state("seal", [named("bundle", self.files["lab.bundle"])], {"inputs": inputs})

    def gate(self) -> None:
        gates = [parse_rule(name, rule) for name, rule in self.gates.items()]
        claims = {}
        for stage in STAGES[:4]:
            for item in self.documents[stage]["predicate"].get("claims", []):
                with suppress(HauberkError, TypeError):  # tests make statements that no honest stage would
                    claims[item["name"]] = parse_claim(item, where="")
        results = evaluate_gates(gates, claims)
        passed = bool(results) and all(result.passed for result in results)
        rungs = sorted({f"HAUBERK_{result.claim.rung.upper()}" for result in results if result.claim})
        grounds = [
            {"uri": f"urn:hauberk:leaf:{self.logged[stage][0]}", "digest": {"sha256": self.digest(stage)}}
            for stage in STAGES[:4]
        ]
        predicate = {
            "verifier": {"id": "urn:hauberk:gate"},
            "timeVerified": "2026-11-23T20:00:00Z",
            "resourceUri": "urn:hauberk:bundle:lab",
            "policy": {
                "uri": "hauberk.toml#gates",
                "digest": {"sha256": digest_json({gate.name: gate.rule for gate in gates}).hex},
            },
            "inputAttestations": grounds,
            "verificationResult": "PASSED" if passed else "FAILED",
            "verifiedLevels": rungs if passed else ["FAILED"],
            "hauberk_gates": [dict(result.document()) for result in results],
        }
        self.state("gate", [named("bundle", self.files["lab.bundle"])], predicate)

    def prove(self) -> None:
        inputs = [{"name": stage, "digest": {"sha256": self.digest(stage)}} for stage in STAGES[:5]]
        inputs.append(named("bundle", self.files["lab.bundle"]))
        subjects = [named(name, self.files[name]) for name in ("report.html", "report.json")]
        self.state("prove", subjects, {"inputs": inputs})


GATES = {"robust": ">= 0.5", "certified": ">= 0.5"}
KEY = SigningKey("hauberk/lab", [bytes(range(32))])


@pytest.fixture(scope="session")
def tell() -> Callable[..., Built]:
    """Builds a proof in a log of its own; keywords named as a stage edit its statement before it is signed."""

    def build(*, key: SigningKey = KEY, gates: Mapping[str, str] = GATES, log: Any = None, **edits: Edit) -> Built:
        return Story(log=log or MemoryLog(key), key=key, gates=gates, edits=edits).run()

    return build


@pytest.fixture
def tell_in() -> tuple[MemoryLog, Callable[..., tuple[Story, Built]]]:
    """An empty log, and a function that tells one more story in it."""
    log = MemoryLog(KEY)

    def story(*, gates: Mapping[str, str] = GATES) -> tuple[Story, Built]:
        made = Story(log=log, key=KEY, gates=gates)
        return made, made.run()

    return log, story


@pytest.fixture(scope="session")
def built(tell: Callable[..., Built]) -> Built:
    """The proof of a system that passed; tests do not change it."""
    return tell()
