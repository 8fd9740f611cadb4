import pytest

from hauberk.ledger import TileName, parse_tile, parse_tile_name, render_tile
from hauberk.ledger.errors import MalformedTile
from hauberk.ledger.tiles import level_sizes, names_since


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (TileName(level=0, index=0), "tile/0/000"),
        (TileName(level=0, index=1234067), "tile/0/x001/x234/067"),
        (TileName(level=1, index=999, width=1), "tile/1/999.p/1"),
        (TileName(level=63, index=1000, width=255), "tile/63/x001/000.p/255"),
        (TileName(level=-1, index=0, width=5), "tile/entries/000.p/5"),
        (TileName(level=-1, index=1000000), "tile/entries/x001/x000/000"),
    ],
)
def test_paths_are_those_of_the_standard(name: TileName, path: str) -> None:
    assert name.path == path
    assert parse_tile_name(path) == name


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001",
        "tile/0/xx001/000",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/1/2",
        "tile/0/000/../000",
        "tile/data/000",
        "tiles/0/000",
        "/tile/0/000",
        "tile/0/" + "x999/" * 40 + "000",
    ],
)
def test_another_spelling_is_no_tile(path: str) -> None:
    with pytest.raises(MalformedTile):
        parse_tile_name(path)


def test_a_tile_has_as_many_hashes_as_its_name_says() -> None:
    hashes = [bytes([number]) * 32 for number in range(3)]
    assert parse_tile(render_tile(hashes), width=3, where="") == hashes
    for data in (b"", render_tile(hashes)[:-1], render_tile(hashes) + b"\x00", render_tile(hashes[:2])):
        with pytest.raises(MalformedTile, match="here"):
            parse_tile(data, width=3, where="here")


def test_the_example_of_the_standard() -> None:
    """A tree of 70,000 leaves, as tlog-tiles counts its tiles."""
    names = [name for name in names_since(70_000) if name.level >= 0]
    by_level = {level: [name.width for name in names if name.level == level] for level, _ in level_sizes(70_000)}
    assert by_level == {0: [256] * 273 + [112], 1: [256, 17], 2: [1]}
    assert [name.path for name in names_since(256)] == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]


def test_a_longer_log_shares_no_name_that_changed() -> None:
    """What an append writes is never a file that the older checkpoint commits to."""
    for old in (0, 1, 5, 255, 256, 257, 511, 512, 65_535, 65_536, 65_700):
        for more in (1, 2, 250, 256, 300, 70_000):
            added = list(names_since(old + more, old))
            assert not set(added) & set(names_since(old))
            assert set(names_since(old + more)) <= set(added) | set(names_since(old))
