"""Jobs on a Ray cluster that somebody else started, through its client port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = [pytest.mark.foreign, pytest.mark.slow]

HOST = "127.0.0.2"  # Ray takes 127.0.0.1 for a wish to be told its address on the network
JOBS = """
import sys
from hauberk.core.engine import Job, JobLimits
from hauberk.flows.engines import open_engine

limits = JobLimits(seconds=60.0, memory=256)
with open_engine(sys.argv[1], {"some": lambda file: file.write(b"abc")}, limits) as engine:
    jobs = [Job(name=name, task=f"hauberk.testing.engine:{name}") for name in ("measure", "crash", "measure")]
    print([str(one.failure.kind) if one.failure else one.value["sizes"] for one in engine.run(jobs)])
"""


def free_ports(count: int) -> list[int]:
    held = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in held]
    for one in held:
        one.close()
    return ports


def test_a_cluster_does_the_jobs(tmp_path: Path) -> None:
    if find_spec("ray") is None:
        pytest.skip("no Ray here (pip install 'hauberk[scale]')")
    port, client = free_ports(2)
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": os.urandom(32).hex(), "RAY_USAGE_STATS_ENABLED": "0"}
    environment = {**os.environ, **token}
    options = [f"--node-ip-address={HOST}", f"--port={port}", f"--ray-client-server-port={client}"]
    # Below the ports that the system deals out, of which `client` is one.
    options += ["--min-worker-port=21000", "--max-worker-port=21999", "--include-dashboard=false", "--num-cpus=1"]
    said = tmp_path / "head.log"
    with said.open("wb") as log:
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", *options]
        head = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        for _ in range(600):
            if head.poll() is not None or "will now block forever" in said.read_text(errors="replace"):
                break
            time.sleep(0.1)
        assert head.poll() is None, said.read_text(errors="replace")
        work = [sys.executable, "-c", JOBS, f"ray://{HOST}:{client}"]
        for _ in range(3):  # Ray gives a client's server 30 s to start, which a busy machine may not
            done = subprocess.run(work, capture_output=True, text=True, env=environment, timeout=90)
            if "EngineUnavailable" not in done.stderr:
                break
        assert done.stdout.splitlines()[-1:] == ["[{'some': 3}, 'ended', {'some': 3}]"], done.stdout + done.stderr
    finally:
        head.send_signal(signal.SIGTERM)
        head.wait(timeout=60)
