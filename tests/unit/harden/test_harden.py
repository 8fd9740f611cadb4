import csv
import gzip
import itertools
import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from hauberk.attack import QUICK, STANDARD
from hauberk.data import Adversary, Direction, Feature, Kind, Schema, ball_reach, resolve_reach
from hauberk.harden import (
    AdversarialAugmentation,
    Candidate,
    Flattened,
    Monotone,
    Randomised,
    Reason,
    RobustCore,
    Rules,
    WithoutMutable,
    evasion_attack,
    harden_model,
)
from hauberk.harden.errors import BadHardening, OutOfReach, TooFewRows, UnstableRecipe
from hauberk.models import fit_booster

RECIPES = (Flattened(), RobustCore(added=(4, 8)), WithoutMutable())
LOOSE = Rules(max_clean_loss=0.12)


def harden(case, **changes):
    given = {"resolve": case.resolve, "fit": case.fit, "grow": case.grow, "recipes": RECIPES, "attack": case.search}
    given |= {"evaluate": case.search, "clock": itertools.count().__next__, "rules": LOOSE}
    given |= {"validation_share": 0.25} | changes
    return harden_model(given.pop("training", case.training), **given)


@dataclass(frozen=True)
class Made:
    """A recipe that trains on changed training sets."""

    name: str
    change: object

    def __call__(self, task):
        return (Candidate(name=self.name, model=task.train(self.change(task.training)), note="test"),)


@pytest.fixture(scope="module")
def hardened(case):
    return harden(case)


def test_the_chosen_model_withstands_more_on_rows_that_it_never_saw(case, hardened):
    assert hardened.reason is Reason.HARDENED
    clean, attacked = case.withstood(hardened.plain)
    hard_clean, hard_attacked = case.withstood(hardened.model)
    assert hard_attacked > attacked + 0.15
    assert hard_clean > clean - 0.12


def test_the_frontier_tells_all(hardened):
    assert [point.name for point in hardened.frontier] == [
        "plain", "flattened", "robust_core", "robust_core+4", "robust_core+8", "without_mutable",
    ]  # fmt: skip
    chosen = [point for point in hardened.frontier if point.chosen]
    assert [point.name for point in chosen] == [hardened.chosen]
    assert all(point.allowed for point in chosen)
    assert hardened.frontier[0].loss is None
    assert all(point.seconds > 0 for point in hardened.frontier)
    allowed = [point for point in hardened.frontier if point.allowed]
    assert chosen[0].attacked.value == max(point.attacked.value for point in allowed)
    assert chosen[0].clean.n == 1500
    document = chosen[0].document()
    assert {"name", "clean", "attacked", "chosen", "allowed", "note"} <= set(document)
    assert {"value", "low", "high"} <= set(document["clean"])
    assert "seconds" not in document


def test_the_same_seed_gives_the_same_result(case, hardened):
    again = harden(case)
    assert [point.document() for point in again.frontier] == [point.document() for point in hardened.frontier]
    assert again.model.freeze() == hardened.model.freeze()
    other = harden(case, training=replace(case.training, seed=6))
    assert [point.document() for point in other.frontier] != [point.document() for point in hardened.frontier]


def test_a_defence_that_does_nothing_is_not_taken(case):
    result = harden(case, recipes=(Made("same", lambda training: training),))
    assert result.reason is Reason.NO_GAIN
    assert result.chosen == "plain"
    assert result.model is result.plain
    assert result.frontier[1].gain.value == 0


def test_a_defence_that_costs_too_much_is_not_taken(case):
    def ruin(training):
        return replace(training, rows=np.zeros_like(training.rows))

    result = harden(case, recipes=(Made("ruined", ruin),), rules=Rules(max_clean_loss=0.05))
    assert result.reason is Reason.TOO_COSTLY
    assert result.chosen == "plain"
    assert not result.frontier[1].allowed
    assert result.frontier[1].gain.low > 0


def test_nothing_is_lost_where_nothing_can_be_claimed(case):
    still = replace(case.resolve(case.training.rows), mutable=np.zeros(5, bool))
    result = harden(case, resolve=lambda rows: replace(still, low=rows, high=rows))
    assert result.reason is Reason.NO_CANDIDATES
    assert {skipped.recipe for skipped in result.skipped} == {recipe.name for recipe in RECIPES}
    assert result.frontier[0].clean.value == result.frontier[0].attacked.value


def test_an_attack_beyond_its_reach_is_refused(case):
    def cheat(model, rows, labels, reach, seed):
        return rows + 1000.0

    with pytest.raises(OutOfReach, match="outside"):
        harden(case, evaluate=cheat)


def test_an_attack_of_another_shape_is_refused(case):
    def lose(model, rows, labels, reach, seed):
        return rows[:-1]

    with pytest.raises(OutOfReach):
        harden(case, evaluate=lose)


def test_a_recipe_that_changes_its_mind_is_refused(case):
    calls = itertools.count()
    everything = len(case.training.rows)

    @dataclass(frozen=True)
    class Fickle:
        name: str = "fickle"

        def __call__(self, task):
            next(calls)
            name = "other" if len(task.training.rows) == everything else "first"
            return (replace(WithoutMutable()(task)[0], name=name),)

    with pytest.raises(UnstableRecipe, match="first"):
        harden(case, recipes=(Fickle(),), rules=Rules(max_clean_loss=0.3))
    assert next(calls) == 5  # one fold, three to confirm, all rows


def test_a_candidate_that_vanishes_on_another_fold_is_not_believed(case):
    calls = itertools.count()

    @dataclass(frozen=True)
    class Once:
        name: str = "once"

        def __call__(self, task):
            name = "first" if next(calls) == 0 else "other"
            return (replace(WithoutMutable()(task)[0], name=name),)

    result = harden(case, recipes=(Once(),), rules=Rules(max_clean_loss=0.3))
    assert result.reason in (Reason.TOO_COSTLY, Reason.NO_GAIN)  # where it vanished it is right about no row


def test_with_a_goal_only_rows_of_other_classes_tell(case):
    """The rare class decides: many folds are measured until enough of its rows have been attacked."""
    free, aimed = harden(case, recipes=(WithoutMutable(),)), harden(case, recipes=(WithoutMutable(),), goal=1)
    wanted = int((case.training.labels != 1).sum())
    assert aimed.frontier[0].attacked.n <= wanted
    assert aimed.frontier[0].attacked.n < free.frontier[0].attacked.n
    assert aimed.frontier[1].attacked.value > aimed.frontier[0].attacked.value


@pytest.mark.parametrize(
    "bad", [{"recipes": ()}, {"recipes": (Flattened(), Flattened())}, {"recipes": (Made("plain", None),)},
            {"attack_rows": -1}, {"workers": 0}, {"validation_share": 0.9}],
)  # fmt: skip
def test_bad_settings(case, bad):
    with pytest.raises(BadHardening):
        harden(case, **bad)


def test_two_candidates_of_one_name(case):
    @dataclass(frozen=True)
    class Other(Flattened):
        name: str = "other"

        def __call__(self, task):
            return WithoutMutable()(task)

    with pytest.raises(BadHardening, match="different names"):
        harden(case, recipes=(WithoutMutable(), Other()))


def test_no_rows(case):
    empty = replace(case.training, rows=np.empty((0, 5)), labels=np.empty(0, np.int64), weight=np.empty(0))
    with pytest.raises(TooFewRows):
        harden(case, training=empty)


def test_progress_rises_to_the_end(case):
    told = []

    def tell(done, total, what=""):
        told.append((done, total, what))

    harden(case, progress=tell)
    done = [step for step, _, _ in told]
    assert done == sorted(done)
    assert done[0] == 0
    assert told[-1][0] == told[-1][1]


def test_threads_change_nothing(case, hardened):
    threads = harden(case, workers=3)
    assert [point.document() for point in threads.frontier] == [point.document() for point in hardened.frontier]
    assert threads.model.freeze() == hardened.model.freeze()


def test_the_attacks_of_the_attack_room_fit(case):
    measured = evasion_attack(STANDARD)
    recipes = (AdversarialAugmentation(rounds=1), RobustCore(added=(4,)))
    result = harden(case, recipes=recipes, attack=evasion_attack(QUICK), evaluate=measured)
    own = harden(case, recipes=recipes)
    for strong, weak in zip(result.frontier, own.frontier, strict=True):
        if strong.name != "adversarial_augmentation":  # it was trained against another attack
            assert strong.attacked.value <= weak.attacked.value
    aimed = evasion_attack(STANDARD, goal="approved")
    rows, labels = case.test_rows, case.test_labels
    found = aimed(result.plain, rows, labels, case.resolve(rows), 0)
    np.testing.assert_array_equal(found[labels == 1], rows[labels == 1])
    changed = (found != rows).any(axis=1)
    assert changed.any()
    assert (result.plain.predict(found[changed]).argmax(axis=1) == 1).all()


def test_fewer_attacked_rows_change_the_sample_only(case):
    result = harden(case, recipes=(WithoutMutable(),), attack_rows=100)
    assert result.frontier[0].attacked.n == 100
    assert result.frontier[0].clean.n == 375


def three_wines():
    from sklearn.datasets import load_wine

    rows, labels = load_wine(return_X_y=True)
    rows = (rows - rows.min(axis=0)) / np.ptp(rows, axis=0)
    claimable = np.zeros(rows.shape[1])
    claimable[[9, 12]] = 1.0  # colour intensity and proline: the two strongest features
    return rows, labels.astype(np.int64), claimable


def test_three_classes(case, make_case, make_training):
    rows, labels, claimable = three_wines()
    training = make_training(rows, labels, classes=("a", "b", "c"), categorical=())
    zero, one = np.zeros(len(claimable)), np.ones(len(claimable))

    def resolve(given):
        reach = ball_reach(given, 0.5, scale=claimable, low=zero, high=one)
        return replace(reach, mutable=claimable > 0)

    wine = make_case(training, resolve, fit=partial(fit_booster, trees=15, depth=3))
    recipes = (Monotone(), Randomised(shares=(0.7,)), RobustCore(added=(2,)), WithoutMutable())
    result = harden(wine, recipes=recipes, rules=Rules(max_clean_loss=0.15))
    assert [skipped.recipe for skipped in result.skipped] == ["monotone"]
    assert result.reason is Reason.HARDENED
    points = {point.name: point for point in result.frontier}
    assert points[result.chosen].attacked.value > points["plain"].attacked.value + 0.1
    assert result.model.predict(rows).shape == (178, 3)


def test_breast_cancer_before_and_after(make_case, make_training):
    from sklearn.datasets import load_breast_cancer

    rows, labels = load_breast_cancer(return_X_y=True)
    rows = (rows - rows.min(axis=0)) / np.ptp(rows, axis=0)
    held = np.arange(len(rows)) % 3 == 0
    training = make_training(rows[~held], labels[~held].astype(np.int64), categorical=())
    cells = make_case(
        training,
        lambda given: ball_reach(given, 0.08),
        test=(rows[held], labels[held]),
        fit=partial(fit_booster, trees=20, depth=4),
    )
    result = harden(cells, recipes=(Monotone(),), rules=Rules(max_clean_loss=0.08), validation_share=0.5)
    clean, attacked = cells.withstood(result.plain)
    hard_clean, hard_attacked = cells.withstood(result.model)
    assert result.reason is Reason.HARDENED
    assert hard_attacked > attacked + 0.1
    assert hard_clean > clean - 0.08


ADULT = Path(os.environ.get("HAUBERK_DATA", Path(__file__).parents[3] / "../shared/data")) / "adult"
COLUMNS = {
    0: "age", 1: "workclass", 3: "education", 4: "education-num", 5: "marital-status", 6: "occupation",
    7: "relationship", 8: "race", 9: "sex", 10: "capital-gain", 11: "capital-loss", 12: "hours-per-week",
}  # fmt: skip
LIES = {
    "hours-per-week": Adversary(mutable=True, within=10, low=1, high=99),
    "capital-gain": Adversary(mutable=True, direction=Direction.UP, high=5100),
    "occupation": Adversary(mutable=True),
    "workclass": Adversary(mutable=True),
}


def census(limit):
    with gzip.open(ADULT / "adult.data.gz", "rt") as lines:
        table = [row for row in csv.reader(itertools.islice(lines, limit), skipinitialspace=True) if row]
    features, columns = [], []
    for position, name in COLUMNS.items():
        values = [row[position] for row in table]
        lie = LIES.get(name, Adversary())
        if all(value.isdigit() for value in values):
            features.append(Feature(name=name, kind=Kind.INTEGER, adversary=lie))
            columns.append([float(value) for value in values])
        else:
            known = sorted(set(values) - {"?"})
            features.append(Feature(name=name, kind=Kind.CATEGORY, categories=tuple(known), adversary=lie))
            columns.append([float(known.index(value)) if value in known else np.nan for value in values])
    labels = np.array([row[14] == ">50K" for row in table]).astype(np.int64)
    return np.array(columns).T, labels, Schema(features=tuple(features))


@pytest.mark.skipif(not ADULT.exists(), reason=f"no Adult census data in {ADULT}")
def test_census_before_and_after(make_case, make_training):
    rows, labels, schema = census(7500)
    counts = tuple(len(feature.categories) for feature in schema.features)
    categorical = [position for position, count in enumerate(counts) if count]
    names = tuple(feature.name for feature in schema.features)
    training = make_training(rows[:6000], labels[:6000], categorical=categorical, names=names)
    lending = make_case(
        replace(training, category_counts=counts),
        partial(resolve_reach, schema),
        test=(rows[6000:7500], labels[6000:7500]),
        fit=partial(fit_booster, trees=100, depth=6),
    )
    # 6,000 rows cannot show that a loss is below 1 point; the full table can.
    rules = Rules(max_clean_loss=0.025)
    result = harden(lending, recipes=(RobustCore(added=(10, 20)),), rules=rules, attack_rows=400)
    clean, attacked = lending.withstood(result.plain)
    hard_clean, hard_attacked = lending.withstood(result.model)
    assert attacked < 0.5
    assert hard_attacked > attacked + 0.25
    assert hard_clean > clean - 0.025
