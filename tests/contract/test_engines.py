"""Local worker processes and Ray keep the same contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from types import ModuleType

import pytest

from hauberk.core.engine import Job, JobLimits
from hauberk.flows.engines import open_engine
from hauberk.testing.engine import ENGINE_CHECKS, OpenEngine

by_name = pytest.mark.parametrize("check", ENGINE_CHECKS, ids=lambda check: check.__name__.strip("_"))


@by_name
def test_local(check: Callable[[OpenEngine], None]) -> None:
    check(partial(open_engine, "local"))


@pytest.fixture(scope="module")
def ray() -> Iterator[ModuleType]:
    """One small Ray of this machine for all tests, so that each need not start its own."""
    if find_spec("ray") is None:
        pytest.skip("no Ray here (pip install 'hauberk[scale]')")
    from hauberk.flows.engines.ray import start_ray

    with start_ray("ray", processors=1) as module:
        yield module


@pytest.mark.foreign
@by_name
# Ray leaves files of its own open when it ends.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_ray(check: Callable[[OpenEngine], None], ray: ModuleType) -> None:
    check(partial(open_engine, "ray"))


@pytest.mark.foreign
def test_what_ray_keeps_is_ciphertext(ray: ModuleType) -> None:
    from hauberk.flows.engines.ray import RayEngine

    word = b"somebody's name"
    engine = RayEngine(ray, {"some": lambda file: file.write(word * 10)}, JobLimits(seconds=60), actors=1)
    kept = [ray.get(one) for one in engine.sealed.values()]
    (outcome,) = engine.run([Job(name="measure", task="hauberk.testing.engine:measure")])
    engine.close()
    assert kept
    assert all(word not in one for one in kept)
    assert outcome.value == {"sizes": {"some": 150}, "arguments": {}, "head": "som"}
