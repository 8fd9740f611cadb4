"""Images as rows: nothing is lost on the way, and what does not fit is refused."""

from __future__ import annotations

import numpy as np
import pytest

from hauberk.data import Images, Role, encode_labels, encode_rows, image_shape, images_dataset, pool_images
from hauberk.data.errors import BadImages
from hauberk.flows.images import group_codes, hold_out_images


def pictures(count=12, shape=(3, 4, 5), seed=0):
    return np.random.default_rng(seed).random((count, *shape))


def dataset(pixels, labels, shape=(3, 4, 5), **more):
    names = {"groups", "classes"} & set(more)
    images = Images(pixels=pixels, labels=labels, **{name: more.pop(name) for name in names})
    return images_dataset(images, shape=shape, target="label", where="test", **more)


def test_rows_keep_channels_height_and_width_in_order():
    pixels = pictures()
    found = dataset(pixels, np.arange(12) % 2)
    assert np.array_equal(encode_rows(found).reshape(-1, 3, 4, 5), pixels)
    assert [one.name for one in found.schema.inputs][:6] == ["c0y0x0", "c0y0x1", "c0y0x2", "c0y0x3", "c0y0x4", "c0y1x0"]
    assert encode_labels(found).tolist() == [0, 1] * 6


def test_bytes_are_laid_over_the_range():
    pixels = np.array([[[0, 51], [102, 255]]], np.uint8)
    rows = encode_rows(dataset(pixels, np.array(["a"]), shape=(2, 2), low=-1.0, high=1.0))
    assert np.allclose(rows, [[-1, -0.6, -0.2, 1]])


def test_pictures_without_channels_are_those_of_one_channel():
    pixels = pictures(shape=(4, 5))
    flat = encode_rows(dataset(pixels, np.arange(12) % 2, shape=(4, 5)))
    assert np.array_equal(flat, encode_rows(dataset(pixels[:, None], np.arange(12) % 2, shape=(1, 4, 5))))
    assert image_shape((4, 5)) == (1, 4, 5)


def test_codes_speak_of_the_classes_that_are_named():
    found = dataset(pictures(2), np.array([1, 0]), classes=("stop", "yield"))
    assert found.schema.target.categories == ("stop", "yield")
    assert encode_labels(found).tolist() == [1, 0]


def test_groups_stay_together():
    groups = np.repeat(np.arange(20), 6)
    found = dataset(pictures(120), np.repeat(np.arange(4), 30), groups=groups, group="track")
    assert next(one.name for one in found.schema.features if one.role is Role.GROUP) == "track"
    held = hold_out_images(found, 0.25, seed=1)
    assert 0 < held.sum() < 60
    assert not set(groups[held]) & set(groups[~held])
    assert np.array_equal(held, hold_out_images(found, 0.25, seed=1))
    assert not np.array_equal(held, hold_out_images(found, 0.25, seed=2))


def test_without_groups_each_picture_stands_alone():
    assert group_codes(dataset(pictures(), np.arange(12) % 2)) is None


def test_blocks_are_means():
    rows = np.arange(16.0)[None]
    assert pool_images(rows, (4, 4), most=2).tolist() == [[2.5, 4.5, 10.5, 12.5]]
    assert pool_images(np.ones((2, 3 * 9 * 9)), (3, 9, 9)).shape == (2, 3 * 4 * 4)


@pytest.mark.parametrize(
    ("pixels", "labels", "more", "words"),
    [
        (pictures(shape=(4, 5, 3)), np.zeros(12, int), {}, "(n, 3, 4, 5)"),
        (pictures() * 1.01 + 0.5, np.zeros(12, int), {}, "row 0"),
        (np.where(np.arange(12)[:, None, None, None] == 7, np.nan, pictures()), np.zeros(12, int), {}, "row 7"),
        (pictures().astype(int), np.zeros(12, int), {}, "uint8 or float"),
        (pictures(), np.zeros(11, int), {}, "labels"),
        (pictures(), np.full(12, 2), {"classes": ("a", "b")}, "codes from 0 to 1"),
        (pictures(), np.zeros(12, int), {"groups": np.zeros(3, int)}, "groups"),
        (pictures(0), np.zeros(0, int), {}, "at least one picture"),
    ],
)
def test_what_does_not_fit_is_refused(pixels, labels, more, words):
    with pytest.raises(BadImages) as told:
        dataset(pixels, labels, **more)
    assert words in str(told.value)


def test_an_unknown_label_in_other_data_is_refused():
    images = Images(pixels=pictures(1), labels=np.array(["cat"]))
    with pytest.raises(BadImages, match="cat"):
        images_dataset(images, shape=(3, 4, 5), target="label", classes=("dog", "fox"))


def test_the_ends_of_the_range_hold_in_every_precision():
    for low, high in ((-1.8, 2.1), (-2.1, 2.64), (0.0, 0.1)):
        whole = dataset(np.full((2, 3, 4, 5), 255, np.uint8), np.array([0, 1]), low=low, high=high)
        assert encode_rows(whole).max() == high
        single = dataset(np.full((2, 3, 4, 5), high, np.float32), np.array([0, 1]), low=low, high=high)
        assert encode_rows(single).max() <= high


@pytest.mark.parametrize(
    ("labels", "more", "words"),
    [
        (np.array([0, 1, 2] * 4), {"classes": ("a", "b", "a")}, "'a' twice"),
        (np.array(["\ud800"] * 12), {}, "Unicode"),
        (np.zeros(12, int), {"groups": ["x"] * 12}, "groups"),
    ],
)
def test_what_a_reader_gives_is_told_where_it_is_wrong(labels, more, words):
    with pytest.raises(BadImages) as told:
        dataset(pictures(), labels, **more)
    assert words in str(told.value)


def test_lists_and_arrays_of_names_will_do():
    found = dataset(pictures(2), np.array([1, 0]), classes=np.array(["stop", "yield"]), groups=[4, 5])
    assert found.schema.target.categories == ("stop", "yield")
