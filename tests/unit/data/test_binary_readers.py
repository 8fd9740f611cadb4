"""Parquet, Arrow and npz: values arrive whole, and foreign bytes are refused."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from hauberk.data import TableLimits, open_batches, read_table
from hauberk.data.errors import (
    BrokenFile,
    DuplicateColumn,
    NoRows,
    PickledArray,
    TableTooLarge,
    UnsupportedColumn,
)

TABLE = pa.table({"n": [1, None, 3] * 40, "s": ["x", "é", None] * 40, "f": [0.5, None, -0.0] * 40})


def _stream(path: Path, table: pa.Table) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=7)


def _file(path: Path, table: pa.Table) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=7)


WRITERS = {
    "t.parquet": lambda path, table: pq.write_table(table, path, row_group_size=7),
    "t.pq": lambda path, table: pq.write_table(table, path, compression="zstd"),
    "t.arrow": _file,
    "t.ipc": _stream,
    "t.arrows": _stream,
    "t.feather": lambda path, table: feather.write_feather(table, path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_values_come_back(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    WRITERS[name](path, TABLE)
    assert read_table(path).combine_chunks().equals(TABLE)
    batches = list(open_batches(path, limits=TableLimits(batch_rows=5)))
    assert max(batch.num_rows for batch in batches) <= 5


@pytest.mark.parametrize("name", WRITERS)
def test_cut_off_files_are_broken(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    WRITERS[name](path, TABLE)
    whole = path.read_bytes()
    for size in (5, len(whole) // 2, len(whole) - 30):
        path.write_bytes(whole[:size])
        with pytest.raises(BrokenFile):
            read_table(path)


@pytest.mark.parametrize("name", WRITERS)
def test_no_rows_and_repeated_names(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    WRITERS[name](path, TABLE.slice(0, 0))
    with pytest.raises(NoRows):
        read_table(path)
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    if "feather" not in name:
        WRITERS[name](path, twice)
        with pytest.raises(DuplicateColumn, match="`a` more than once"):
            read_table(path)


def test_a_repetitive_parquet_file_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "bomb.parquet"
    pq.write_table(pa.table({"a": pa.array(np.zeros(2_000_000))}), path)
    assert path.stat().st_size < 60_000
    with pytest.raises(TableTooLarge):
        read_table(path, limits=TableLimits(table_bytes=1_000_000))
    pq.write_table(pa.table({str(name): [1] for name in range(20)}), path)
    with pytest.raises(TableTooLarge, match="10 columns"):
        read_table(path, limits=TableLimits(columns=10))


def test_parquet_text_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    words = pa.table({"s": ["plain", "words", "zzzzz"]})
    pq.write_table(words, path, compression="none", use_dictionary=False, write_statistics=False)
    data = path.read_bytes()
    assert data.count(b"zzzzz") == 1
    path.write_bytes(data.replace(b"zzzzz", b"zz\xffzz"))
    with pytest.raises(BrokenFile):
        read_table(path)


def test_arrow_offsets_beyond_the_buffer_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "wild.arrows"
    _stream(path, pa.table({"s": ["a", "b", "c"]}))
    data = path.read_bytes()
    offsets = np.array([0, 1, 2, 3], "<i4").tobytes()
    assert data.count(offsets) == 1
    path.write_bytes(data.replace(offsets, np.array([0, 1, 2_000_000, 3], "<i4").tobytes()))
    with pytest.raises(BrokenFile, match="offset"):
        read_table(path)


def test_dictionaries_that_differ_from_batch_to_batch(tmp_path: Path) -> None:
    path = tmp_path / "d.arrows"
    kind = pa.dictionary(pa.int32(), pa.string())
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, pa.schema({"s": kind})) as writer:
        for words in (["a", "b"], ["c", "a"]):
            writer.write_batch(pa.RecordBatch.from_arrays([pa.array(words).dictionary_encode()], names=["s"]))
    assert read_table(path).column("s").to_pylist() == ["a", "b", "c", "a"]


def test_npz_columns(tmp_path: Path) -> None:
    path = tmp_path / "t.npz"
    when = np.array(["2020-01-01", "2020-01-02", "2020-01-03"], "datetime64[s]")
    np.savez(path, x=np.arange(6.0).reshape(3, 2), y=np.array(["a", "bé", "c"]), z=np.array([1, 2, 3], ">i2"), w=when)
    table = read_table(path, limits=TableLimits(batch_rows=2))
    assert table.column_names == ["x_0", "x_1", "y", "z", "w"]
    assert table.column("x_1").to_pylist() == [1.0, 3.0, 5.0]
    assert table.column("y").to_pylist() == ["a", "bé", "c"]
    assert table.column("z").to_pylist() == [1, 2, 3]
    np.savez_compressed(path, s=np.array([b"p", b"qq"]), h=np.array([1.5, 2.0], np.float16))
    assert read_table(path).to_pydict() == {"s": ["p", "qq"], "h": [1.5, 2.0]}


def test_npz_never_opens_a_pickle(tmp_path: Path) -> None:
    path = tmp_path / "evil.npz"
    marker = tmp_path / "ran"

    class Trap:
        def __reduce__(self):
            return marker.write_text, ("ran",)

    np.savez(path, a=np.array([Trap(), Trap()], object), allow_pickle=True)
    with pytest.raises(PickledArray) as caught:
        read_table(path)
    assert not marker.exists()
    assert "astype(str)" in caught.value.hint


@pytest.mark.parametrize(
    "arrays",
    [
        {"a": np.zeros((2, 2, 2))},
        {"a": np.zeros(2, complex)},
        {"a": np.zeros(2, [("x", "i4")])},
        {"a": np.asfortranarray(np.zeros((3, 2)))},
        {"a": np.zeros(2), "b": np.zeros(3)},
        {"a": np.float64(3)},
    ],
)
def test_npz_shapes_that_are_no_table(tmp_path: Path, arrays: dict[str, np.ndarray]) -> None:
    np.savez(tmp_path / "t.npz", **arrays)
    with pytest.raises(UnsupportedColumn):
        read_table(tmp_path / "t.npz")


def test_npz_bombs_and_lies(tmp_path: Path) -> None:
    path = tmp_path / "t.npz"
    np.savez_compressed(path, a=np.zeros(1_000_000))
    assert path.stat().st_size < 10_000
    with pytest.raises(TableTooLarge, match="got 8000128"):
        read_table(path, limits=TableLimits(table_bytes=1_000_000))
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"shape": (10**15,), "fortran_order": False, "descr": "<f8"})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", header.getvalue() + b"\0" * 64)
    with pytest.raises(BrokenFile, match="64 bytes"):
        read_table(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", b"not an array")
    with pytest.raises(BrokenFile):
        read_table(path)
    path.write_bytes(b"PK\x05\x06" + b"\0" * 18)
    with pytest.raises(NoRows):
        read_table(path)


def test_npz_with_one_altered_value_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "t.npz"
    np.savez(path, a=np.arange(4.0))
    data = bytearray(path.read_bytes())
    data[data.index(np.float64(3.0).tobytes()) + 7] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(BrokenFile, match="CRC"):
        read_table(path)
