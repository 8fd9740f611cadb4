"""A PostgreSQL server of the tests' own: made in a temporary folder, on a free port of the loopback interface."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

USER = "postgres"


def binaries() -> Path:
    """Where initdb and postgres lie; they are rarely on the PATH."""
    candidates = sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    if config := shutil.which("pg_config"):
        candidates.insert(0, subprocess.run([config, "--bindir"], capture_output=True, text=True).stdout.strip())
    for candidate in candidates:
        if (Path(candidate) / "initdb").exists() and (Path(candidate) / "postgres").exists():
            return Path(candidate)
    pytest.skip("no PostgreSQL server here (Debian: apt install postgresql)")


def as_server(command: list[str]) -> list[str]:
    """The command for a user who may run the server, which root may not."""
    if os.geteuid():
        return command
    if shutil.which("runuser"):
        return ["runuser", "-u", USER, "--", *command]
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups", *command]


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            pytest.fail(f"PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}")
        # An open port is not enough: for a while the server answers that it is starting up.
        address = f"postgresql://{USER}@127.0.0.1:{port}/postgres"
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(address, connect_timeout=2):
            return
        time.sleep(0.1)
    pytest.fail("PostgreSQL did not answer within 20 s")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a running server, as `postgresql://user@host:port`, without a database."""
    pytest.importorskip("psycopg", reason="no driver: pip install 'psycopg[binary]'")
    programs = binaries()
    folder = Path(tempfile.mkdtemp(prefix="hauberk-postgresql-"))
    if not os.geteuid():
        shutil.chown(folder, USER, USER)
    data, port = folder / "data", free_port()
    made = subprocess.run(
        as_server([str(programs / "initdb"), "-D", str(data), "-U", USER, "-A", "trust", "--no-sync", "-E", "UTF8"]),
        capture_output=True,
        text=True,
        cwd=folder,
    )
    assert made.returncode == 0, made.stderr
    settings = ["listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "fsync=off", "max_connections=30"]
    options = [word for setting in settings for word in ("-c", setting)]
    log = folder / "log"
    command = [str(programs / "postgres"), "-D", str(data), "-p", str(port), *options]
    with log.open("wb") as stream:
        process = subprocess.Popen(as_server(command), stdout=stream, stderr=stream, cwd=folder)
    try:
        wait_until_it_answers(process, port, log)
        yield f"postgresql://{USER}@127.0.0.1:{port}"
    finally:
        server = int((data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(server, signal.SIGINT)  # Fast shutdown: ends the sessions that are still there.
        process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)
