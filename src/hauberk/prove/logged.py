"""A statement with its place in the ledger, and how its common fields are read."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.core.claim import Claim, parse_claim
from hauberk.core.digest import Digest
from hauberk.core.encoding import Json
from hauberk.core.errors import Malformed
from hauberk.core.statement import Statement, Subject, parse_subject
from hauberk.prove.kinds import Kind

__all__ = ["LoggedStatement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedStatement:
    """One leaf of the ledger.

    Attributes:
        leaf: Its index, from 0.
        digest: Digest of the logged bytes, which are a signed envelope.
        statement: What the envelope says.
    """

    leaf: int
    digest: Digest
    statement: Statement

    @property
    def kind(self) -> Kind:
        """What kind of statement it is.

        Raises:
            Malformed: A kind that no reader knows.
        """
        try:
            return Kind(self.statement.predicate_type)
        except ValueError as error:
            got = repr(self.statement.predicate_type)[:120]
            raise Malformed(where=self.where, expected="a known predicate type", got=got) from error

    @property
    def where(self) -> str:
        """How an error names the statement."""
        return f"statement at leaf {self.leaf}"

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Its claims; a statement need not make any.

        Raises:
            Malformed: One of them is no claim, or two have the same name.
        """
        claims = tuple(parse_claim(item, where=self.where) for item in self._list("claims"))
        if len({claim.name for claim in claims}) != len(claims):
            raise Malformed(where=self.where, expected="claims of different names", got="two of one name")
        return claims

    @property
    def inputs(self) -> tuple[Subject, ...]:
        """The artifacts that it was made from.

        Raises:
            Malformed: One of them is no subject.
        """
        return tuple(parse_subject(item, where=self.where) for item in self._list("inputs"))

    def _list(self, name: str) -> list[Json]:
        value = self.statement.predicate.get(name, [])
        if not isinstance(value, list):
            raise Malformed(where=self.where, expected=f"a list as {name}", got=type(value).__name__)
        return value
