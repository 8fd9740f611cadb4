"""What a proof proves, and that nothing else verifies: not a changed byte, not a false word under a true signature."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import lru_cache
from itertools import combinations

import pytest

from hauberk.core.claim import Claim, Estimate, Rung
from hauberk.core.digest import digest_bytes
from hauberk.core.encoding import render_json
from hauberk.core.errors import HauberkError
from hauberk.crypto import Profile, PublicKey, SigningKey, generate_signing_key
from hauberk.crypto.errors import BadPublicKey, BadSignature
from hauberk.ledger.errors import LedgerError
from hauberk.prove.verify import LoggedStatement, Proof, parse_proof, render_proof, verify_proof
from hauberk.prove.verify.errors import (
    AlteredFile,
    BrokenChain,
    IncompleteProof,
    MalformedProof,
    SplitProof,
    WrongGates,
    WrongSigner,
    WrongVerdict,
)
from hauberk.prove.verify.verifier import nothing_at_hand

STAGES = ("verify", "harden", "attack", "seal", "gate", "prove")


def verify(built, **changes):
    arguments = {"data": built.data, "identity": built.identity, "find": built.find} | changes
    return verify_proof(arguments.pop("data"), arguments.pop("identity"), **arguments)


def refused(built, **changes):
    """The error that a changed proof gives: always of the hundreds 2xx, and naming a place."""
    with pytest.raises(HauberkError) as caught:
        verify(built, **changes)
    assert caught.value.code.split("-")[1].startswith("2"), caught.value
    assert caught.value.exit_code == 1
    assert caught.value.where
    return caught.value


def changed(built, entries):
    return render_proof(replace(built.proof, statements=tuple(entries)))


def claim(name, value):
    return Claim(name=name, estimate=Estimate(value=value, low=value, high=value, n=1, method="m"), rung=Rung.MEASURED)


def test_an_authentic_proof(built):
    verified = verify(built)
    assert verified.passed
    assert verified.system == "lab"
    assert verified.identity == "hauberk/lab"
    assert verified.bundle == built.find("lab.bundle")
    assert [one.stage for one in verified.statements] == list(STAGES)
    assert [gate.gate.name for gate in verified.verdict.gates] == ["robust", "certified"]
    assert verified.verdict.leaves["certified"] == 2
    assert verified.checkpoint.size == 6
    assert all(check.done for check in verified.checks)
    document = verified.document()
    assert document["verdict"] == "PASSED"
    assert document["time"] == "2026-11-23T20:00:00Z"
    assert [claim["leaf"] for claim in document["claims"]] == [0, 2, 2, 2]
    assert [gate["leaf"] for gate in document["gates"]] == [2, 2]


def test_files_that_are_not_there_are_said_to_be_unchecked(built):
    checks = verify(built, find=nothing_at_hand).checks
    assert [check.what.split(" ")[0] for check in checks if not check.done] == [
        "lab.bundle",
        "report.html",
        "report.json",
    ]


@pytest.mark.parametrize("gates", [{"robust": ">= 0.9"}, {"robust": ">= 0.5", "missing": ">= 0"}, {}])
def test_a_failed_verdict_is_authentic(tell, gates):
    verified = verify(tell(gates=gates))
    assert not verified.passed
    assert verified.document()["verdict"] == "FAILED"


def test_a_hybrid_identity(tell):
    key = SigningKey("hauberk/lab", [bytes(32), bytes(range(32))])
    built = tell(key=key)
    assert verify(built).passed
    classical = SigningKey("hauberk/lab", [bytes(32)])
    refused(built, identity=classical.identity.text)
    refused(tell(key=classical), identity=key.identity.text)


# One byte, a cut, a tail.


@pytest.fixture
def remembering(monkeypatch):
    """Verifies each true signature once; a false one is never remembered, so that nothing is let through."""
    monkeypatch.setattr(PublicKey, "verify", lru_cache(maxsize=64)(PublicKey.verify))


@pytest.mark.parametrize("kind", ["lowest bit", "case bit", "random"])
def test_every_flipped_byte_fails(built, remembering, kind):
    generator = random.Random(4)
    masks = {"lowest bit": lambda: 1, "case bit": lambda: 0x20, "random": lambda: generator.randrange(1, 256)}
    assert verify(built).passed
    for place in range(len(built.data)):
        flipped = bytearray(built.data)
        flipped[place] ^= masks[kind]()
        refused(built, data=bytes(flipped))


def test_every_flipped_byte_of_a_hybrid_proof_fails(tell, remembering):
    key = SigningKey("hauberk/lab", [bytes(32), bytes(range(32))])
    built = tell(key=key)
    generator = random.Random(0)
    for place in generator.sample(range(len(built.data)), 600):
        flipped = bytearray(built.data)
        flipped[place] ^= 1
        refused(built, data=bytes(flipped))


def test_every_cut_and_every_tail_fails(built):
    for length in [*range(0, len(built.data), 97), len(built.data) - 1]:
        refused(built, data=built.data[:length])
    for tail in (b"\n", b" ", b"\x00", b"{}", built.data):
        refused(built, data=built.data + tail)


def test_a_removed_byte_fails(built):
    for place in range(0, len(built.data), 41):
        refused(built, data=built.data[:place] + built.data[place + 1 :])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'{"statements"', b'{ "statements"'),
        (b'{"statements"', b'{"extra":1,"statements"'),
        (b'{"envelope"', b'{"extra":1,"envelope"'),
        (b'"system":"lab"', b'"system":"l\\u0061b"'),
        (b'"system":"lab"', b'"system":"lab","system":"lab"'),
        (b'"system":"lab"', b'"system":"\\ud800"'),
        (b'"system":"lab"', b'"system":1e999'),
        (b'"system":"lab"', b'"system":"LAB"'),
        (b"urn:hauberk:proof:v1", b"urn:hauberk:proof:v2"),
        (b"\xe2\x80\x94", b"\\u2014"),
    ],
)
def test_another_spelling_fails(built, old, new):
    assert old in built.data
    refused(built, data=built.data.replace(old, new, 1))


@pytest.mark.parametrize("data", [b"", b"\n", b"null\n", b"[]\n", b"{}\n", b'"x"\n', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_proof(built, data):
    assert isinstance(refused(built, data=data), MalformedProof)


# Statements and receipts moved about.


def test_the_empty_proof_proves_nothing(built):
    assert isinstance(refused(built, data=changed(built, [])), IncompleteProof)


@pytest.mark.parametrize("number", range(6))
def test_a_missing_statement(built, number):
    entries = [entry for place, entry in enumerate(built.proof.statements) if place != number]
    error = refused(built, data=changed(built, entries))
    assert isinstance(error, IncompleteProof)
    assert STAGES[number] in error.message


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("beside", [True, False])
def test_a_doubled_statement(built, number, beside):
    entries = list(built.proof.statements)
    entries.insert(number + 1 if beside else len(entries), entries[number])
    assert isinstance(refused(built, data=changed(built, entries)), IncompleteProof | SplitProof)


@pytest.mark.parametrize(("one", "other"), list(combinations(range(6), 2)))
def test_statements_out_of_order(built, one, other):
    entries = list(built.proof.statements)
    entries[one], entries[other] = entries[other], entries[one]
    assert isinstance(refused(built, data=changed(built, entries)), SplitProof)


@pytest.mark.parametrize(("one", "other"), list(combinations(range(6), 2)))
def test_swapped_receipts(built, one, other):
    entries = list(built.proof.statements)
    first, second = entries[one], entries[other]
    entries[one] = LoggedStatement(envelope=first.envelope, receipt=second.receipt)
    entries[other] = LoggedStatement(envelope=second.envelope, receipt=first.receipt)
    assert isinstance(refused(built, data=changed(built, entries)), LedgerError)


def test_receipts_of_two_moments(tell_in):
    log, story = tell_in
    run, built = story()
    log.append([b"something later"])
    late = [run.entry(stage) for stage in STAGES]
    assert verify(built).passed
    assert verify(built, data=changed(built, late)).passed
    mixed = [*built.proof.statements[:3], *late[3:]]
    assert isinstance(refused(built, data=changed(built, mixed)), SplitProof)


def test_what_the_log_holds_beyond_the_proof_is_said(tell_in):
    log, story = tell_in
    run, built = story()
    log.append([b"one", b"two"])
    data = changed(built, [run.entry(stage) for stage in STAGES])
    assert "2 are later" in verify(built, data=data).checks[1].what


@pytest.mark.parametrize("stages", [{stage} for stage in STAGES] + [{"gate", "prove"}, {"verify", "harden"}])
@pytest.mark.parametrize("newer", [True, False])
def test_statements_of_two_runs_do_not_mix(tell_in, stages, newer):
    """Both runs are true, of one log and one key, and differ in their gates only; no mixture of them is."""
    _, story = tell_in
    first, _ = story(gates={"robust": ">= 0.1" if newer else ">= 0.9"})
    second, built = story(gates={"robust": ">= 0.9" if newer else ">= 0.1"})
    assert verify(built, data=changed(built, [first.entry(stage) for stage in STAGES])).passed is newer
    sources = {stage: first if stage in stages else second for stage in STAGES}
    order = sorted(STAGES, key=lambda stage: sources[stage].logged[stage][0])
    entries = [sources[stage].entry(stage) for stage in order]
    assert isinstance(refused(built, data=changed(built, entries)), BrokenChain)


@pytest.mark.parametrize("stage", STAGES)
def test_a_further_statement_of_an_earlier_run(tell_in, stage):
    """True, signed, logged, and in the order of the log; but this verdict does not rest on it."""
    _, story = tell_in
    first, _ = story(gates={"robust": ">= 0.1"})
    second, built = story()
    entries = [first.entry(stage), *[second.entry(name) for name in STAGES]]
    assert isinstance(refused(built, data=changed(built, entries)), IncompleteProof)


# Other keys.


def test_another_key_of_the_same_name(built):
    other = generate_signing_key("hauberk/lab")
    assert isinstance(refused(built, identity=other.identity.text), WrongSigner)


def test_statements_signed_again_by_another_key(built, tell):
    forged = tell(key=generate_signing_key("hauberk/lab"))
    refused(forged, identity=built.identity)
    for number in range(6):
        entries = list(built.proof.statements)
        entries[number] = forged.proof.statements[number]
        refused(built, data=changed(built, entries))
        entries[number] = replace(built.proof.statements[number], envelope=forged.proof.statements[number].envelope)
        refused(built, data=changed(built, entries))


def test_a_key_of_another_system(built, tell):
    other = SigningKey("hauberk/clinic", [bytes(range(32))])
    error = refused(built, identity=other.identity.text)
    assert "clinic" in error.message


@pytest.mark.parametrize("text", ["", "\n", "nonsense", "a+b", "hauberk/lab+00000000+AAAA"])
def test_what_is_no_key_is_the_users_fault(built, text):
    with pytest.raises(HauberkError) as caught:
        verify(built, identity=text)
    assert caught.value.exit_code == 2
    assert isinstance(caught.value, BadPublicKey) or caught.value.code.startswith("CRYPTO-1")


def test_an_extra_signature_is_refused(built):
    """A second line on the checkpoint would be a byte that nobody answers for."""
    entries = [
        replace(entry, receipt=entry.receipt + "\u2014 someone AAAAAAAA\n".encode()) for entry in built.proof.statements
    ]
    refused(built, data=changed(built, entries))


def test_a_signature_that_is_another_ones(built):
    entries = list(built.proof.statements)
    first, second = (entries[number].envelope.decode() for number in (0, 1))
    other = second[second.index('"signatures"') :]
    entries[0] = replace(entries[0], envelope=(first[: first.index('"signatures"')] + other).encode())
    assert isinstance(refused(built, data=changed(built, entries)), LedgerError | BadSignature)


# True signatures over false words: the signer's mistake, or malice.


def set_in(*path_and_value):
    *path, last, value = path_and_value

    def edit(document):
        for step in path:
            document = document[step]
        document[last] = value

    return edit


OTHER = {"sha256": "0" * 64}


@pytest.mark.parametrize(
    ("stage", "edit", "kind"),
    [
        ("harden", set_in("subject", 0, "digest", OTHER), BrokenChain),
        ("harden", set_in("subject", 0, "name", "modell"), BrokenChain),
        ("harden", set_in("predicate", "inputs", 0, "digest", OTHER), BrokenChain),
        ("harden", set_in("predicate", "inputs", []), BrokenChain),
        ("harden", lambda d: d["subject"].append(d["subject"][0]), BrokenChain),
        ("attack", set_in("subject", 0, "digest", OTHER), BrokenChain),
        ("attack", set_in("predicate", "inputs", 0, "digest", OTHER), BrokenChain),
        ("attack", set_in("predicate", "inputs", "test"), HauberkError),
        ("attack", set_in("predicate", "inputs", [1]), HauberkError),
        ("seal", set_in("predicate", "inputs", 0, "digest", OTHER), BrokenChain),
        ("seal", set_in("predicate", "inputs", 1, "digest", OTHER), BrokenChain),
        ("seal", set_in("subject", 0, "name", "b"), BrokenChain),
        ("seal", set_in("predicate", "details", "files", 0, "sha256", "0" * 64), BrokenChain),
        ("seal", set_in("predicate", "details", "files", 0, "name", "other.ubj"), BrokenChain),
        ("seal", set_in("predicate", "details", "files", 1, "name", "model.json"), BrokenChain),
        ("seal", set_in("predicate", "details", "files", "model.ubj"), BrokenChain),
        ("seal", set_in("predicate", "details", None), BrokenChain),
        ("verify", set_in("subject", 0, "digest", OTHER), BrokenChain),
        ("verify", set_in("subject", 1, "digest", OTHER), BrokenChain),
        ("gate", set_in("subject", 0, "digest", OTHER), BrokenChain),
        ("gate", lambda d: d["subject"].append({"name": "other", "digest": OTHER}), BrokenChain),
        ("gate", set_in("predicate", "resourceUri", "urn:hauberk:bundle:bank"), BrokenChain),
        ("gate", set_in("predicate", "inputAttestations", []), BrokenChain),
        ("gate", lambda d: d["predicate"]["inputAttestations"].pop(), BrokenChain),
        ("gate", lambda d: d["predicate"]["inputAttestations"].reverse(), BrokenChain),
        ("gate", set_in("predicate", "inputAttestations", 0, "uri", "urn:hauberk:leaf:9"), BrokenChain),
        ("gate", set_in("predicate", "inputAttestations", 2, "digest", OTHER), BrokenChain),
        ("gate", set_in("predicate", "verificationResult", "FAILED"), WrongVerdict),
        ("gate", set_in("predicate", "verificationResult", "passed"), WrongVerdict),
        ("gate", set_in("predicate", "verifiedLevels", ["HAUBERK_CERTIFIED"]), WrongVerdict),
        ("gate", set_in("predicate", "verifier", {"id": "urn:other"}), WrongVerdict),
        ("gate", set_in("predicate", "verifier", None), WrongVerdict),
        ("gate", set_in("predicate", "timeVerified", "yesterday"), WrongVerdict),
        ("gate", set_in("predicate", "timeVerified", 5), WrongVerdict),
        ("gate", set_in("predicate", "policy", "digest", OTHER), WrongGates),
        ("gate", set_in("predicate", "hauberk_gates", 0, "value", 0.8), WrongGates),
        ("gate", set_in("predicate", "hauberk_gates", 0, "rung", "certified"), WrongGates),
        ("gate", set_in("predicate", "hauberk_gates", 0, "pass", 1), WrongGates),
        ("gate", set_in("predicate", "hauberk_gates", 0, "rule", ">= 0.1"), WrongGates),
        ("gate", set_in("predicate", "hauberk_gates", 0, "rule", "always"), WrongGates),
        ("gate", set_in("predicate", "hauberk_gates", 0, "name", "suspects"), WrongGates),
        ("gate", set_in("predicate", "hauberk_gates", []), WrongGates),
        ("gate", set_in("predicate", "hauberk_gates", None), WrongGates),
        ("gate", set_in("predicate", "hauberk_gates", [7]), WrongGates),
        ("gate", lambda d: d["predicate"]["hauberk_gates"].append(d["predicate"]["hauberk_gates"][0]), WrongGates),
        ("gate", lambda d: d["predicate"]["hauberk_gates"].pop(), WrongGates),
        ("prove", lambda d: d["predicate"]["inputs"].pop(), BrokenChain),
        ("prove", lambda d: d["predicate"]["inputs"].pop(0), BrokenChain),
        ("prove", set_in("predicate", "inputs", 4, "digest", OTHER), BrokenChain),
        ("prove", lambda d: d["subject"].pop(), BrokenChain),
        ("prove", set_in("predicateType", "urn:hauberk:prove:report:v2"), IncompleteProof),
        ("attack", set_in("predicateType", "urn:hauberk:prove:report:v1"), IncompleteProof),
    ],
)
def test_false_words_under_a_true_signature(tell, stage, edit, kind):
    error = refused(tell(**{stage: edit}))
    assert isinstance(error, kind), error


# A model that took over from another one.

PROMOTED = ("verify", "harden", "attack", "compare", "seal", "gate", "promote", "prove")


def test_a_proof_may_hold_comparison_and_promotion(tell):
    built = tell(order=PROMOTED)
    verified = verify(built)
    assert verified.passed
    assert [one.stage for one in verified.statements] == list(PROMOTED)


@pytest.mark.parametrize(
    ("stage", "edit"),
    [
        ("compare", set_in("subject", 0, "digest", OTHER)),
        ("promote", set_in("subject", 0, "digest", OTHER)),
        ("promote", set_in("subject", 1, "digest", OTHER)),
        ("promote", set_in("predicate", "inputs", [])),
        *(("promote", set_in("predicate", "inputs", at, "digest", OTHER)) for at in range(6)),
    ],
)
def test_a_promotion_of_another_model_is_refused(tell, stage, edit):
    assert isinstance(refused(tell(order=PROMOTED, **{stage: edit})), BrokenChain)


@pytest.mark.parametrize("left_out", [{"compare"}, {"promote"}, {"compare", "promote"}])
def test_neither_can_be_left_out(tell, left_out):
    built = tell(order=PROMOTED)
    kept = [one for stage, one in zip(PROMOTED, built.proof.statements, strict=True) if stage not in left_out]
    assert isinstance(refused(built, data=changed(built, kept)), BrokenChain)


def test_a_failed_gate_cannot_be_called_passed(tell):
    def call_it_passed(document):
        document["predicate"] |= {"verificationResult": "PASSED", "verifiedLevels": ["HAUBERK_MEASURED"]}

    assert isinstance(refused(tell(gates={"robust": ">= 0.9"}, gate=call_it_passed)), WrongVerdict)
    assert isinstance(refused(tell(gates={}, gate=call_it_passed)), WrongVerdict)


def test_a_gate_cannot_rest_on_a_claim_of_the_summary_itself(tell):
    def boast(document):
        document["predicate"]["claims"] = [
            {"name": "missing", "value": 1.0, "low": 1.0, "high": 1.0}
            | {"n": 1, "method": "m", "level": 0.95, "rung": "certified"}
        ]

    assert not verify(tell(gates={"missing": ">= 0"}, gate=boast)).passed


# Statements that are hostile in form; the signer is not trusted to be kind to the parser.


@pytest.mark.parametrize(
    "edit",
    [
        set_in("predicate", "claims", "none"),
        set_in("predicate", "claims", [{}]),
        set_in("predicate", "claims", 0, "value", True),
        set_in("predicate", "claims", 0, "value", 10**400),
        set_in("predicate", "claims", 0, "rung", "sworn"),
        set_in("predicate", "claims", 0, "extra", 1),
        lambda d: d["predicate"]["claims"].append(d["predicate"]["claims"][0]),
        set_in("subject", 0, "digest", {"sha1": "0" * 40}),
        set_in("subject", []),
        set_in("raw", b"not json"),
        set_in("raw", b'{"a":1e999}'),
    ],
)
@pytest.mark.parametrize("stage", ["verify", "prove"])
def test_malformed_statements(tell, stage, edit):
    def with_a_claim(document):
        document["predicate"].setdefault("claims", [dict(claim("x", 0.5).document())])
        edit(document)

    refused(tell(**{stage: with_a_claim}, gates={"robust": ">= 0.5"}))


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"NaN", b"Infinity", b'"\\ud800"', b"9" * 5000])
def test_values_that_have_no_canonical_form(tell, number):
    def edit(document):
        document["predicate"]["details"] = "HERE"
        document["raw"] = render_json(document).replace(b'"HERE"', number)

    refused(tell(attack=edit))


def test_a_statement_that_is_not_canonical(tell):
    def edit(document):
        document["raw"] = render_json(document).replace(b'"subject":', b'"subject": ')

    refused(tell(seal=edit))


# Files.


@pytest.mark.parametrize("name", ["lab.bundle", "report.html", "report.json"])
def test_an_altered_file_is_named(built, name):
    def find(asked):
        return digest_bytes(built.files[asked] + (b"!" if asked == name else b""))

    error = refused(built, find=find)
    assert isinstance(error, AlteredFile)
    assert error.where == name


def test_the_form_is_one_to_one(built):
    assert parse_proof(built.data) == built.proof
    assert render_proof(parse_proof(built.data)) == built.data
    assert isinstance(built.proof, Proof)
    assert Profile.ED25519 in str(verify(built).checks[0].what)
