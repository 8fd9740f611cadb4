"""The public text: one spelling, and nothing under which anything would verify."""

from __future__ import annotations

import base64
import hashlib

import pytest

from hauberk.crypto import (
    Profile,
    PublicIdentity,
    SigningKey,
    check_key_name,
    generate_signing_key,
    parse_public_identity,
    parse_verifier_key,
)
from hauberk.crypto.errors import (
    BadKeyName,
    BadPublicKey,
    BadSignature,
    MissingSignature,
    UnexpectedSignature,
)

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P


@pytest.fixture(params=list(Profile))
def key(request: pytest.FixtureRequest) -> SigningKey:
    return generate_signing_key("example.com/log", request.param)


def vkey(name: str, typed: bytes) -> str:
    hash_ = hashlib.sha256(name.encode() + b"\n" + typed).hexdigest()[:8]
    return f"{name}+{hash_}+{base64.b64encode(typed).decode()}"


def test_text_round_trips(key: SigningKey) -> None:
    identity = key.identity
    assert parse_public_identity(identity.text) == identity
    assert parse_public_identity(identity.text + "\n") == identity
    assert identity.name == "example.com/log"
    assert identity.text.count("\n") == len(identity.keys) - 1


def test_the_key_hash_is_that_of_the_standard() -> None:
    key = generate_signing_key("example.com/log").identity.keys[0]
    assert key.text == vkey("example.com/log", b"\x01" + key.raw)


def test_the_type_of_ml_dsa_is_a_long_one_of_ours() -> None:
    key = generate_signing_key("n", Profile.HYBRID).identity.keys[1]
    assert key.text == vkey("n", b"\xffhauberk/ml-dsa-44/v1\n" + key.raw)
    assert len(key.raw) == 1312


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\u00a0b", "a\tb", "a\nb", "x" * 256, "\u00e9" * 128, "a\x00", "\ud800"]
)
def test_bad_names(name: str) -> None:
    with pytest.raises(BadKeyName):
        check_key_name(name)
    with pytest.raises(BadKeyName):
        generate_signing_key(name)


def test_verify_wants_every_signature_in_order(key: SigningKey) -> None:
    signatures = key.sign(b"m")
    assert key.identity.verify(b"m", signatures) == b"m"
    with pytest.raises(BadSignature):
        key.identity.verify(b"n", signatures)
    with pytest.raises(MissingSignature):
        key.identity.verify(b"m", signatures[:-1])
    with pytest.raises(UnexpectedSignature):
        key.identity.verify(b"m", (*signatures, signatures[0]))


def test_hybrid_fails_when_either_half_is_bad() -> None:
    key = generate_signing_key("n", Profile.HYBRID)
    classical, lattice = key.sign(b"m")
    other_classical, other_lattice = generate_signing_key("n", Profile.HYBRID).sign(b"m")
    for signatures in ((other_classical, lattice), (classical, other_lattice), (lattice, classical), (classical, b"")):
        with pytest.raises(BadSignature):
            key.identity.verify(b"m", signatures)


def test_hybrid_identity_wants_both_lines_of_one_name_in_order() -> None:
    ours = generate_signing_key("n", Profile.HYBRID).identity.text.split("\n")
    theirs = generate_signing_key("other", Profile.HYBRID).identity.text.split("\n")
    for lines in (ours[::-1], [ours[1]], [ours[0], theirs[1]], [ours[0], ours[0]], [*ours, ours[1]], [*ours, "", ""]):
        with pytest.raises((BadPublicKey, BadKeyName)):
            parse_public_identity("\n".join(lines))


@pytest.mark.parametrize(
    "change",
    [
        lambda _: "",
        lambda text: text + " ",
        lambda text: " " + text,
        lambda text: text + "\n\n",
        lambda text: text.replace("example", "exemple"),
        lambda text: text.replace("+", "-", 1),
        lambda text: text.split("+")[0] + "+" + text.split("+")[1].upper() + "A+" + text.split("+")[2],
        lambda text: text[:-4],
        lambda text: text + "====",
        lambda text: text[:-1] + "=",
    ],
)
def test_other_spellings_are_refused(change) -> None:  # type: ignore[no-untyped-def]
    text = generate_signing_key("example.com/log").identity.text
    with pytest.raises((BadPublicKey, BadKeyName)):
        parse_public_identity(change(text))


@pytest.mark.parametrize(
    "typed", [b"", b"\x01", b"\x01" + b"\0" * 31, b"\x04" + b"\7" * 32, b"\x02abc", b"\xff" + b"\7" * 32]
)
def test_other_types_and_sizes_are_refused(typed: bytes) -> None:
    with pytest.raises(BadPublicKey):
        parse_verifier_key(vkey("n", typed))


def x_of(y: int) -> int | None:
    """An x of the point with this y, if there is one (RFC 8032 §5.1.3)."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    for candidate in (x, x * pow(2, (P - 1) // 4, P) % P):
        if candidate * candidate % P == square:
            return candidate
    return None


def add(p: tuple[int, int], q: tuple[int, int]) -> tuple[int, int]:
    """The law of the curve."""
    k = D * p[0] * q[0] * p[1] * q[1] % P
    x = (p[0] * q[1] + p[1] * q[0]) * pow(1 + k, -1, P)
    return x % P, (p[1] * q[1] + p[0] * q[0]) * pow(1 - k, -1, P) % P


def multiply(n: int, point: tuple[int, int]) -> tuple[int, int]:
    result = (0, 1)
    for bit in bin(n)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def small_order_points() -> set[int]:
    """The y of the points whose order divides eight: any point times the prime order is one. Not copied from src."""
    found = set()
    for y in range(2, 60):
        x = x_of(y)
        if x is not None:
            point = multiply(2**252 + 27742317777372353535851937790883648493, (x, y))
            for multiple in range(8):
                found.add(multiply(multiple, point)[1])
    return found


def test_keys_of_small_order_are_refused() -> None:
    points = small_order_points()
    assert len(points) == 5
    for y in points:
        for sign in (0, 1):
            raw = (y | sign << 255).to_bytes(32, "little")
            with pytest.raises(BadPublicKey):
                parse_verifier_key(vkey("n", b"\x01" + raw))


def test_the_library_alone_would_take_a_key_of_small_order() -> None:
    """Why the check is there: under the neutral point one signature fits any message."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    neutral = Ed25519PublicKey.from_public_bytes((1).to_bytes(32, "little"))
    assert neutral.verify((1).to_bytes(32, "little") + bytes(32), b"anything") is None


@pytest.mark.parametrize("y", [P, P + 1, P + 5, 2**255 - 1])
def test_unreduced_keys_are_refused(y: int) -> None:
    with pytest.raises(BadPublicKey):
        parse_verifier_key(vkey("n", b"\x01" + y.to_bytes(32, "little")))


def test_a_malleated_signature_is_refused() -> None:
    key = generate_signing_key("n")
    (signature,) = key.sign(b"m")
    order = 2**252 + 27742317777372353535851937790883648493
    scalar = int.from_bytes(signature[32:], "little") + order
    with pytest.raises(BadSignature):
        key.identity.verify(b"m", [signature[:32] + scalar.to_bytes(32, "little")])


def test_a_curve_point_that_is_none_never_verifies() -> None:
    identity: PublicIdentity | None = None
    for y in range(2, 50):
        text = vkey("n", b"\x01" + y.to_bytes(32, "little"))
        identity = parse_public_identity(text)
        with pytest.raises(BadSignature):
            identity.verify(b"m", [bytes(64)])
    assert identity is not None
