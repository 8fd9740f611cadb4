"""Where things are kept: blobs by digest, encrypted at rest, and the record of what has been run."""

from hauberk.store.blobs import BlobStore
from hauberk.store.state import StageRun, StateStore

__all__ = ["BlobStore", "StageRun", "StateStore"]
