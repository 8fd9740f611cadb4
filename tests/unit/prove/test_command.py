"""`hauberk prove verify` as people and programs run it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hauberk.crypto import generate_signing_key
from hauberk.ledger import open_log
from hauberk.prove.verify.command import main

ROOT = Path(__file__).parents[3]
# Everything that the verifier may load beside the standard library and itself; `_openssl` is a part of cryptography.
ALLOWED = {"cryptography", "_openssl", "cffi", "_cffi_backend", "msgspec"}


@pytest.fixture
def folder(built, tmp_path) -> Path:
    built.save(tmp_path)
    return tmp_path


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_passed_proof(folder, capsys):
    code, out, err = run(capsys, folder / "lab.proof.json", "--key", folder / "lab.pub")
    assert (code, err) == (0, "")
    assert out.count("✓") == 7
    assert "lab: PASSED for bundle sha256:" in out
    assert "pass  certified >= 0.5: 0.6 (0.59 to 0.61), certified, leaf 2" in out
    for name in ("lab.bundle", "report.html", "report.json"):
        assert f"✓ {name}" in out


def test_a_failed_proof_is_told_and_ends_in_one(tell, tmp_path, capsys):
    path = tell(gates={"robust": ">= 0.9"}).save(tmp_path)
    code, out, err = run(capsys, path, "--key", tmp_path / "lab.pub")
    assert (code, err) == (1, "")
    assert "lab: FAILED" in out
    assert "FAIL  robust >= 0.9: 0.7" in out


def test_no_gates(tell, tmp_path, capsys):
    path = tell(gates={}).save(tmp_path)
    code, out, _ = run(capsys, path, "--key", tmp_path / "lab.pub")
    assert code == 1
    assert "no gates" in out


def test_a_log_on_disk(tell, tmp_path, capsys):
    key = generate_signing_key("hauberk/lab")
    with open_log(tmp_path / "log", origin="hauberk/lab", signers=[key], verifiers=key.identity.keys) as log:
        path = tell(key=key, log=log).save(tmp_path)
    assert run(capsys, path, "--key", tmp_path / "lab.pub")[0] == 0


def test_the_key_as_text(folder, built, capsys):
    assert run(capsys, folder / "lab.proof.json", "--key", built.identity)[0] == 0


def test_json(folder, capsys):
    code, out, err = run(capsys, folder / "lab.proof.json", "--key", folder / "lab.pub", "--json")
    document = json.loads(out)
    assert (code, err, document["verdict"]) == (0, "", "PASSED")
    assert all(check["done"] for check in document["checks"])
    assert set(document["files"]) == {"lab.bundle", "report.html", "report.json"}


def test_quiet(folder, capsys):
    assert run(capsys, folder / "lab.proof.json", "--key", folder / "lab.pub", "-q") == (0, "", "")


@pytest.mark.parametrize("name", ["lab.bundle", "report.html", "report.json"])
def test_an_altered_file_beside_the_proof(folder, capsys, name):
    (folder / name).write_bytes(b"other")
    code, out, err = run(capsys, folder / "lab.proof.json", "--key", folder / "lab.pub")
    assert (code, out) == (1, "")
    assert err.startswith("PROVE-207")
    assert name in err
    code, out, _ = run(capsys, folder / "lab.proof.json", "--key", folder / "lab.pub", "--json")
    assert (code, json.loads(out)["error"]["where"]) == (1, name)


def test_missing_files_are_never_passed_over_silently(folder, tmp_path, capsys):
    empty = tmp_path / "empty"
    empty.mkdir()
    code, out, _ = run(capsys, folder / "lab.proof.json", "--key", folder / "lab.pub", "--files", empty)
    assert code == 0
    for name in ("lab.bundle", "report.html", "report.json"):
        assert f"- {name} is not here: not checked" in out


def test_a_folder_that_is_not_there_is_wrong_use(folder, tmp_path, capsys):
    code, _, err = run(
        capsys, folder / "lab.proof.json", "--key", folder / "lab.pub", "-q", "--files", tmp_path / "elsewhere"
    )
    assert code == 2
    assert "elsewhere" in err


def test_a_folder_of_files(folder, built, tmp_path, capsys):
    other = tmp_path / "other"
    other.mkdir()
    (other / "report.html").write_bytes(b"other")
    assert run(capsys, folder / "lab.proof.json", "--key", folder / "lab.pub", "--files", other)[0] == 1


def test_an_altered_proof(folder, capsys):
    data = bytearray((folder / "lab.proof.json").read_bytes())
    data[1000] ^= 1
    (folder / "lab.proof.json").write_bytes(data)
    code, out, err = run(capsys, folder / "lab.proof.json", "--key", folder / "lab.pub")
    assert (code, out) == (1, "")
    assert "lab.proof.json" in err


def test_another_key(folder, capsys):
    other = generate_signing_key("hauberk/lab").identity.text
    code, _, err = run(capsys, folder / "lab.proof.json", "--key", other)
    assert code == 1
    assert err.startswith("PROVE-208")
    assert "hint: compare the key" in err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["lab.proof.json"],
        ["lab.proof.json", "--key"],
        ["lab.proof.json", "--key", "lab.pub", "--unknown"],
        ["nowhere.proof.json", "--key", "lab.pub"],
        ["lab.proof.json", "--key", "nowhere.pub"],
        ["lab.proof.json", "--key", "lab.bundle"],
        [".", "--key", "lab.pub"],
    ],
)
def test_wrong_use(folder, capsys, monkeypatch, arguments):
    monkeypatch.chdir(folder)
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err


def test_help(capsys):
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert "Exit code 0" in out


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_is_not_passed_by(folder, capsys, kind):
    path = folder / "report.html"
    path.unlink()
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    code, _, err = run(capsys, folder / "lab.proof.json", "--key", folder / "lab.pub")
    assert code == 2
    assert "report.html" in err


def test_names_cannot_steer_the_terminal(tell, tmp_path, capsys):
    path = tell(gates={"\x1b[2J\x1b]0;x\x07 \u202eevil": ">= 0"}).save(tmp_path)
    _, out, _ = run(capsys, path, "--key", tmp_path / "lab.pub")
    assert "\\x1b[2J" in out
    assert not {"\x1b", "\x07", "\u202e"} & set(out)


def test_a_terminal_that_knows_only_ascii(folder, tell, tmp_path, monkeypatch):
    path = tell(gates={"größe": ">= 0"}).save(tmp_path)
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    assert main([str(path), "--key", str(tmp_path / "lab.pub")]) == 1
    stream.seek(0)
    out = stream.read()
    assert "+ 6 statements" in out
    assert "gr\\xf6\\xdfe" in out


# What it needs.

WATCHED = """
import sys, sysconfig
allowed = {allowed!r} | {{"hauberk"}}
class Wall:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in allowed and top not in sys.stdlib_module_names:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Wall())
from hauberk.prove.verify.command import main
code = main(sys.argv[1:])
tops = {{name.partition(".")[0] for name in sys.modules}}
print(sorted(tops - set(sys.stdlib_module_names) - {{"hauberk", "__main__"}}), file=sys.stderr)
print(sorted(n.split(".")[1] for n in sys.modules if n.count(".") == 1 and n.startswith("hauberk.")), file=sys.stderr)
sys.exit(code)
"""


def test_it_loads_cryptography_and_nothing_else(folder):
    arguments = [folder / "lab.proof.json", "--key", folder / "lab.pub"]
    script = WATCHED.format(allowed=ALLOWED)
    # -S keeps what an editable install and site hooks would load out of the count; the paths are given instead.
    paths = os.pathsep.join([str(ROOT / "src"), *[path for path in sys.path if "site-packages" in path]])
    done = subprocess.run(
        [sys.executable, "-S", "-c", script, *arguments],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    foreign, ours = done.stderr.splitlines()[-2:]
    loaded = set(json.loads(foreign.replace("'", '"')))
    assert "cryptography" in loaded
    assert loaded <= ALLOWED
    assert set(json.loads(ours.replace("'", '"'))) <= {"_version", "core", "crypto", "ledger", "prove"}


@pytest.mark.slow
def test_in_an_environment_of_its_own(folder, tmp_path):
    """A new environment with cryptography and msgspec, and Hauberk without its dependencies."""
    environment = tmp_path / "check"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin/python"
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*install, "cryptography>=50", "msgspec>=0.20"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("needs a package index to install cryptography from")
    subprocess.run([*install, "--no-deps", ROOT], check=True)
    listed = subprocess.run([python, "-m", "pip", "list", "--format", "json"], capture_output=True, check=True)
    names = {entry["name"] for entry in json.loads(listed.stdout)}
    assert names <= {"cryptography", "cffi", "pycparser", "msgspec", "hauberk", "pip", "setuptools"}
    proof, key = folder / "lab.proof.json", folder / "lab.pub"
    for command in ([environment / "bin/hauberk", "prove", "verify"], [python, "-I", "-m", "hauberk.prove.verify"]):
        good = subprocess.run([*command, proof, "--key", key], capture_output=True, text=True, cwd="/", check=False)
        assert good.returncode == 0, good.stderr
        assert "PASSED" in good.stdout
    data = bytearray(proof.read_bytes())
    data[len(data) // 2] ^= 1
    proof.write_bytes(data)
    bad = subprocess.run([*command, proof, "--key", key], capture_output=True, text=True, cwd="/", check=False)
    assert bad.returncode == 1
    other = subprocess.run([environment / "bin/hauberk", "secure"], capture_output=True, text=True, check=False)
    assert other.returncode == 2
    assert "only `hauberk prove verify` works" in other.stderr


def test_a_link_that_leads_nowhere_is_not_passed_by(folder, capsys):
    (folder / "report.html").unlink()
    (folder / "report.html").symlink_to("nowhere")
    code, _, err = run(capsys, folder / "lab.proof.json", "--key", folder / "lab.pub")
    assert code == 2
    assert "PROVE-101" in err
    assert "report.html" in err
