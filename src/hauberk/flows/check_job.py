"""A check as a job of an engine: what is sent to the worker, and what the worker does with it.

Workers load this module, so it stays apart from what they do not need.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

import pyarrow as pa

from hauberk.core.encoding import Json
from hauberk.core.engine import Engine, Job, JobLimits
from hauberk.core.errors import Malformed
from hauberk.data import Dataset, parse_schema, render_schema
from hauberk.flows.checks import Check, Tables, only
from hauberk.flows.engines import open_engine
from hauberk.flows.engines.messages import find_task

__all__ = ["check_job", "open_tables", "perform_check"]

_TASK = f"{__name__}:perform_check"


@contextmanager
def open_tables(address: str, tables: Tables, limits: JobLimits) -> Iterator[Engine]:
    """An engine whose jobs can read the tables; raises what `open_engine` raises."""
    inputs = {
        "schema": lambda file: file.write(render_schema(tables.train.schema)),
        "train": lambda file: _write(tables.train.table, file),
        "test": lambda file: _write(tables.test.table, file),
    }
    with open_engine(address, inputs, limits) as engine:
        yield engine


def check_job(check: Check, tables: Tables, column: str = "") -> Job:
    """The job of looking at the tables, or at one column of them."""
    arguments: dict[str, Json] = {"look": check.spelled, "column": column, "seed": tables.seed}
    return Job(name=f"{check.name} {column}".strip(), task=_TASK, arguments=arguments)


def perform_check(inputs: Mapping[str, memoryview], arguments: Mapping[str, Json]) -> Json:
    """The task of a worker: the documents of what a check finds, in one column if one is named."""
    schema = parse_schema(bytes(inputs["schema"]))
    train, test = (Dataset(table=_read(inputs[name]), schema=schema) for name in ("train", "test"))
    match arguments:
        case {"look": str(look), "column": str(column), "seed": int(seed)}:
            tables = Tables(train=train, test=test, seed=seed)
            return [finding.document() for finding in find_task(look)(only(tables, column) if column else tables)]
    raise Malformed(where="job", expected="a check, a column and a seed", got="something else")


def _write(table: pa.Table, file: BinaryIO) -> None:
    with pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)


def _read(data: memoryview) -> pa.Table:
    return pa.ipc.open_stream(pa.py_buffer(data)).read_all()
