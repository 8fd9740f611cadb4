"""Bad input and bad days: one clear error with a code, and nothing that was there is changed."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time

import pytest


def tree(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != "lock"}


def edit(project, old, new):
    toml = project / "hauberk.toml"
    text = toml.read_text()
    assert old in text
    toml.write_text(text.replace(old, new))


def expect(done, code, *words):
    assert done.code == 2, done.out + done.err
    error = done.document["error"]
    assert error["code"] == code, error
    assert done.err.count(code) == 1
    assert "Traceback" not in done.err
    for word in words:
        assert word in str(error), error


def test_no_project(tmp_path, run):
    expect(run("secure", tmp_path, "--json"), "FLOW-101", "hauberk init")
    assert list(tmp_path.iterdir()) == []


def test_missing_target(project, run):
    edit(project, 'target = "diagnosis"', 'target = "diagnose"')
    before = tree(project)
    done = run("secure", project, "--json")
    assert done.code == 2
    assert "diagnosis" in done.document["error"]["hint"]
    assert tree(project).keys() >= before.keys()


def test_unknown_column_in_a_setting(project, run):
    toml = project / "hauberk.toml"
    toml.write_text(toml.read_text() + "[data.features.mean-radiuss]\nmutable = true\n")
    done = run("secure", project, "--json")
    assert done.code == 2
    assert "mean-radius" in done.document["error"]["hint"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "empty"),
        ("a,y\n", "row"),
        ("a,y\n1,p\n2,q,3\n", "3"),
        ("a,a\n1,2\n", "a"),
    ],
)
def test_broken_csv(tmp_path, run, text, word):
    (tmp_path / "train.csv").write_text(text)
    (tmp_path / "hauberk.toml").write_text('[system]\nname = "x"\n[data]\ntrain = "train.csv"\ntarget = "y"\n')
    done = run("secure", tmp_path, "--json")
    assert done.code == 2, done.out
    error = done.document["error"]
    assert error["code"].startswith("DATA-1")
    assert word in str(error).lower()
    assert "train.csv" in error["where"]


def test_missing_label(tmp_path, run):
    lines = ["a,b,y"] + [f"{i},{i * 7 % 5},{'p' if i % 2 else 'q'}" for i in range(60)] + ["3,1,"]
    (tmp_path / "train.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "hauberk.toml").write_text('[system]\nname = "x"\n[data]\ntrain = "train.csv"\ntarget = "y"\n')
    done = run("secure", tmp_path, "--json")
    assert done.code == 2
    assert "row 60" in str(done.document["error"])


def test_one_class_only(tmp_path, run):
    (tmp_path / "train.csv").write_text("a,y\n" + "".join(f"{i},p\n" for i in range(50)))
    (tmp_path / "hauberk.toml").write_text('[system]\nname = "x"\n[data]\ntrain = "train.csv"\ntarget = "y"\n')
    done = run("secure", tmp_path, "--json")
    assert done.code == 2


def test_a_model_that_expects_other_columns(project, run):
    import numpy as np
    import xgboost

    rows = np.random.default_rng(0).normal(size=(80, 3))
    matrix = xgboost.DMatrix(rows, label=(rows[:, 0] > 0).astype(int), feature_names=["x", "y", "z"])
    xgboost.train({"objective": "binary:logistic"}, matrix, 3).save_model(project / "other.ubj")
    edit(project, "[model]\n", '[model]\nfile = "other.ubj"\n')
    done = run("secure", project, "--json")
    assert done.code == 2
    assert done.document["error"]["code"].startswith("MODELS-1")
    assert "mean-radius" in str(done.document["error"])


def test_a_train_function_that_fails(project, run):
    (project / "train.py").write_text("def fit(training):\n    raise ValueError('no luck')\n")
    edit(project, "[model]\n", '[model]\ntrain = "train.py:fit"\n')
    expect(run("secure", project, "--json"), "FLOW-105", "no luck")


def test_a_second_run_in_the_same_folder(project, run):
    (project / ".hauberk").mkdir()
    with (project / ".hauberk/lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        expect(run("secure", project, "--json"), "FLOW-301")


@pytest.mark.parametrize("moment", [1.0, 2.0, 3.0, 4.0, 6.0])
def test_interrupted_then_continued(project, run, moment):
    command = [sys.executable, "-m", "hauberk", "secure", str(project), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(moment)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    if process.returncode == 2:
        assert "FLOW-303" in out
        assert "Traceback" not in err
    again = run("secure", project, "--json")
    assert again.code in (0, 1), again.err
    assert run("ledger", "verify", project).code == 0


@pytest.mark.parametrize("moment", [1.5, 2.5, 3.5, 5.0])
def test_killed_then_continued(project, run, moment):
    command = [sys.executable, "-m", "hauberk", "secure", str(project), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(moment)
    process.kill()
    process.wait()
    again = run("secure", project, "--json")
    assert again.code in (0, 1), again.err
    assert run("ledger", "verify", project).code == 0


def mounted(target, options):
    target.mkdir(exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", target], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("mounting a small file system needs root")


def unmount(target):
    subprocess.run(["umount", target], check=True)


def test_a_full_disk(project, run, tmp_path):
    target = tmp_path / "small"
    mounted(target, "size=192k")
    try:
        for name in ("hauberk.toml", "train.parquet"):
            (target / name).write_bytes((project / name).read_bytes())
        done = run("secure", target, "--json")
        assert done.code == 2, done.out
        assert done.document["error"]["code"].split("-")[1].startswith("3")
        assert "space" in str(done.document["error"]).lower()
        assert (target / "train.parquet").read_bytes() == (project / "train.parquet").read_bytes()
        # Once there is room, the same folder goes on.
        subprocess.run(["mount", "-o", "remount,size=64m", target], check=True)
        assert run("secure", target, "--json").code in (0, 1)
        assert run("ledger", "verify", target).code == 0
    finally:
        unmount(target)


def test_a_read_only_folder(project, run, tmp_path):
    target = tmp_path / "fixed"
    mounted(target, "size=8m")
    try:
        for name in ("hauberk.toml", "train.parquet"):
            (target / name).write_bytes((project / name).read_bytes())
        subprocess.run(["mount", "-o", "remount,ro", target], check=True)
        before = tree(target)
        expect(run("secure", target, "--json"), "FLOW-302")
        assert tree(target) == before
    finally:
        unmount(target)


def test_keys_that_others_can_read_are_refused(secured, run, tmp_path):
    import shutil

    copy = shutil.copytree(secured, tmp_path / "copy")
    for key in (copy / ".hauberk/keys").iterdir():
        os.chmod(key, 0o644)
    done = run("secure", copy, "--json")
    assert done.code in (1, 2)
    assert done.document["error"]["code"].startswith("CRYPTO-")
