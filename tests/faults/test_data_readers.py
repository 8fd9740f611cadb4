"""Altered files: whatever the bytes, a table comes or one of our errors, and no other exception escapes."""

import gzip
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from hauberk.core.errors import HauberkError
from hauberk.data import TableLimits, infer_schema, open_batches, parse_manifest, parse_schema, read_table
from hauberk.data.errors import DataError, FileUnreadable

TABLE = pa.table(
    {
        "a": [1, 2, None, 4] * 20,
        "s": ["x", "yé", None, "zz"] * 20,
        "f": [0.5, None, 2.0, 3.0] * 20,
        "d": pa.array(["p", "q", "p", None] * 20).dictionary_encode(),
        "t": pa.array([1, 2, 3, None] * 20, pa.timestamp("us")),
    }
)
CSV = b'a,b,c\n1,x,2.5\n2,"y, z",\n3,"q""r",1e5\n' * 5


def _ipc(path: Path, make) -> None:
    with pa.OSFile(str(path), "wb") as sink, make(sink, TABLE.schema) as writer:
        writer.write_table(TABLE, max_chunksize=30)


WRITERS = {
    "a.parquet": lambda path: pq.write_table(TABLE, path),
    "z.parquet": lambda path: pq.write_table(TABLE, path, compression="zstd", use_dictionary=False),
    "a.feather": lambda path: feather.write_feather(TABLE, path, compression="lz4"),
    "a.arrow": lambda path: _ipc(path, pa.ipc.new_file),
    "a.arrows": lambda path: _ipc(path, pa.ipc.new_stream),
    "a.npz": lambda path: np.savez(path, a=np.arange(10), b=np.ones((10, 2)), s=np.array(["x"] * 10)),
    "z.npz": lambda path: np.savez_compressed(path, a=np.arange(10), b=np.ones((10, 2))),
    "a.csv": lambda path: path.write_bytes(CSV),
    "a.csv.gz": lambda path: path.write_bytes(gzip.compress(CSV)),
}
EXTREMES = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b'"', b"\n", b",")


def _altered(whole: bytes, chance: random.Random) -> bytes:
    data = bytearray(whole)
    for _ in range(chance.choice([1, 1, 2, 5, 20])):
        place = chance.randrange(len(data))
        match chance.randrange(6):
            case 0:
                data[place] = chance.randrange(256)
            case 1:
                data[place] ^= 1 << chance.randrange(8)
            case 2:
                del data[place : place + chance.choice([1, 4, 50])]
            case 3:
                data[place:place] = chance.randbytes(chance.choice([1, 4, 16]))
            case 4:
                extreme = chance.choice(EXTREMES)
                data[place : place + len(extreme)] = extreme
            case _:
                del data[place:]
        if not data:
            break
    return bytes(data)


@pytest.mark.parametrize("name", WRITERS)
def test_altered_files_give_a_table_or_our_error(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    WRITERS[name](path)
    whole = path.read_bytes()
    assert read_table(path).num_rows > 0
    chance = random.Random(name)
    refused = 0
    for _ in range(300):
        path.write_bytes(_altered(whole, chance))
        try:
            table = read_table(path, limits=TableLimits(table_bytes=1 << 24))
            infer_schema(table, target=table.column_names[0])
        except DataError:
            refused += 1
    assert refused > 100


@pytest.mark.parametrize("parse", [parse_manifest, parse_schema])
def test_altered_documents_give_our_error(parse) -> None:
    from hauberk.data import build_manifest, make_dataset, render_manifest, render_schema

    schema = infer_schema(TABLE, target="d")
    dataset = make_dataset(TABLE, schema)
    whole = render_manifest(build_manifest(dataset)) if parse is parse_manifest else render_schema(schema)
    value = parse(whole)
    chance = random.Random(parse.__name__)
    for _ in range(400):
        data = _altered(whole, chance)
        try:
            again = parse(data)
        except HauberkError:
            continue
        assert data == whole or again != value


def test_a_file_that_goes_away_or_cannot_be_read(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CSV)
    batches = open_batches(path)
    path.unlink()
    with pytest.raises(FileUnreadable):
        list(batches)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    path.write_bytes(CSV)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(FileUnreadable, match="Permission denied"):
        open_batches(path)
