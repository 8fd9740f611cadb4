"""The keys of pseudonyms: made once, kept in the project's key folder, and never replaced unseen."""

from __future__ import annotations

from collections.abc import Mapping

from hauberk.crypto import PseudonymKey
from hauberk.flows.errors import LostPseudonymKey
from hauberk.flows.project import Project
from hauberk.flows.statements import statements_of

__all__ = ["DEIDENTIFICATION", "open_pseudonym_key"]

DEIDENTIFICATION = "urn:hauberk:verify:deidentification:v1"


def open_pseudonym_key(project: Project, name: str) -> PseudonymKey:
    """The key of this name, made where the ledger knows no pseudonyms of it.

    Raises:
        LostPseudonymKey: The ledger knows some, and the key is gone or is another one.
        CryptoError: It cannot be opened or made, or the name is none.
    """
    known = _commitment(project, name)
    there = name in project.keys.names()
    if known and not there:
        raise LostPseudonymKey(where=name, expected="the key that the ledger knows", got="none")
    if not there:
        project.keys.create_pseudonym_key(name)
    key = project.keys.pseudonym_key(name)
    if known and key.commitment != known:
        raise LostPseudonymKey(where=name, expected="the key that the ledger knows", got="another one")
    return key


def _commitment(project: Project, name: str) -> str:
    """What the latest statement with pseudonyms of this key says of it; empty where there is none."""
    for found in statements_of(project, DEIDENTIFICATION):
        details = found.statement.predicate.get("details")
        match details.get("key") if isinstance(details, Mapping) else None:
            case {"name": str(known), "commitment": str(commitment)} if known == name:
                return commitment
    return ""
