"""The types of the text columns of a file that is read in batches: `parse_texts` when no batch is the whole column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from hauberk.data.text_types import (
    DIGITS,
    PADDED,
    TIMES,
    any_match,
    are_truth_words,
    cast_texts,
    truth_values,
)

__all__ = ["TextVote", "type_texts", "vote_texts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextVote:
    """What the texts of a column so far can be read as.

    Law: the votes of parts, one built upon the other, are that of the whole column, in whatever pieces it came.

    Attributes:
        filled: There is a text at all.
        whole, number, truth: All are whole numbers of 64 bits, numbers, truth values.
        times: All are points in time, for each of `TIMES`.
        padded, marked: Some begin like `007`; some hold more than a sign and digits.
    """

    filled: bool = False
    whole: bool = True
    number: bool = True
    truth: bool = True
    times: tuple[bool, ...] = (True,) * len(TIMES)
    padded: bool = False
    marked: bool = False

    @property
    def type(self) -> pa.DataType:
        """The Arrow type that `parse_texts` would give."""
        if not self.filled:
            return pa.string()
        if self.number or self.whole:
            if self.padded or not (self.whole or self.marked):
                return pa.string()
            return pa.int64() if self.whole else pa.float64()
        if self.truth:
            return pa.bool_()
        return next((kind for kind, fits in zip(TIMES, self.times, strict=True) if fits), pa.string())


def vote_texts(batch: pa.RecordBatch, votes: Mapping[str, TextVote]) -> dict[str, TextVote]:
    """The votes with what the text columns of one more batch say."""
    found = dict(votes)
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if column.type == pa.string():
            found[name] = _vote(pa.chunked_array([column]), found.get(name, TextVote()))
    return found


def type_texts(batch: pa.RecordBatch, votes: Mapping[str, TextVote]) -> pa.Table:
    """The batch with its text columns in the types that all batches voted for."""
    columns = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        kind = votes[name].type if name in votes else column.type
        chunked = pa.chunked_array([column])
        if kind == column.type:
            columns.append(chunked)
        else:
            columns.append(truth_values(chunked) if kind == pa.bool_() else chunked.cast(kind))
    return pa.table(columns, names=batch.schema.names)


def _vote(column: pa.ChunkedArray, before: TextVote) -> TextVote:
    if column.null_count == len(column):
        return before
    whole = before.whole and cast_texts(column, pa.int64()) is not None
    number = before.number and (whole or cast_texts(column, pa.float64()) is not None)
    return TextVote(
        filled=True,
        whole=whole,
        number=number,
        truth=before.truth and not number and are_truth_words(column),
        times=tuple(
            fits and not number and cast_texts(column, kind) is not None
            for kind, fits in zip(TIMES, before.times, strict=True)
        ),
        padded=before.padded or (number and any_match(column, PADDED)),
        marked=before.marked or (number and any_match(column, DIGITS, negate=True)),
    )
