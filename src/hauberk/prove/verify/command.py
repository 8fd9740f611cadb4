"""`hauberk prove verify`: the offline verifier at the command line; needs no package but `cryptography`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from hauberk.core.digest import Digest, digest_stream
from hauberk.core.errors import HauberkError
from hauberk.core.gate import GateResult
from hauberk.core.limits import DEFAULT_LIMITS
from hauberk.core.printable import render_printable
from hauberk.prove.verify.errors import UnreadableFile, WrongUse
from hauberk.prove.verify.verifier import VerifiedProof, verify_proof

__all__ = ["main"]

_DESCRIPTION = """Verify a proof offline: signatures, the transparency log, the chain from data to bundle, the gates,
and the files that lie beside the proof. Exit code 0: everything verifies and the verdict is PASSED. 1: something was
altered or does not verify, or the verdict is FAILED. 2: a file cannot be read or the command was used wrongly."""


class _Parser(argparse.ArgumentParser):
    """Raises what it finds wrong, so that it is told as every other error is."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        raise WrongUse(where=self.prog, got=message, hint=f"see `{self.prog} --help`")


def main(arguments: Sequence[str]) -> int:
    """Run the command and give its exit code."""
    parser = _Parser(prog="hauberk prove verify", description=_DESCRIPTION, allow_abbrev=False)
    parser.add_argument("proof", type=Path, help="the proof file")
    parser.add_argument("--key", required=True, help="the public key that you trust: a file, or its text")
    parser.add_argument("--files", type=Path, help="folder of report and bundle (default: that of the proof)")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("-q", "--quiet", action="store_true", help="only the exit code, and errors")
    try:
        wish = parser.parse_args(list(arguments))
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else 2
    except WrongUse as error:
        return _tell(error, as_json="--json" in arguments)
    try:
        verified = _verify(wish.proof, wish.key, wish.files)
    except HauberkError as error:
        return _tell(error, as_json=wish.json)
    if wish.json:
        sys.stdout.write(json.dumps(verified.document(), indent=2) + "\n")
    elif not wish.quiet:
        _write(_lines(verified))
    return 0 if verified.passed else 1


def _verify(proof: Path, key: str, files: Path | None) -> VerifiedProof:
    folder = proof.parent if files is None else files
    if not folder.is_dir():  # Every file would be missing from it, and none would have been compared.
        raise UnreadableFile(where=str(folder), expected="a folder", got="none")
    data, identity = _read(proof), _identity(key)
    return verify_proof(data, identity, find=lambda name: _find(folder / name), where=proof.name)


def _identity(key: str) -> str:
    """The text of the key; where no such file can be read, a text with the two plus signs of a key is one itself."""
    try:
        return _read(Path(key)).decode(errors="replace")
    except UnreadableFile:
        if key.count("+") < 2:
            raise
        return key


def _read(path: Path) -> bytes:
    """At most one byte more than the parser's limit, which it then refuses."""
    try:
        with path.open("rb") as stream:
            return stream.read(DEFAULT_LIMITS.document_bytes + 1)
    except OSError as error:
        raise _unreadable(path, error) from error


def _find(path: Path) -> Digest | None:
    """The digest of a file; None only where there is nothing of this name, so that what is there is never passed by."""
    try:
        path.lstat()  # A link that leads nowhere is something, too.
        if not path.is_file():  # A pipe would be waited for.
            raise UnreadableFile(where=str(path), expected="a file", got="something else")
        with path.open("rb") as stream:
            return digest_stream(stream)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> UnreadableFile:
    return UnreadableFile(where=str(path), expected="a readable file", got=error.strerror or str(error))


def _tell(error: HauberkError, *, as_json: bool) -> int:
    if as_json:
        sys.stdout.write(json.dumps({"error": error.document()}) + "\n")
    told = f"{error.code}  {error.message}\n" + (f"hint: {error.hint}\n" if error.hint else "")
    sys.stderr.write(render_printable(told))
    return error.exit_code


def _lines(verified: VerifiedProof) -> Iterator[str]:
    for check in verified.checks:
        yield f"{'✓' if check.done else '-'} {check.what}"
    yield ""
    yield f"{verified.system}: {'PASSED' if verified.passed else 'FAILED'} for bundle {verified.bundle}"
    yield f"  signed as of {verified.verdict.time}"
    for gate in verified.verdict.gates:
        leaf = verified.verdict.leaves.get(gate.gate.name)
        yield f"  {'pass' if gate.passed else 'FAIL'}  {gate.gate.name} {gate.gate.rule}: {_value(gate, leaf)}"
    if not verified.verdict.gates:
        yield "  no gates: without a promise nothing is admitted"


def _value(gate: GateResult, leaf: int | None) -> str:
    if gate.claim is None:
        return "no evidence"
    number = gate.claim.estimate
    interval = f" ({number.low:.4g} to {number.high:.4g})" if number.n else ""
    return f"{number.value:.4g}{interval}, {gate.claim.rung}, leaf {leaf}"


def _write(lines: Iterator[str]) -> None:
    """Print in whatever the terminal can show, and never what could steer it."""
    encoding = sys.stdout.encoding or "utf-8"
    text = render_printable("\n".join(lines) + "\n")
    if not "✓".encode(encoding, "ignore"):
        text = text.replace("✓", "+")
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
