"""CSV: what is read, and the error with its line where it cannot be."""

import gzip
from pathlib import Path

import pytest

from hauberk.data import CsvOptions, TableLimits, open_batches, read_table
from hauberk.data.errors import (
    BadColumnNames,
    BrokenFile,
    DuplicateColumn,
    EmptyFile,
    FileMissing,
    NoRows,
    NotUtf8,
    RaggedRow,
    TableTooLarge,
    UnknownFormat,
)


@pytest.fixture
def write(tmp_path: Path):
    def writing(content: bytes, name: str = "table.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return writing


def test_types_are_read_off_the_whole_column(write) -> None:
    path = write(b"n,x,t,d,s\n1,1.5,true,2020-01-02,a\n-2,2e3,False,2021-03-04 05:06:07,1\n,,,,\n")
    table = read_table(path)
    assert [str(kind) for kind in table.schema.types] == ["int64", "double", "bool", "timestamp[us]", "string"]
    assert table.column("n").to_pylist() == [1, -2, None]
    assert table.column("t").to_pylist() == [True, False, None]
    assert table.column("s").to_pylist() == ["a", "1", None]


def test_a_late_fraction_makes_the_column_numbers(write) -> None:
    rows = b"".join(b"%d\n" % number for number in range(3000))
    limits = TableLimits(line_bytes=64)
    table = read_table(write(b"x\n" + rows + b"0.5\n"), limits=limits)
    assert str(table.schema.field("x").type) == "double"
    assert table.num_rows == 3001


@pytest.mark.parametrize("cell", [b"007", b"00501", b"-01", b"0x10", b"98765432109876543210"])
def test_what_a_number_would_lose_stays_text(write, cell: bytes) -> None:
    table = read_table(write(b"code\n" + cell + b"\n12\n"))
    assert table.column("code").to_pylist() == [cell.decode(), "12"]


def test_zero_and_fractions_below_one_are_numbers(write) -> None:
    assert read_table(write(b"a,b\n0,0.5\n-0,-0.25\n")).to_pydict() == {"a": [0, 0], "b": [0.5, -0.25]}


def test_white_space_null_tokens_quotes_and_breaks(write) -> None:
    content = b'a, b \r\n x ,"y, ""z"""\r\n?,"two\nlines"\r\n\r\n'
    table = read_table(write(content), csv=CsvOptions(null=("?",)))
    assert table.to_pydict() == {"a": ["x", None], "b": ['y, "z"', "two\nlines"]}
    kept = read_table(write(content), csv=CsvOptions(strip=False, null=()))
    assert kept.column_names == ["a", " b "]
    assert kept.column("a").to_pylist() == [" x ", "?"]


def test_given_names_delimiter_skipped_lines_and_mark(write) -> None:
    options = CsvOptions(delimiter=";", columns=("a", "b"), skip_rows=1)
    assert read_table(write(b"|note\n1;2\n3;4\n"), csv=options).to_pydict() == {"a": [1, 3], "b": [2, 4]}
    options = CsvOptions(skip_rows=2)
    path = write(b"\xef\xbb\xbfmade by\n\n\na,b\n1,2\n")
    assert read_table(path, csv=options).to_pydict() == {"a": [1], "b": [2]}
    assert read_table(write(b"a\tb\n1\t2\n", "t.tsv")).to_pydict() == {"a": [1], "b": [2]}
    assert read_table(write(b"a,b\r1,2\r3,4\r")).num_rows == 2


def test_a_nameless_column_is_called_by_its_place(write) -> None:
    assert read_table(write(b",x\n0,5\n1,6\n")).column_names == ["column_1", "x"]


def test_gzip_of_several_members_is_one_file(write) -> None:
    path = write(gzip.compress(b"a\n1\n") + gzip.compress(b"2\n"), "T.CSV.GZ")
    assert read_table(path).to_pydict() == {"a": [1, 2]}


def test_batches_are_small_and_text(write) -> None:
    path = write(b"a,b\n" + b"1,x\n" * 5000)
    batches = list(open_batches(path, limits=TableLimits(line_bytes=1024)))
    assert len(batches) > 10
    assert sum(batch.num_rows for batch in batches) == 5000
    assert max(batch.nbytes for batch in batches) < 8192
    assert {str(kind) for batch in batches for kind in batch.schema.types} == {"string"}


@pytest.mark.parametrize(
    ("content", "line", "cells"),
    [
        (b"a,b\n1,2\n3,4,5\n", 3, "3"),
        (b"a,b\n3,4,5\n1,2\n", 2, "3"),
        (b"a,b\n1,2\n\n\n3\n", 5, "1"),
        (b'a,b\n"1\n1",2\n3,4,5,6\n', 4, "4"),
        (b"# note\na,b\n1,2\n3, 4, 5\n", 4, "3"),
        (b"a,b\n" + b"1,2\n" * 4000 + b"1\n", 4002, "1"),
    ],
)
def test_a_ragged_row_names_its_line(write, content: bytes, line: int, cells: str) -> None:
    options = CsvOptions(skip_rows=1 if content.startswith(b"#") else 0)
    with pytest.raises(RaggedRow) as caught:
        read_table(write(content), csv=options, limits=TableLimits(line_bytes=4096))
    assert caught.value.where.endswith(f"table.csv, line {line}")
    assert (caught.value.expected, caught.value.got) == ("2 cells", cells)
    assert caught.value.hint


@pytest.mark.parametrize(("content", "line"), [(b"a,b\n1,2\n1,\xe9\n", 3), (b"a\xe9,b\n1,2\n", 1)])
def test_latin1_is_refused_with_its_line(write, content: bytes, line: int) -> None:
    with pytest.raises(NotUtf8) as caught:
        read_table(write(content))
    assert caught.value.where.endswith(f"line {line}")
    assert "LATIN1" in caught.value.hint


def test_utf16_is_refused_by_name(write) -> None:
    with pytest.raises(NotUtf8) as caught:
        read_table(write("a,b\n1,2\n".encode("utf-16")))
    assert "UTF-16" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", EmptyFile),
        (b"\n\n", EmptyFile),
        (b"a,b\n", NoRows),
        (b"a,b", NoRows),
        (b"a,b,a\n1,2,3\n", DuplicateColumn),
        (b'a,b\n1,"2\n3,4\n', BrokenFile),
    ],
)
def test_what_is_no_table(write, content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        read_table(write(content))
    assert "table.csv" in caught.value.where


def test_a_stray_quote_within_a_cell_is_text(write) -> None:
    assert read_table(write(b'a,b\n5" pipe,2\n')).column("a").to_pylist() == ['5" pipe']


def test_names_that_do_not_fit_the_file(write) -> None:
    with pytest.raises(BadColumnNames) as caught:
        read_table(write(b"1,2,3\n4,5,6\n"), csv=CsvOptions(columns=("a", "b")))
    assert caught.value.where.endswith("line 1")
    with pytest.raises(BadColumnNames):
        read_table(write(b"a\n1\n"), csv=CsvOptions(delimiter=",,"))


def test_missing_folder_and_unknown_suffix(tmp_path: Path, write) -> None:
    with pytest.raises(FileMissing):
        open_batches(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(FileMissing, match="a folder"):
        open_batches(tmp_path / "folder.csv")
    with pytest.raises(UnknownFormat) as caught:
        open_batches(write(b"x", "table.parqet"))
    assert caught.value.hint == "did you mean `.parquet`?"
    with pytest.raises(UnknownFormat):
        open_batches(write(b"x", "table.parquet.gz"))
    with pytest.raises(EmptyFile):
        open_batches(write(b"", "table.parquet"))


def test_a_compressed_bomb_is_stopped(write) -> None:
    path = write(gzip.compress(b"a,b\n" + b"0,0\n" * 500_000), "bomb.csv.gz")
    assert path.stat().st_size < 10_000
    with pytest.raises(TableTooLarge, match="1000000 bytes"):
        read_table(path, limits=TableLimits(table_bytes=1_000_000))
    with pytest.raises(TableTooLarge, match="lines of at most"):
        read_table(write(b"a,b\n" + b"x" * 9000 + b",1\n"), limits=TableLimits(line_bytes=1024))
    with pytest.raises(TableTooLarge, match="3 columns"):
        read_table(write(b"a,b,c,d\n1,2,3,4\n"), limits=TableLimits(columns=3))


@pytest.mark.parametrize("cut", [1, 5, 9, 20])
def test_a_gzip_cut_off_or_altered_is_broken(write, cut: int) -> None:
    whole = gzip.compress(b"a,b\n" + b"1,2\n" * 50)
    with pytest.raises(BrokenFile):
        read_table(write(whole[:-cut], "cut.csv.gz"))
    altered = bytearray(whole)
    altered[-6] ^= 1
    with pytest.raises(BrokenFile, match="data check"):
        read_table(write(bytes(altered), "crc.csv.gz"))
