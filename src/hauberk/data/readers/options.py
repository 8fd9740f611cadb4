"""How a CSV file is to be read."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_CSV", "CsvOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvOptions:
    """What a CSV file does not say of itself.

    Attributes:
        delimiter: One ASCII character; a `.tsv` file is read with tabs where this is the comma.
        columns: Column names of a file without a header, empty where the first line names them.
        skip_rows: Lines to leave out at the top.
        null: Texts that mean a missing value, compared after stripping.
        strip: Whether white space around a cell is dropped.
    """

    delimiter: str = ","
    columns: tuple[str, ...] = ()
    skip_rows: int = 0
    null: tuple[str, ...] = ("", "NA", "NaN", "null")
    strip: bool = True


DEFAULT_CSV = CsvOptions()
