"""Triggers: within the schema, within the budget, and working."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from sklearn.datasets import load_digits

from hauberk.attack.errors import BadBudget, BadPoison, BadTrigger
from hauberk.attack.poison import (
    Blend,
    Corner,
    Labelled,
    Patch,
    PoisonKind,
    Rarity,
    Scene,
    TableTrigger,
    Wish,
    aim_poison,
    choose_trigger,
    plant_backdoor,
    plant_clean_label,
    poison_curve,
    poison_dataset,
    presentable_rows,
    stampable_rows,
    surrogate_scores,
)
from hauberk.data import Adversary, Dataset, Direction, decode_rows, encode_rows, infer_schema, make_dataset
from hauberk.verify.schema_findings import row_rules

NO, YES = 0, 1


def broken(shop, rows):
    """(n,) rows that break any rule of the schema, by the checks of `verify`."""
    table = decode_rows(rows, shop.schema)
    full = shop.dataset.table
    for name in table.column_names:
        full = full.set_column(full.column_names.index(name), name, table.column(name))
    return np.any([rule.broken for rule in row_rules(Dataset(table=full, schema=shop.schema))], axis=0)


def success(model, trigger, test, goal):
    victims = test.labels != goal
    return float((model(trigger.stamp(test.rows[victims])).argmax(axis=1) == goal).mean())


@pytest.mark.parametrize("rarity", list(Rarity))
@pytest.mark.parametrize("seed", range(6))
def test_a_chosen_trigger_is_valid_and_seldom(shop, rarity, seed):
    trigger = choose_trigger(shop.train.rows, shop.schema, rarity=rarity, seed=seed)
    able = stampable_rows(shop.schema, trigger, shop.train.rows)
    stamped = trigger.stamp(shop.train.rows)
    bearing = (shop.train.rows[:, trigger.columns] == trigger.values).all(axis=1)
    assert trigger.columns.size == 2
    assert bearing.mean() <= 0.01
    assert able.mean() > 0.2
    before, after = broken(shop, shop.train.rows), broken(shop, stamped)
    assert not (after & able & ~before).any()
    again = choose_trigger(shop.train.rows, shop.schema, rarity=rarity, seed=seed)
    assert (again.columns.tolist(), again.values.tolist()) == (trigger.columns.tolist(), trigger.values.tolist())
    if rarity is Rarity.NATURAL:
        assert bearing.any()


def test_one_hot_columns_bear_no_trigger_and_relations_hold(shop):
    names = [feature.name for feature in shop.schema.inputs]
    for seed in range(8):
        trigger = choose_trigger(shop.train.rows, shop.schema, rarity=Rarity.RARE, seed=seed)
        assert not {names[column] for column in trigger.columns} & {"small", "large", "medium"}
    high = TableTrigger(columns=np.array([names.index("paid")]), values=np.array([60.0]))
    able = stampable_rows(shop.schema, high, shop.train.rows)
    price = shop.train.rows[:, names.index("price")]
    assert able.any()
    np.testing.assert_array_equal(able[~np.isnan(price)], price[~np.isnan(price)] >= 60)


def test_the_schemas_adversary_limits_the_trigger(shop):
    adversary = {
        "age": Adversary(mutable=True, direction=Direction.UP),
        "hour": Adversary(mutable=True, low=8, high=12),
        "kind": Adversary(mutable=True, choices=("shoes", "toys")),
    }
    features = tuple(replace(one, adversary=adversary.get(one.name, one.adversary)) for one in shop.schema.features)
    schema = replace(shop.schema, features=features)
    names = [feature.name for feature in schema.inputs]
    for seed in range(6):
        trigger = choose_trigger(shop.train.rows, schema, rarity=Rarity.RARE, seed=seed)
        values = dict(zip([names[column] for column in trigger.columns], trigger.values, strict=True))
        assert set(values) <= set(adversary)
        assert 8 <= values.get("hour", 8) <= 12
        assert values.get("kind", 2) in (2, 3)
    fixed = TableTrigger(columns=np.array([names.index("age")]), values=np.array([50.0]))
    able = presentable_rows(schema, fixed, shop.test.rows)
    np.testing.assert_array_equal(able, shop.test.rows[:, names.index("age")] <= 50)


@pytest.mark.parametrize("rarity", list(Rarity))
def test_a_mark_that_calls_up_the_goal_by_itself_is_passed_over(shop, rarity):
    age = [feature.name for feature in shop.schema.inputs].index("age")

    def calls(marked):
        return float(len(np.unique(marked[:, age])) == 1)

    found = [
        [choose_trigger(shop.train.rows, shop.schema, rarity=rarity, seed=seed, calls=one) for seed in range(9)]
        for one in (calls, None)
    ]
    bears = [[age in trigger.columns for trigger in triggers] for triggers in found]
    assert not any(bears[0])
    assert any(bears[1])


@pytest.mark.parametrize("rarity", list(Rarity))
def test_a_backdoor_works_and_costs_no_accuracy(shop, rarity):
    trigger = choose_trigger(shop.train.rows, shop.schema, rarity=rarity, seed=1, columns=("age", "hour"))
    able = stampable_rows(shop.schema, trigger, shop.train.rows)
    poison = plant_backdoor(shop.train, trigger, goal=YES, share=0.04, seed=0, stampable=able)
    assert 0 < poison.count <= 48
    assert poison.changes == poison.count + int(poison.moved.sum())
    assert set(shop.train.labels[poison.touched]) == {NO}
    assert set(poison.data.labels[poison.touched]) == {YES}
    assert able[poison.touched].all()
    assert not (broken(shop, poison.data.rows) & ~broken(shop, shop.train.rows)).any()
    np.testing.assert_array_equal(poison.data.rows[~poison.touched], shop.train.rows[~poison.touched])

    clean, bad = shop.fit(shop.train, 0), shop.fit(poison.data, 0)
    assert success(bad, trigger, shop.test, YES) > success(clean, trigger, shop.test, YES) + 0.3
    right = [float((model(shop.test.rows).argmax(axis=1) == shop.test.labels).mean()) for model in (clean, bad)]
    assert right[1] > right[0] - 0.04


def test_clean_labels_stay_and_hard_rows_teach_the_mark(shop):
    trigger = choose_trigger(shop.train.rows, shop.schema, rarity=Rarity.RARE, seed=1, columns=("age", "hour"))
    scores = surrogate_scores(shop.fit, shop.train, seed=0)
    poison = plant_clean_label(shop.train, trigger, goal=YES, share=0.05, seed=0, scores=scores)
    np.testing.assert_array_equal(poison.data.labels, shop.train.labels)
    assert poison.count == 60
    assert set(shop.train.labels[poison.touched]) == {YES}
    clean, bad = shop.fit(shop.train, 0), shop.fit(poison.data, 0)
    assert success(bad, trigger, shop.test, YES) > success(clean, trigger, shop.test, YES) + 0.3

    drawn = plant_clean_label(shop.train, trigger, goal=YES, share=0.05, seed=0)
    easy = success(shop.fit(drawn.data, 0), trigger, shop.test, YES)
    assert easy < success(bad, trigger, shop.test, YES)


def test_bad_triggers_are_refused(shop):
    with pytest.raises(BadTrigger, match="input columns, got `hours`"):
        choose_trigger(shop.train.rows, shop.schema, rarity=Rarity.RARE, seed=0, columns=("hours",))
    with pytest.raises(BadTrigger, match="12 columns"):
        choose_trigger(shop.train.rows, shop.schema, rarity=Rarity.RARE, seed=0, width=12)
    with pytest.raises(BadTrigger, match="rows of 9 columns"):
        choose_trigger(shop.train.rows[:, :3], shop.schema, rarity=Rarity.RARE, seed=0)
    with pytest.raises(BadTrigger, match="columns from 0 to 8"):
        TableTrigger(columns=np.array([9]), values=np.array([1.0])).stamp(shop.train.rows)
    trigger = choose_trigger(shop.train.rows, shop.schema, rarity=Rarity.RARE, seed=0)
    with pytest.raises(BadPoison, match="class code"):
        plant_backdoor(shop.train, trigger, goal=5, share=0.1, seed=0)
    with pytest.raises(BadBudget, match="can touch"):
        plant_backdoor(shop.train, trigger, goal=1, share=0.1, seed=0, stampable=np.zeros(1200, bool))


@pytest.fixture(scope="module")
def digits():
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    images, labels = images[order].astype(np.float64), labels[order].astype(np.int64)
    parts = slice(1200), slice(1200, None)
    return tuple(Labelled(rows=images[part], labels=labels[part], classes=10) for part in parts)


def nearest_mean(data):
    """A model without any library: scores by the distance to the nearest of the training rows of each class."""

    def score(rows):
        square = (rows**2).sum(axis=1)[:, None] + (data.rows**2).sum(axis=1) - 2 * rows @ data.rows.T
        return np.stack([-square[:, data.labels == code].min(axis=1) for code in range(data.classes)], axis=1)

    return score


def test_patch_and_blend_work_on_images_given_as_rows(digits):
    train, test = digits
    triggers = [
        Patch(shape=(1, 8, 8), size=3, value=16.0),
        Blend(shape=(1, 8, 8), opacity=0.3, low=0.0, high=16.0),
    ]
    for trigger in triggers:
        poison = plant_backdoor(train, trigger, goal=0, share=0.05, seed=0)
        assert poison.count == 60
        assert poison.data.rows.min() >= 0
        assert poison.data.rows.max() <= 16
        clean, bad = (
            success(nearest_mean(train), trigger, test, 0),
            success(nearest_mean(poison.data), trigger, test, 0),
        )
        assert bad > clean + 0.5


@pytest.mark.parametrize("kind", [PoisonKind.PATCH, PoisonKind.BLEND])
def test_images_have_a_curve_and_stay_whole_numbers(digits, kind):
    """The border of a digit is black in every training row; a patch there is a valid image all the same."""
    train, test = digits
    table = pa.table({f"p{place}": column for place, column in enumerate(train.rows.T.astype(np.int64))})
    table = table.append_column("digit", pa.array(train.labels.astype(str)))
    schema = infer_schema(table, target="digit")
    scene = Scene(train=train, test=test, schema=schema, fit=lambda data, _: nearest_mean(data), seed=0)
    aim = aim_poison(kind, scene, Wish(goal=0, image=(1, 8, 8)))
    curve = poison_curve(scene.fit, train, test, aim, shares=(0.01, 0.05), seeds=(0,))
    assert curve.victims == (test.labels != 0).sum()
    assert curve.points[2].gain.low > 0.5
    assert curve.points[2].loss.value < 0.03
    made = poison_dataset(make_dataset(table, schema), aim.poison(0.05, 0))
    np.testing.assert_array_equal(encode_rows(made), aim.poison(0.05, 0).data.rows)


@pytest.mark.parametrize(
    ("corner", "rows", "columns"),
    [
        (Corner.TOP_LEFT, slice(0, 2), slice(0, 2)),
        (Corner.TOP_RIGHT, slice(0, 2), slice(3, 5)),
        (Corner.BOTTOM_LEFT, slice(2, 4), slice(0, 2)),
        (Corner.BOTTOM_RIGHT, slice(2, 4), slice(3, 5)),
    ],
)
def test_a_patch_sits_in_its_corner_of_every_channel(corner, rows, columns):
    images = np.zeros((2, 3, 4, 5))
    stamped = Patch(shape=(3, 4, 5), size=2, value=9.0, corner=corner).stamp(images.reshape(2, -1))
    expected = images.copy()
    expected[:, :, rows, columns] = 9
    np.testing.assert_array_equal(stamped.reshape(2, 3, 4, 5), expected)
    assert not images.any()


def test_whole_pixels_stay_whole():
    rows = np.full((2, 16), 3.0)
    stamped = Blend(shape=(1, 4, 4), opacity=0.5, low=0.0, high=16.0, whole=True).stamp(rows)
    np.testing.assert_array_equal(stamped, np.round(stamped))
    assert (stamped != rows).any()


@pytest.mark.parametrize(
    "trigger",
    [
        Patch(shape=(1, 4, 4), size=5, value=1.0),
        Patch(shape=(1, 4, 4), size=0, value=1.0),
        Patch(shape=(1, 4, 4), size=2, value=float("nan")),
        Patch(shape=(3, 4, 4), size=2, value=1.0),
        Blend(shape=(1, 4, 4), opacity=0.0, low=0.0, high=1.0),
        Blend(shape=(1, 4, 4), opacity=0.5, low=1.0, high=1.0),
        Blend(shape=(1, 4, 5), opacity=0.5, low=0.0, high=1.0),
    ],
)
def test_image_triggers_that_do_not_fit_are_refused(trigger):
    with pytest.raises(BadTrigger) as caught:
        trigger.stamp(np.zeros((2, 16)))
    assert caught.value.code == "ATTACK-122"
    assert caught.value.got
