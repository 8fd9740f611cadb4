"""The engine that a setting names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hauberk.core.engine import Engine, Inputs, JobLimits

__all__ = ["open_engine"]


@contextmanager
def open_engine(address: str, inputs: Inputs, limits: JobLimits) -> Iterator[Engine]:
    """The engine at an address, with its workers ended at the end of the context.

    Args:
        address: `local`, `ray` (Ray on this machine) or `ray://HOST:PORT` (the client port of a Ray cluster).
        inputs: What every job may read.
        limits: Of each job.

    Raises:
        EngineUnavailable: Ray is not installed, or there is no cluster at the address.
    """
    # Imported here, for workers load this package too and need neither.
    if address == "local":
        from hauberk.flows.engines.local import open_local_engine

        with open_local_engine(inputs, limits) as local:
            yield local
        return
    from hauberk.flows.engines.ray import open_ray_engine

    with open_ray_engine(address, inputs, limits) as distributed:
        yield distributed
