"""Texts that were harmed on their way: wrong decoding, invisible characters, one category in two spellings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hauberk.core.finding import Finding, Severity
from hauberk.data import Dataset, Feature, Kind, Role
from hauberk.verify.named_rows import NAMED_ROWS, row_findings

__all__ = ["check_encoding", "is_mojibake"]

_FOREIGN = r"[^\x00-\x7f]"
_CONTROL = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u2069\ufeff]"
"""C0 and C1 but tab and line ends, zero width, line and paragraph ends, direction. Joiners (U+200C, U+200D) and single
direction marks are left out: Persian, Indic scripts, Hebrew and emoji need them."""
_BLANK = r"^\s|\s$|^\p{Z}|\p{Z}$"
_QUOTES = "\u00bb\u201d\u2019"
_RUN = re.compile("[\u0080-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2122]{2,4}")
Mask = NDArray[np.bool_]


def check_encoding(dataset: Dataset, *, named: int = NAMED_ROWS) -> tuple[Finding, ...]:
    """What is wrong with the texts of categories, keys and free text.

    Codes `verify.encoding.` and: `mojibake` (UTF-8 once read as Latin-1 or Windows-1252), `replacement` (U+FFFD: the
    character is lost), `control` (characters that cannot be seen), `blanks` (at an end), `same_category` (spellings
    that differ in case, blanks or Unicode form only: a model takes them for different values; codes of one letter are
    told as information, since `a` and `A` may be meant). No text is shown.
    """
    found: list[Finding] = []
    for feature in dataset.schema.features:
        if feature.kind in (Kind.CATEGORY, Kind.TEXT):
            words = _Words(dataset.table.column(feature.name))
            found += _harmed(words, feature, named)
            if feature.kind is Kind.CATEGORY:
                found += _respelt(words, feature, named)
    return tuple(found)


def is_mojibake(text: str) -> bool:
    r"""Whether some characters, written as Latin-1 or Windows-1252, are UTF-8: honest text hardly ever is.

    A capital before a closing quote is taken for honest.

    >>> [is_mojibake(text) for text in ("caf\u00c3\u00a9", "caf\u00e9", "na\u00efve", "\u00c9\u00bb")]
    [True, False, False, False]
    """
    for run in _RUN.findall(text):
        for start in range(len(run) - 1):
            piece = run[start:]
            if piece[1] in _QUOTES and piece[0] not in "\u00c2\u00c3\u00e2":
                continue
            if any(_decodes(piece[:size]) for size in range(2, len(piece) + 1)):
                return True
    return False


@dataclass(frozen=True, slots=True, eq=False)
class _Words:
    """The different texts of a column, so that each is looked at once."""

    column: pa.ChunkedArray

    def find(self, pattern: str) -> Mask:
        """(n,) the rows whose text has a match (RE2)."""
        return self.among(lambda words: _mask(pc.match_substring_regex(words, pattern)))

    def among(self, judge: Callable[[pa.Array], Mask]) -> Mask:
        """(n,) the rows whose text is true under a judge of the (w,) different texts."""
        encoded = self.column.combine_chunks().dictionary_encode()
        judged = judge(encoded.dictionary)
        codes = pc.fill_null(encoded.indices, len(judged)).to_numpy()
        mask: Mask = np.append(judged, False)[codes]
        return mask


def _harmed(words: _Words, feature: Feature, named: int) -> Iterator[Finding]:
    name = feature.name.replace("{", "{{").replace("}", "}}")
    mild = feature.kind is Kind.TEXT or feature.role is Role.IGNORED
    wrong = words.among(_mojibake)
    faults: tuple[tuple[str, str, Mask, bool], ...] = (
        ("mojibake", "are UTF-8 that was read as another encoding; read the source anew as UTF-8", wrong, False),
        ("replacement", "hold U+FFFD, which stands for a character that is lost", words.find("\ufffd"), False),
        ("control", "hold control characters or others that cannot be seen", words.find(_CONTROL) & ~wrong, False),
        ("blanks", "begin or end with blanks", words.find(_BLANK), mild),
    )
    for what, why, mask, informs in faults:
        severity = Severity.INFO if informs else Severity.WARNING
        message = f"{{count}} values of `{name}` {why}"
        yield from row_findings(
            f"verify.encoding.{what}", message, mask, severity=severity, feature=feature.name, named=named
        )


def _respelt(words: _Words, feature: Feature, named: int) -> Iterator[Finding]:
    """The rows of a spelling that is rarer than another of the same word."""
    counted = pc.value_counts(words.column.drop_null())
    ranked = sorted(counted.to_pylist(), key=lambda one: (-one["counts"], one["values"]))
    usual: dict[str, str] = {}
    texts = [one["values"] for one in ranked]
    rarer = [text for text in texts if usual.setdefault(_folded(text), text) != text]
    mask = words.among(lambda texts: _mask(pc.is_in(texts, value_set=pa.array(rarer, pa.string()))))
    letters = all(len(text) == 1 for text in rarer)
    name = feature.name.replace("{", "{{").replace("}", "}}")
    message = f"{{count}} values of `{name}` are a commoner category in other case, blanks or Unicode form"
    severity = Severity.INFO if letters else Severity.WARNING
    yield from row_findings(
        "verify.encoding.same_category", message, mask, severity=severity, feature=feature.name, named=named
    )


def _folded(text: str) -> str:
    """A text without case, Unicode form and the number of blanks (compatibility form, UAX #15)."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _mojibake(words: pa.Array) -> Mask:
    found = _mask(pc.match_substring_regex(words, _FOREIGN))
    for place in np.flatnonzero(found):
        found[place] = is_mojibake(words[int(place)].as_py())
    return found


def _decodes(piece: str) -> bool:
    for encoding in ("latin-1", "cp1252"):
        try:
            if len(piece.encode(encoding).decode("utf-8")) == 1:
                return True
        except UnicodeError:
            continue
    return False


def _mask(found: pa.Array) -> Mask:
    mask: Mask = pc.fill_null(found, False).to_numpy(zero_copy_only=False).astype(bool)
    return mask.copy()
