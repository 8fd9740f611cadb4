"""Engines: where jobs that may hang or crash are done. Local worker processes, or Ray."""

from hauberk.flows.engines.opening import open_engine

__all__ = ["open_engine"]
