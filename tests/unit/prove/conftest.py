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
from hauberk.core.statement import STATEMENT_PAYLOAD, STATEMENT_TYPE, Statement, Subject
from hauberk.crypto import SigningKey, sign_envelope
from hauberk.ledger import Checkpoint, MerkleTree, Receipt, render_receipt, sign_checkpoint
from hauberk.prove.report import LoggedResult, ReportSource
from hauberk.prove.verify import LoggedStatement, Proof, render_proof

STAGES = ("verify", "harden", "attack", "seal", "gate", "prove")
TYPES = {
    "verify": "urn:hauberk:verify:dataset:v1",
    "harden": "urn:hauberk:harden:choice:v1",
    "attack": "urn:hauberk:attack:evasion:v1",
    "seal": "urn:hauberk:seal:bundle:v1",
    "gate": "https://slsa.dev/verification_summary/v1",
    "prove": "urn:hauberk:prove:report:v1",
    "compare": "urn:hauberk:harden:comparison:v1",
    "promote": "urn:hauberk:harden:promotion:v1",
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
    order: tuple[str, ...] = STAGES
    logged: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)

    def run(self) -> Built:
        self.files = {name: name.encode() for name in ("lab.bundle", "report.html", "report.json")}
        for stage in self.order:
            getattr(self, stage)()
        proof = Proof(system="lab", statements=tuple(self.entry(stage) for stage in self.order))
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
        files = [{"name": "model.ubj", "size": 1, "sha256": digest_bytes(b"m").hex}]
        files.append({"name": "schema.json", "size": 1, "sha256": digest_bytes(b"s").hex})
        predicate = {"inputs": inputs, "details": {"files": files}}
        self.state("seal", [named("bundle", self.files["lab.bundle"])], predicate)

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

    def compare(self) -> None:
        self.state(
            "compare", [named("model", b"m"), named("champion", b"c")], {"claims": [claim("change.robust", 0.1)]}
        )

    def promote(self) -> None:
        subjects = [named("bundle", self.files["lab.bundle"]), named("model", b"m")]
        self.state("promote", subjects, {"inputs": self.earlier()})

    def earlier(self) -> list[Any]:
        return [{"name": stage, "digest": {"sha256": self.digest(stage)}} for stage in self.logged]

    def prove(self) -> None:
        inputs = self.earlier()
        inputs.append(named("bundle", self.files["lab.bundle"]))
        subjects = [named(name, self.files[name]) for name in ("report.html", "report.json")]
        self.state("prove", subjects, {"inputs": inputs})


GATES = {"robust": ">= 0.5", "certified": ">= 0.5"}
KEY = SigningKey("hauberk/lab", [bytes(range(32))])


@pytest.fixture(scope="session")
def tell() -> Callable[..., Built]:
    """Builds a proof in a log of its own; keywords named as a stage edit its statement before it is signed."""

    def build(
        *,
        key: SigningKey = KEY,
        gates: Mapping[str, str] = GATES,
        log: Any = None,
        order: tuple[str, ...] = STAGES,
        **edits: Edit,
    ) -> Built:
        return Story(log=log or MemoryLog(key), key=key, gates=gates, edits=edits, order=order).run()

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


# What a report is made from: the census lender, with figures like those of a real run.


def rate(name: str, value: float, n: int = 12_211, rung: Rung = Rung.MEASURED) -> Claim:
    half = 1.96 * (max(value * (1 - value), 1e-4) / n) ** 0.5
    estimate = Estimate(value=value, low=value - half, high=value + half, n=n, method="clopper-pearson")
    return Claim(name=name, estimate=estimate, rung=rung)


def count(name: str, value: int, unit: str) -> Claim:
    exact = Estimate(value=value, low=value, high=value, n=0, method="count")
    return Claim(name=name, estimate=exact, rung=Rung.MEASURED, unit=unit)


FRONTIER = [
    ("plain", 0.873, 0.137, False, True, "the model without hardening"),
    ("adversarial-1", 0.872, 0.312, False, True, "one round of adversarial rows"),
    ("adversarial-3", 0.869, 0.407, True, True, "three rounds of adversarial rows"),
    ("monotone", 0.866, 0.389, False, True, "monotone in capital-gain"),
    ("mixture", 0.861, 0.455, False, False, "half of the rows are adversarial"),
    ("without-mutable", 0.838, 0.838, False, False, "nothing that an applicant can change"),
]
MARGINS = [
    3,
    9,
    40,
    210,
    900,
    2400,
    4100,
    5200,
    5400,
    4300,
    2900,
    1900,
    1300,
    900,
    700,
    560,
    400,
    260,
    150,
    80,
    30,
    9,
    2,
]


def lending_claims() -> list[Claim]:
    certified = Rung.CERTIFIED
    return [
        *(rate(f"before.{name}", value) for name, value in [("accuracy", 0.8731), ("robust_accuracy", 0.1369)]),
        rate("before.certified_accuracy", 0.1298, rung=certified),
        *(rate(name, value) for name, value in [("accuracy", 0.8692), ("robust_accuracy", 0.4074)]),
        rate("certified_accuracy", 0.3911, rung=certified),
        *(rate(name, value) for name, value in [("clean_loss", 0.0039), ("robust_gain", 0.2705)]),
        *(
            rate(f"demographic_parity_difference.{name}", value)
            for name, value in [("race", 0.1304), ("sex", 0.1811), ("native-country", 0.2417)]
        ),
    ]


def lending_predicates() -> dict[str, dict[str, Any]]:
    adversary = [
        {"feature": "hours-per-week", "can": "within 10 h of the true value, a whole number from 1 to 99"},
        {"feature": "capital-gain", "can": "raised to at most 5,100 USD, a whole number"},
        {"feature": "occupation", "can": "any of 14 categories"},
        {"feature": "workclass", "can": "any of 8 categories"},
    ]
    shares = [("capital-gain", 0.81), ("occupation", 0.64), ("hours-per-week", 0.37), ("workclass", 0.22)]
    frontier = []
    for name, clean, attacked, chosen, allowed, note in FRONTIER:
        point = {"name": name, "chosen": chosen, "allowed": allowed, "note": note, "verdict": ""}
        for kind, value in (("clean", clean), ("attacked", attacked)):
            estimate = rate(kind, value, 7327).estimate
            point[kind] = {"value": value, "low": estimate.low, "high": estimate.high}
        frontier.append(point)
    rows = [(1842, 4.91), (27155, 4.62), (90, 4.4), (33001, 4.38), (12017, 4.11), (5560, 4.02)]
    suspicious = [{"row": row, "given": "denied", "proposed": "approved", "margin": margin} for row, margin in rows]
    finding = {"code": "c", "severity": "warning", "message": "3 rows of the test data are in the training data too"}
    return {
        "verify": {
            "claims": [
                claim.document() for claim in (count("train_rows", 36_631, "rows"), count("test_rows", 12_211, "rows"))
            ]
            + [rate("label_suspects", 0.0132, 36_631).document()],
            "findings": [
                finding | {"count": 3, "feature": "", "rows": [1, 2, 3]},
                {"code": "c", "severity": "info", "message": "column fnlwgt is almost unique in each row", "count": 1},
            ],
            "details": {
                "suspicious": suspicious,
                "margins": {"edges": [-6 + 0.5 * number for number in range(24)], "counts": MARGINS},
            },
        },
        "harden": {"details": {"frontier": frontier, "chosen": "adversarial-3"}},
        "attack": {
            "claims": [claim.document() for claim in lending_claims()],
            "findings": [],
            "details": {
                "adversary": adversary,
                "features": [{"name": name, "share": share} for name, share in shares],
            },
        },
        "seal": {"claims": [count("bundle_size", 412_338, "bytes").document()]},
    }


SUBJECTS = {
    "verify": ("train", "test"),
    "harden": ("model", "baseline"),
    "attack": ("model", "baseline"),
    "seal": ("bundle",),
    "gate": ("bundle",),
}
LENDING_GATES = {
    "accuracy": ">= 0.85",
    "robust_accuracy": ">= 0.4",
    "robust_gain": ">= 0.25",
    "clean_loss": "<= 0.01",
}


@pytest.fixture
def lending() -> Callable[..., ReportSource]:
    """Makes what the report of the lender is made from; `change` edits the predicates first."""

    def make(
        change: Callable[[dict[str, Any]], Any] | None = None, gates: Mapping[str, str] = LENDING_GATES, **fields: Any
    ) -> ReportSource:
        predicates = lending_predicates()
        if change:
            change(predicates)
        claims = {}
        for stage in ("verify", "harden", "attack", "seal"):
            for item in predicates.get(stage, {}).get("claims", []):
                claims[item["name"]] = parse_claim(item, where="")
        results = evaluate_gates([parse_rule(name, rule) for name, rule in gates.items()], claims)
        passed = bool(results) and all(result.passed for result in results)
        predicates["gate"] = {
            "timeVerified": "2026-11-23T20:14:03Z",
            "verificationResult": "PASSED" if passed else "FAILED",
        }
        bundle = digest_bytes(b"bundle")
        logged = []
        for leaf, (stage, predicate) in enumerate(predicates.items()):
            common = {"command": f"hauberk {stage}", "seed": 7, "tool": {"name": "hauberk", "version": "0.1.0"}}
            common["timings"] = {"wallSeconds": 3.7 * leaf + 1.2, "cpuSeconds": 3.0}
            statement = Statement(
                subjects=tuple(Subject(name, digest_bytes(name.encode())) for name in SUBJECTS[stage]),
                predicate_type=TYPES[stage],
                predicate=predicate if stage == "gate" else common | predicate,
            )
            logged.append(
                LoggedResult(stage=stage, leaf=leaf, digest=digest_bytes(stage.encode()), statement=statement)
            )
        facts: dict[str, Any] = {
            "system": "lending",
            "owner": "Example Lender",
            "intended_use": "Pre-screening of loan applications; a person decides.",
            "identity": SigningKey("hauberk/lending", [bytes(32)]).identity.text,
            "size": len(logged),
            "root": digest_bytes(b"root").hex,
            "bundle": bundle,
            "passed": passed,
            "gates": results,
            "results": tuple(logged),
        }
        return ReportSource(**(facts | fields))

    return make
