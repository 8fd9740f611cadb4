"""Tables with a fault, from the file to the findings: a finding tells it, or one clear error with a code."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hauberk.core.finding import Finding
from hauberk.data import infer_schema, make_dataset, read_table
from hauberk.data.errors import BadValue, DataError, DuplicateColumn, MostlyNumbers, NotUtf8
from hauberk.verify import (
    check_dataset,
    check_encoding,
    check_near_duplicates,
    check_near_overlap,
    check_sentinels,
    check_text_forms,
    check_time,
    check_time_split,
    check_unit_shift,
    check_units,
)

ALONE = (
    check_dataset,
    check_near_duplicates,
    check_time,
    check_units,
    check_sentinels,
    check_encoding,
    check_text_forms,
)
PAIRED = (check_near_overlap, check_time_split, check_unit_shift)


def findings(path: Path) -> dict[str, Finding]:
    table = read_table(path)
    dataset = make_dataset(table, infer_schema(table, target="y", where=path.name), where=path.name)
    found = [one for check in ALONE for one in check(dataset)]
    found += [one for check in PAIRED for one in check(dataset, dataset)]
    return {one.code: one for one in found}


def written(folder: Path, rows: list[str], header: str = "x,c,y") -> Path:
    path = folder / "a.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def rows(count: int = 60) -> list[str]:
    numbers = np.random.default_rng(0).normal(size=count)
    return [f"{number:.6f},{'uvw'[row % 3]},{'ab'[row % 2]}" for row, number in enumerate(numbers)]


def test_the_table_without_a_fault(tmp_path: Path) -> None:
    assert findings(written(tmp_path, rows())) == {}


def test_a_text_that_is_not_utf8(tmp_path: Path) -> None:
    path = written(tmp_path, rows())
    path.write_bytes(path.read_bytes() + "1.5,café,a\n".encode("latin-1"))
    with pytest.raises(NotUtf8, match="line 62") as caught:
        findings(path)
    assert caught.value.code == "DATA-107"


def test_a_text_that_was_read_as_another_encoding(tmp_path: Path) -> None:
    harmed = "café".encode().decode("latin-1")
    found = findings(written(tmp_path, [*rows(), f"0.5,{harmed},a", f"0.7,{harmed},b"]))
    assert found["verify.encoding.mojibake"].rows == (60, 61)


def test_a_few_words_among_numbers(tmp_path: Path) -> None:
    with pytest.raises(MostlyNumbers, match="row 60") as caught:
        findings(written(tmp_path, [*rows(), "many,u,a"]))
    assert caught.value.code == "DATA-119"


def test_numbers_and_words_in_one_column(tmp_path: Path) -> None:
    mixed = [f"{row % 12 if row % 4 else 'none'},{line.split(',', 1)[1]}" for row, line in enumerate(rows())]
    assert findings(written(tmp_path, mixed))["verify.encoding.mixed_types"].count == 15


@pytest.mark.parametrize("value", ["inf", "-inf", "Infinity", "1e999"])
def test_an_infinite_value(tmp_path: Path, value: str) -> None:
    with pytest.raises(BadValue, match="row 60") as caught:
        findings(written(tmp_path, [*rows(), f"{value},u,a"]))
    assert caught.value.code == "DATA-114"


def test_an_infinite_value_of_a_binary_file(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"x": [0.5, float("inf")] * 9, "y": ["a", "b"] * 9}), path)
    with pytest.raises(BadValue, match="row 1, 3"):
        findings(path)


def test_one_class(tmp_path: Path) -> None:
    found = findings(written(tmp_path, [line[:-1] + "a" for line in rows()]))
    assert "verify.target.single_class" in found


def test_one_row(tmp_path: Path) -> None:
    found = findings(written(tmp_path, rows(1)))
    assert {"verify.target.single_class", "verify.schema.constant"} <= set(found)


def test_a_header_only(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="row"):
        findings(written(tmp_path, []))


def test_a_header_that_names_a_column_twice(tmp_path: Path) -> None:
    with pytest.raises(DuplicateColumn, match="`x`") as caught:
        findings(written(tmp_path, rows(), header="x,x,y"))
    assert caught.value.code == "DATA-106"


def test_a_date_in_four_formats(tmp_path: Path) -> None:
    forms = ("2021-03-{:02d}", "{:02d}/03/2021", "March {:d} 2021", "{:02d}.03.2021")
    dated = [
        f"{line.split(',')[0]},{forms[row % 4].format(row % 28 + 1)},{line[-1]}" for row, line in enumerate(rows())
    ]
    found = findings(written(tmp_path, dated))
    assert found["verify.encoding.date_formats"].count == 45


def test_five_thousand_columns(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).normal(size=(200, 5000))
    numbers[:, 7] = 1.0
    columns = {f"x{place}": numbers[:, place] for place in range(5000)}
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(columns | {"y": ["a", "b"] * 100}), path)
    assert list(findings(path)) == ["verify.schema.constant"]
