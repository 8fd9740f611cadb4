"""The transparency log: tree, tiles, checkpoints, proofs, receipts, the log on disk and its audit."""

from hauberk.ledger.audit import LogAudit, audit_log
from hauberk.ledger.bundles import LARGEST_ENTRY, parse_bundle, render_bundle
from hauberk.ledger.checkpoint import (
    Checkpoint,
    parse_checkpoint,
    render_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
)
from hauberk.ledger.errors import LedgerError
from hauberk.ledger.hashing import EMPTY_ROOT, hash_leaf, hash_node
from hauberk.ledger.log import Log, open_log
from hauberk.ledger.proof import verify_consistency, verify_inclusion
from hauberk.ledger.reader import LogReader, load_checkpoint, load_log
from hauberk.ledger.receipt import Receipt, VerifiedReceipt, parse_receipt, render_receipt, verify_receipt
from hauberk.ledger.tiles import TileName, parse_tile, parse_tile_name, render_tile
from hauberk.ledger.tree import MerkleTree

__all__ = [
    "EMPTY_ROOT",
    "LARGEST_ENTRY",
    "Checkpoint",
    "LedgerError",
    "Log",
    "LogAudit",
    "LogReader",
    "MerkleTree",
    "Receipt",
    "TileName",
    "VerifiedReceipt",
    "audit_log",
    "hash_leaf",
    "hash_node",
    "load_checkpoint",
    "load_log",
    "open_log",
    "parse_bundle",
    "parse_checkpoint",
    "parse_receipt",
    "parse_tile",
    "parse_tile_name",
    "render_bundle",
    "render_checkpoint",
    "render_receipt",
    "render_tile",
    "sign_checkpoint",
    "verify_checkpoint",
    "verify_consistency",
    "verify_inclusion",
    "verify_receipt",
]
