"""A model of many small models, each trained on its own part of the rows, that decides by election."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hauberk.models.ballots import Tally, count_ballots, elect
from hauberk.models.ensemble import Link, TreeEnsemble
from hauberk.models.errors import BadModelFile
from hauberk.models.library_model import LibraryModel, check_rows
from hauberk.models.protocols import Matrix, Scores
from hauberk.models.traverse import compile_ensemble

__all__ = ["Member", "PartitionModel", "election_scorer", "verify_members"]

_CELLS = 1 << 22  # rows times pairs of classes that are counted at once: 32 MiB
_ROWS = 4096
_WHERE = "partition model"
Voter = Callable[[Matrix], NDArray[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Member:
    """One voter.

    Attributes:
        classes: The class codes that its part of the rows holds, ascending, at least one; it ranks any other below.
        trees: What it votes by, over these classes; None where there is one class, which always gets the vote.
    """

    classes: tuple[int, ...]
    trees: TreeEnsemble | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PartitionModel(LibraryModel):
    """An election of members.

    The score of a class is its share of the votes in the run-off: two classes have one, all others 0.

    Attributes:
        members: The voters.
        count: Rows (n, d) to their tallies, block by block in order.
    """

    members: tuple[Member, ...]
    count: Callable[[Matrix], Iterator[Tally]]

    def tallies(self, rows: Matrix) -> Iterator[Tally]:
        """The votes on rows (n, d), for some rows after the other.

        Raises:
            WrongRows: Not a float matrix of the model's width, or an infinity in it.
        """
        check_rows(rows, self.width)
        return self.count(rows)


def election_scorer(
    members: Sequence[Member], classes: int
) -> tuple[Callable[[Matrix], Iterator[Tally]], Callable[[Matrix], Scores]]:
    """What counts the votes of the members, and what makes scores (n, classes) of them."""
    voters = [_voter(member, classes) for member in members]
    step = max(1, min(_ROWS, _CELLS // classes**2))

    def count(rows: Matrix) -> Iterator[Tally]:
        for start in range(0, len(rows), step):
            block = rows[start : start + step]
            yield count_ballots((voter(block) for voter in voters), rows=len(block), classes=classes)

    def score(rows: Matrix) -> Scores:
        return np.concatenate([_shares(tally, len(voters)) for tally in count(rows)])

    return count, score


def verify_members(members: Sequence[Member], *, classes: int, width: int, where: str = _WHERE) -> tuple[Member, ...]:
    """The same members, when each can vote on rows of `width` columns for `classes` classes.

    Raises:
        BadModelFile: None at all, class codes out of order or range, or trees of another form than the classes need.
    """
    if not members or classes < 2:
        raise BadModelFile(where=where, expected="members and at least two classes", got=f"{len(members)}, {classes}")
    for number, member in enumerate(members):
        codes, trees = member.classes, member.trees
        ascending = all(one < other for one, other in pairwise(codes))
        if not codes or not ascending or codes[0] < 0 or codes[-1] >= classes or (trees is None) != (len(codes) == 1):
            got = f"{codes[:8]} with{'out' if trees is None else ''} trees"
            raise BadModelFile(where=f"{where}, member {number}", expected="its classes, ascending", got=got)
        if trees is not None and (trees.width != width or _outputs(trees) != len(codes)):
            expected = f"trees of {width} columns for {len(codes)} classes"
            got = f"{trees.width} columns, {trees.link} of {len(trees.base)}"
            raise BadModelFile(where=f"{where}, member {number}", expected=expected, got=got)
    return tuple(members)


def _outputs(trees: TreeEnsemble) -> int:
    return {Link.LOGISTIC: 2, Link.IDENTITY: 0}.get(trees.link, len(trees.base))


def _voter(member: Member, classes: int) -> Voter:
    """Margins as scores: the order of probabilities without the underflow of those that are almost 0."""
    columns, trees = list(member.classes), member.trees
    if trees is None:
        constant = np.full((1, classes), -np.inf)
        constant[0, columns] = 0.0
        return lambda rows: np.broadcast_to(constant, (len(rows), classes))
    ready, logistic = compile_ensemble(trees), trees.link is Link.LOGISTIC

    def vote(rows: Matrix) -> NDArray[np.float64]:
        margins = ready.margins(rows)
        scores = np.full((len(rows), classes), -np.inf)
        scores[:, columns] = np.column_stack([np.zeros(len(rows)), margins[:, 0]]) if logistic else margins
        return scores

    return vote


def _shares(tally: Tally, voters: int) -> Scores:
    outcome = elect(tally)
    everyone = np.arange(len(tally.first))
    shares = np.zeros(tally.first.shape)
    shares[everyone, outcome.winner] = outcome.votes / voters
    shares[everyone, outcome.rival] = (voters - outcome.votes) / voters
    return shares
