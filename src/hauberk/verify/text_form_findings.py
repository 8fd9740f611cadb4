"""Columns of text that hold something else: numbers in dress, numbers mixed with words, dates in several formats."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hauberk.core.finding import Finding, Severity
from hauberk.data import Dataset, Feature, Kind, Role
from hauberk.verify.named_rows import NAMED_ROWS, row_findings

__all__ = ["check_text_forms"]

_PLAIN = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
_DRESSED = (
    r"^\s*[+-]?[$€£¥]?\s?[+-]?(\d{1,3}([,' .\x{00a0}]\d{3})+([.,]\d+)?|\d+[.,]?\d*)\s?"
    r"(%|[$€£¥]|[A-Za-z]{1,3}|°[CF]?)?\s*$"
)
"""A currency sign, groups of three digits, a decimal comma, or a short unit behind."""
_CLOCK = r"([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?\s*$"
_MONTH = r"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATES = (
    r"^\s*\d{4}-\d{1,2}-\d{1,2}",
    r"^\s*\d{4}/\d{1,2}/\d{1,2}",
    r"^\s*\d{4}\.\d{1,2}\.\d{1,2}",
    r"^\s*\d{1,2}/\d{1,2}/(\d{4}|\d{2})",
    r"^\s*\d{1,2}\.\d{1,2}\.(\d{4}|\d{2})",
    r"^\s*\d{1,2}-\d{1,2}-(\d{4}|\d{2})",
    rf"^\s*\d{{1,2}}[ -]{_MONTH}[ -,]*(\d{{4}}|\d{{2}})",
    rf"^\s*{_MONTH} \d{{1,2}},? \d{{4}}",
    r"^\s*(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])",
)
_PAIR = re.compile(r"^\s*(\d{1,2})[/.-](\d{1,2})[/.-]\d")
_MOST = 0.9
_HALF = 0.5
_UNITS = 3
"""Different units, none among them; a column with more is one of codes, such as seats."""
_FEW = 5
"""Different texts below which a column is a code list, not numbers."""
_LONG = 7
"""Digits of a telephone or account number in groups; amounts of that size do not all have the same number of them."""
Mask = NDArray[np.bool_]


def check_text_forms(dataset: Dataset, *, named: int = NAMED_ROWS) -> tuple[Finding, ...]:
    """What the texts of a column would be if they were written in one form.

    Codes `verify.encoding.` and: `number_text` (nine in ten texts are numbers with a sign of currency, groups of
    digits, a decimal comma or a unit, so no model sees their order), `mixed_types` (more than half of the different
    texts are numbers, some are words; told as information, for a code list may be so), `date_formats` (dates in
    several formats), `date_order` (the day stands first in some, the month in others, so that the rest cannot be
    told). Whole numbers only are taken for codes, and so are groups of digits of one number of seven or more. The
    target is left out.
    """
    found: list[Finding] = []
    for feature in dataset.schema.features:
        if feature.kind in (Kind.CATEGORY, Kind.TEXT) and feature.role is not Role.TARGET:
            encoded = dataset.table.column(feature.name).combine_chunks().dictionary_encode()
            codes = pc.fill_null(encoded.indices, len(encoded.dictionary)).to_numpy()
            for one, words in _forms(encoded.dictionary, feature):
                found += row_findings(
                    one.code,
                    one.message,
                    np.append(words, False)[codes],
                    severity=one.severity,
                    feature=feature.name,
                    named=named,
                )
    return tuple(found)


def _forms(words: pa.Array, feature: Feature) -> Iterator[tuple[Finding, Mask]]:
    """What is found, and in which of the (w,) different texts."""
    filled = len(words)
    if not filled:
        return
    name = feature.name.replace("{", "{{").replace("}", "}}")
    dates = np.stack([_match(words, pattern + _CLOCK) for pattern in _DATES])
    if dates.any(axis=0).sum() >= max(2, _HALF * filled) and dates[:-1].any():
        yield from _date_forms(words, dates, name)
        return
    plain = _match(words, _PLAIN)
    numeric = plain | _match(words, _DRESSED)
    if filled < _FEW:
        return
    letters = {re.sub("[^A-Za-z]", "", text) for text in words.filter(pa.array(numeric & ~plain)).to_pylist()}
    if (
        len(letters) <= _UNITS
        and numeric.sum() >= _MOST * filled
        and not plain.all()
        and (numeric & ~plain).sum() >= _HALF * filled
        and not _are_codes(words.filter(pa.array(numeric)))
    ):
        message = f"{{count}} values of `{name}` are numbers kept as text; write them as plain numbers"
        yield _form("number_text", message), numeric
    elif _HALF * filled < plain.sum() < filled:
        message = f"{{count}} values of `{name}` are words in a column where most are numbers"
        yield _form("mixed_types", message, Severity.INFO), ~plain


def _are_codes(words: pa.Array) -> bool:
    """Whether texts of digits are all of one length without their separators, such as `601 234 567`."""
    digits = np.array([len(re.findall("[0-9]", text)) for text in words.to_pylist()])
    bare = not _match(words, "[^0-9 .'-]").any()
    return bool(bare and digits.min() >= _LONG and digits.min() == digits.max())


def _date_forms(words: pa.Array, dates: Mask, name: str) -> Iterator[tuple[Finding, Mask]]:
    counts = dates.sum(axis=1)
    usual = int(counts.argmax())
    other = dates.any(axis=0) & ~dates[usual]
    formats = int(np.count_nonzero(counts))
    if other.any():
        message = f"{{count}} values of `{name}` are dates in another format than most; {formats} formats occur"
        yield _form("date_formats", message), other
    pairs = [_PAIR.match(text) for text in words.to_pylist()]
    first = np.array([pair is not None and int(pair[1]) > 12 for pair in pairs])
    second = np.array([pair is not None and int(pair[2]) > 12 for pair in pairs])
    for row in dates[3:6]:
        if (row & first).any() and (row & second).any():
            rarer = min(row & first, row & second, key=lambda mask: int(mask.sum()))
            message = f"{{count}} values of `{name}` have day and month the other way round than others"
            yield _form("date_order", message), rarer


def _form(what: str, message: str, severity: Severity = Severity.WARNING) -> Finding:
    return Finding(code=f"verify.encoding.{what}", severity=severity, message=message)


def _match(words: pa.Array, pattern: str) -> Mask:
    found = pc.match_substring_regex(words, pattern)
    mask: Mask = found.to_numpy(zero_copy_only=False).astype(bool)
    return mask
