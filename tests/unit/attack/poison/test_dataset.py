"""Poison as a table: touched rows replaced, every other cell as it was."""

from __future__ import annotations

import numpy as np
import pytest

from hauberk.attack.errors import BadPoison
from hauberk.attack.poison import Rarity, choose_trigger, plant_backdoor, poison_dataset, stampable_rows
from hauberk.data import encode_labels, encode_rows, row_digests


def test_the_table_encodes_to_the_poison_and_other_rows_are_untouched(shop):
    trigger = choose_trigger(shop.train.rows, shop.schema, rarity=Rarity.NATURAL, seed=2)
    able = stampable_rows(shop.schema, trigger, shop.train.rows)
    poison = plant_backdoor(shop.train, trigger, goal=1, share=0.03, seed=0, stampable=able)
    made = poison_dataset(shop.dataset, poison)
    np.testing.assert_array_equal(encode_rows(made), poison.data.rows)
    np.testing.assert_array_equal(encode_labels(made), poison.data.labels)
    assert made.table.schema == shop.dataset.table.schema
    differs = (row_digests(made) != row_digests(shop.dataset)).any(axis=1)
    np.testing.assert_array_equal(differs, poison.touched)


def test_another_number_of_rows_is_refused(shop):
    trigger = choose_trigger(shop.train.rows, shop.schema, rarity=Rarity.RARE, seed=2)
    poison = plant_backdoor(shop.train, trigger, goal=1, share=0.03, seed=0)
    with pytest.raises(BadPoison, match="as many rows"):
        poison_dataset(shop.dataset.take(np.arange(5)), poison)
