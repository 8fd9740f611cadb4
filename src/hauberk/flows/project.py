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
from hauberk.flows.errors import BadSetting, StateLocked, StateUnwritable
from hauberk.flows.key_folder import open_key_folder
from hauberk.ledger import Log, open_log
from hauberk.ledger.errors import RolledBack
from hauberk.store import BlobStore, StateStore

__all__ = ["STATE_FOLDER", "Project", "open_project", "origin_of"]

STATE_FOLDER = ".hauberk"
SIGNING_KEY = "signing"
STORE_KEY = "store"


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
def open_project(folder: Path, *, seed: int | None = None, now: Callable[[], datetime] = _clock) -> Iterator[Project]:
    """Open the project in `folder`, making keys and state on the first run, and hold its lock until the end.

    Raises:
        NoProject, BadToml, UnknownSetting, BadSetting: `hauberk.toml` is missing or wrong; nothing is made then.
        StateLocked: Another run works here.
        StateUnwritable: The folder cannot be written.
        LedgerError, StoreError, CryptoError: What is there was altered or is of another version, or the keys are
            encrypted and `HAUBERK_PASSPHRASE_FILE` does not name their passphrase.
    """
    configuration = load_configuration(folder)
    state_folder = folder / STATE_FOLDER
    _refuse_evidence_in_state(folder, configuration.prove.folder)
    with _lock(state_folder):
        name = origin_of(configuration)
        keys = _keys(state_folder, name, Profile(configuration.seal.profile))
        signer = keys.signer(SIGNING_KEY)
        ledger = open_log(state_folder / "ledger", origin=name, signers=[signer], verifiers=signer.identity.keys)
        with ledger as log, StateStore.open(state_folder / "state.db") as state:
            _verify_whole(log, state, state_folder / "ledger")
            store = BlobStore(state_folder / "store", keys, key_name=STORE_KEY)
            store.clean()
            yield Project(
                folder=folder,
                configuration=configuration,
                seed=configuration.system.seed if seed is None else seed,
                keys=keys,
                signer=signer,
                store=store,
                state=state,
                log=log,
                now=now,
            )


def _refuse_evidence_in_state(folder: Path, evidence: str) -> None:
    """Keep what is handed out apart from keys and store, on whatever way the setting leads there."""
    state = os.path.realpath(folder / STATE_FOLDER)
    if os.path.commonpath([state, os.path.realpath(folder / evidence)]) == state:
        raise BadSetting(where="prove.folder", expected=f"a folder outside {STATE_FOLDER}", got=repr(evidence))


def _verify_whole(log: Log, state: StateStore, where: Path) -> None:
    """Refuse a log that lacks a leaf that the state knows: going on from there would give it a second history.

    A leaf is safe on disk before the state is told of it, so that no crash can leave them so.
    """
    known = max((run.leaf for run in state.runs()), default=-1) + 1
    if known > log.size:
        hint = "restore the latest ledger; without one, move the whole state folder away and begin a new one"
        raise RolledBack(where=str(where), expected=f"{known} statements or more", got=str(log.size), hint=hint)


def _keys(state_folder: Path, name: str, profile: Profile) -> FileKeyProvider:
    """The keys of the project, made on the first run only: where there is a ledger, lost keys stay lost."""
    keys = open_key_folder(state_folder)
    if not (state_folder / "ledger").exists():
        known = keys.names()
        if SIGNING_KEY not in known:
            keys.create_signing_key(SIGNING_KEY, identity=name, profile=profile)
        if STORE_KEY not in known:
            keys.create_wrapping_key(STORE_KEY)
    found = keys.public(SIGNING_KEY)
    if found.profile is not profile or found.name != name:
        hint = "the ledger's key keeps its name and profile; restore the setting, or begin a new state folder"
        expected, got = f"{found.name} with {found.profile}", f"{name} with {profile}"
        raise BadSetting(where="system.name, seal.profile", expected=expected, got=got, hint=hint)
    return keys


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
