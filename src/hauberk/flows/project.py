"""An opened project: its configuration, keys, store, state and ledger, under one lock."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hauberk.crypto import FileKeyProvider, Profile, PublicIdentity, Signer
from hauberk.flows.configuration import Configuration, load_configuration
from hauberk.flows.errors import StateLocked, StateUnwritable
from hauberk.ledger import Log, open_log
from hauberk.store import BlobStore, StateStore

__all__ = ["STATEMENT_PAYLOAD", "STATE_FOLDER", "Project", "open_project", "origin_of"]

STATEMENT_PAYLOAD = "application/vnd.in-toto+json"
STATE_FOLDER = ".hauberk"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Project:
    """What the flows work with while the lock is held.

    Attributes:
        folder: Where `hauberk.toml` lies.
        configuration: Its content.
        seed: The seed of this run.
        keys: Wraps data keys and signs.
        signer: Signs statements and checkpoints.
        store: Blobs by digest.
        state: What has been run.
        log: The ledger.
        now: The clock.
    """

    folder: Path
    configuration: Configuration
    seed: int
    keys: FileKeyProvider
    signer: Signer
    store: BlobStore
    state: StateStore
    log: Log
    now: Callable[[], datetime]

    @property
    def identity(self) -> PublicIdentity:
        """Whose signatures the statements bear."""
        return self.signer.identity

    @property
    def evidence(self) -> Path:
        """Where report, bundle, proof and public key go."""
        return self.folder / self.configuration.prove.folder


def origin_of(configuration: Configuration) -> str:
    """The ledger's origin, which is the name of the key too."""
    return f"hauberk/{configuration.system.name}"


def _clock() -> datetime:
    return datetime.now(UTC)


@contextmanager
def open_project(
    folder: Path, *, seed: int | None = None, now: Callable[[], datetime] = _clock
) -> Iterator[Project]:
    """Open the project in `folder`, making keys and state on the first run, and hold its lock until the end.

    Raises:
        NoProject, BadToml, UnknownSetting, BadSetting: `hauberk.toml` is missing or wrong; nothing is made then.
        StateLocked: Another run works here.
        StateUnwritable: The folder cannot be written.
        LedgerError, StoreError, CryptoError: What is there was altered or is of another version.
    """
    configuration = load_configuration(folder)
    state_folder = folder / STATE_FOLDER
    with _lock(state_folder):
        keys = FileKeyProvider(state_folder / "keys")
        name = origin_of(configuration)
        signer = keys.open_signer(name, profile=Profile(configuration.seal.profile))
        with StateStore.open(f"sqlite:///{state_folder / 'state.db'}") as state:
            yield Project(
                folder=folder,
                configuration=configuration,
                seed=configuration.system.seed if seed is None else seed,
                keys=keys,
                signer=signer,
                store=BlobStore(state_folder / "store", keys),
                state=state,
                log=open_log(state_folder / "ledger", origin=name, signers=[signer]),
                now=now,
            )


@contextmanager
def _lock(state_folder: Path) -> Iterator[None]:
    """Hold the lock of the state folder; the kernel drops it when the process ends, however it ends."""
    try:
        state_folder.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(state_folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StateUnwritable(where=str(state_folder), got=error.strerror or str(error)) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            hint = "wait for the other run to end"
            raise StateLocked(where=str(state_folder), got="a lock held by another process", hint=hint) from error
        yield
    finally:
        os.close(handle)
