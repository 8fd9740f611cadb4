"""`hauberk prove verify`: the offline verifier at the command line; needs no package but `cryptography`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from hauberk.core.digest import Digest, digest_stream
from hauberk.core.errors import HauberkError
from hauberk.prove.verify.errors import UnreadableFile
from hauberk.prove.verify.verifier import VerifiedProof, verify_proof

__all__ = ["main"]

_DESCRIPTION = """Verify a proof offline: signatures, the transparency log, the chain from data to bundle, the gates,
and the files that lie beside the proof. Exit code 0: everything verifies and the verdict is PASSED. 1: something was
altered or does not verify, or the verdict is FAILED. 2: a file cannot be read or the command was used wrongly."""


def main(arguments: Sequence[str]) -> int:
    """Run the command and give its exit code."""
    parser = argparse.ArgumentParser(prog="hauberk prove verify", description=_DESCRIPTION)
    parser.add_argument("proof", type=Path, help="the proof file")
    parser.add_argument("--key", required=True, type=Path, help="file with the public key that you trust")
    parser.add_argument("--files", type=Path, help="folder of report and bundle (default: that of the proof)")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("-q", "--quiet", action="store_true", help="only the exit code, and errors")
    try:
        wish = parser.parse_args(list(arguments))
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else 2
    try:
        verified = _verify(wish.proof, wish.key, wish.files or wish.proof.parent)
    except HauberkError as error:
        return _tell(error, as_json=wish.json)
    if wish.json:
        sys.stdout.write(json.dumps(verified.document(), indent=2) + "\n")
    elif not wish.quiet:
        sys.stdout.write(_text(verified))
    return 0 if verified.passed else 1


def _verify(proof: Path, key: Path, folder: Path) -> VerifiedProof:
    data, identity = _read(proof), _read(key).decode(errors="replace")
    return verify_proof(data, identity, find=lambda name: _find(folder / name), where=proof.name)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFile(where=str(path), expected="a readable file", got=error.strerror or str(error)) from error


def _find(path: Path) -> Digest | None:
    if not path.exists():
        return None
    try:
        with path.open("rb") as stream:
            return digest_stream(stream)
    except OSError as error:
        raise UnreadableFile(where=str(path), expected="a readable file", got=error.strerror or str(error)) from error


def _tell(error: HauberkError, *, as_json: bool) -> int:
    if as_json:
        sys.stdout.write(json.dumps({"error": error.document()}) + "\n")
    sys.stderr.write(f"{error.code}  {error.message}\n" + (f"hint: {error.hint}\n" if error.hint else ""))
    return error.exit_code


def _text(verified: VerifiedProof) -> str:
    lines = [f"{'✓' if check.done else '-'} {check.what}" for check in verified.checks]
    lines += ["", f"{verified.system}: {'PASSED' if verified.passed else 'FAILED'} for bundle {verified.bundle}"]
    for gate in verified.gates:
        value = f"{gate.claim.estimate.value:.4g} ({gate.claim.rung})" if gate.claim else "no evidence"
        lines.append(f"  {'pass' if gate.passed else 'FAIL'}  {gate.gate.name} {gate.gate.rule}: {value}")
    if not verified.gates:
        lines.append("  no gates: without a promise nothing is admitted")
    return "\n".join(lines) + "\n"
