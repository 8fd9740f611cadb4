"""A sample of a column as texts. Holds values, so it is never shown."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hauberk.data import Dataset, Feature, Kind

__all__ = ["Cells", "normalised", "sample_cells", "sample_rows"]

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")
_WHOLE = 2.0**53


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Cells:
    """The different values of a column in the sampled rows.

    Attributes:
        feature: The column.
        texts: (m,) values, normalised; those that are empty or missing are left out.
        weights: (m,) int64, sampled rows with each value.
        numbers: (m,) float64, the values as numbers, NaN where they are none.
        digits: (m,) int64, ASCII digits in each value.
        bare: (m,) bool, whether a value is digits only.
    """

    feature: Feature
    texts: tuple[str, ...]
    weights: NDArray[np.int64]
    numbers: NDArray[np.float64]
    digits: NDArray[np.int64]
    bare: NDArray[np.bool_]

    @property
    def filled(self) -> int:
        """Sampled rows that hold a value."""
        return int(self.weights.sum())

    @property
    def distinctness(self) -> float:
        """Different values a filled row, 0 to 1."""
        return len(self.texts) / self.filled if self.filled else 0.0

    def share(self, mask: NDArray[np.bool_]) -> float:
        """Share of the filled rows whose value is in a (m,) mask."""
        return float(self.weights[mask].sum() / self.filled) if self.filled else 0.0


def sample_rows(rows: int, *, most: int, seed: int) -> NDArray[np.int64]:
    """(m,) row numbers, ascending: all, or `most` of them drawn without replacement."""
    if rows <= most:
        return np.arange(rows)
    drawn = np.random.default_rng(seed).choice(rows, most, replace=False)
    return np.sort(drawn).astype(np.int64)


def sample_cells(dataset: Dataset, feature: Feature, rows: NDArray[np.int64], *, longest: int) -> Cells:
    """The values of a column in some rows; texts are cut at `longest` characters."""
    counted: dict[str, int] = {}
    column = dataset.table.column(feature.name).take(pa.array(rows))
    for entry in column.value_counts().to_pylist():
        text = _text(entry["values"], feature.kind)[:longest]
        if text:
            counted[text] = counted.get(text, 0) + entry["counts"]
    texts = tuple(counted)
    numeric = feature.kind in (Kind.NUMBER, Kind.INTEGER)
    digits = pc.count_substring_regex(pa.array(texts, pa.string()), "[0-9]").to_numpy().astype(np.int64)
    return Cells(
        feature=feature,
        texts=texts,
        weights=np.array(list(counted.values()), np.int64),
        numbers=np.array(texts if numeric else [_number(text) for text in texts], np.float64),
        digits=digits,
        bare=digits == np.array([len(text) for text in texts], np.int64),
    )


def normalised(text: str) -> str:
    r"""The text as it reads: wide and superscript digits, long dashes and invisible characters made plain (NFKC).

    >>> normalised(" \uff14\uff12\u2013\u200b1 ")
    '42-1'
    """
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFKC", text).translate(_INVISIBLE).translate(_DASHES).strip()


def _text(value: object, kind: Kind) -> str:
    if value is None:
        return ""
    if kind is Kind.NUMBER and isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _WHOLE else repr(value)
    return normalised(str(value))


def _number(text: str) -> float:
    """The text as a number; only plain decimal notation counts."""
    if len(text) > 32 or not text.isascii() or not text.lstrip("+-").replace(".", "", 1).isdigit():
        return float("nan")
    try:
        return float(text)
    except ValueError:
        return float("nan")
