from dataclasses import replace

import numpy as np
import pytest

from hauberk.data import ball_reach
from hauberk.harden import (
    AdversarialAugmentation,
    Candidate,
    Flattened,
    Monotone,
    Plain,
    Randomised,
    RobustCore,
    Skipped,
    WithoutMutable,
    select_recipes,
)
from hauberk.harden.claims import draw_claims
from hauberk.harden.errors import UnknownRecipe
from hauberk.harden.monotone import monotone_signs, worst_ends
from hauberk.models import margins

RECIPES = [
    Plain(),
    AdversarialAugmentation(rounds=2, rows=300),
    Monotone(),
    Flattened(),
    Randomised(shares=(0.5, 0.85)),
    RobustCore(added=(4, 8)),
    WithoutMutable(),
]
HOURS, GAIN, JOB = 2, 3, 4


@pytest.fixture(scope="module")
def made(case):
    return {recipe.name: recipe(case.task()) for recipe in RECIPES}


def names(found):
    return [candidate.name for candidate in found]


def test_every_recipe_makes_named_models_of_the_full_width(case, made):
    everything = [candidate for found in made.values() for candidate in found]
    assert len(set(names(everything))) == len(everything) == 10
    for candidate in everything:
        assert isinstance(candidate, Candidate)
        assert candidate.note
        assert candidate.model.width == 5
        assert candidate.model.classes == case.training.classes


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_recipes_repeat_by_seed(recipe, case, made):
    again = recipe(case.task())
    assert names(again) == names(made[recipe.name])
    for first, second in zip(made[recipe.name], again, strict=True):
        assert first.model.freeze() == second.model.freeze()


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_recipes_do_not_touch_the_training_rows(recipe, case):
    before = case.training.rows.copy(), case.training.weight.copy(), case.training.monotone.copy()
    recipe(case.task())
    for after, then in zip((case.training.rows, case.training.weight, case.training.monotone), before, strict=True):
        np.testing.assert_array_equal(after, then)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_weights_reach_the_fit(recipe, case):
    """Rows without weight might as well be labelled at random."""
    rows, labels = case.training.rows, case.training.labels
    ruined = np.random.default_rng(0).random(len(rows)) < 0.4
    heavy = replace(case.training, labels=np.where(ruined, 1 - labels, labels), weight=np.where(ruined, 1e-9, 1.0))
    for candidate in recipe(case.task(training=heavy)):
        right = (candidate.model.predict(rows).argmax(axis=1) == labels).mean()
        assert right > 0.75, candidate.name


def moved(case, model, columns):
    """Whether random claims in these columns move any margin."""
    rows = case.test_rows
    claims = draw_claims(rows, case.resolve(rows), np.random.default_rng(0))
    changed = rows.copy()
    changed[:, columns] = claims[:, columns]
    return not np.array_equal(margins(model.trees, rows), margins(model.trees, changed))


def test_what_is_taken_away_has_no_influence(case, made):
    plain, flattened = made["plain"][0].model, made["flattened"][0].model
    assert moved(case, plain, [GAIN])
    assert not moved(case, flattened, [GAIN])
    assert moved(case, flattened, [HOURS, JOB])
    core, *grown = made["robust_core"]
    assert not moved(case, core.model, [HOURS, GAIN, JOB])
    for candidate in grown:
        assert not moved(case, candidate.model, [GAIN])
        assert moved(case, candidate.model, [HOURS, JOB])
    assert not moved(case, made["without_mutable"][0].model, [HOURS, GAIN, JOB])


def test_flattening_keeps_what_lies_beyond_reach(case, made):
    """Gains above the bound cannot be claimed, so the core may use them and leaving the feature out may not."""
    rows = case.test_rows.copy()
    rows[:, GAIN] = np.where(np.arange(len(rows)) % 2, 100.0, 20.0)
    other = rows.copy()
    other[:, GAIN] = 120 - rows[:, GAIN]
    core, without = made["robust_core"][0].model, made["without_mutable"][0].model
    assert (margins(core.trees, rows) != margins(core.trees, other)).any()
    assert (margins(without.trees, rows) == margins(without.trees, other)).all()


def test_growth_keeps_the_core_and_bounds_the_influence(made):
    core, four, eight = (candidate.model.trees for candidate in made["robust_core"])
    for grown, rounds in ((four, 4), (eight, 8)):
        assert len(grown.roots) == len(core.roots) + rounds
        count = len(core.feature)
        np.testing.assert_array_equal(grown.feature[:count], core.feature)
        np.testing.assert_array_equal(grown.value[:count], core.value)


def test_defences_withstand_more_than_the_plain_model(case, made):
    clean, attacked = case.withstood(made["plain"][0].model)
    assert attacked < clean - 0.2
    for name in ("monotone", "flattened", "randomised", "robust_core", "without_mutable"):
        for candidate in made[name]:
            assert case.withstood(candidate.model)[1] > attacked + 0.04, candidate.name


def influence(case, model):
    """Mean absolute change of the margin when everybody lies at random."""
    rows = case.test_rows
    claims = draw_claims(rows, case.resolve(rows), np.random.default_rng(0))
    return np.abs(margins(model.trees, rows) - margins(model.trees, claims)).mean()


def test_knobs_turn(case, made):
    half, most = (influence(case, candidate.model) for candidate in made["randomised"])
    assert most < half < influence(case, made["flattened"][0].model)
    core, four, eight = (influence(case, candidate.model) for candidate in made["robust_core"])
    assert core == 0 < four < eight
    held = RobustCore(added=(8,), l2_a_row=0.2)(case.task())[1]
    assert influence(case, held.model) < 0.7 * eight


def test_augmentation_learns_from_what_fooled_it(case):
    """Labels say what the rows were, so a model that has seen its lies is fooled less on the rows it saw."""
    seen = replace(case, test_rows=case.training.rows, test_labels=case.training.labels)
    plain = seen.withstood(Plain()(case.task())[0].model)[1]
    model = AdversarialAugmentation(rounds=3, rows=1500)(case.task())[0].model
    assert seen.withstood(model)[1] > plain + 0.03


def test_monotone_signs_and_ends(case):
    training = case.training
    reach = case.resolve(training.rows)
    signs = monotone_signs(training, reach)
    assert signs.tolist() == [0, 0, 1, 1, 0]
    ends = worst_ends(training, reach, signs)
    refused = training.labels == 0
    np.testing.assert_array_equal(ends[refused, HOURS], reach.high[refused, HOURS])
    np.testing.assert_array_equal(ends[~refused, HOURS], reach.low[~refused, HOURS])
    np.testing.assert_array_equal(ends[refused, GAIN], np.maximum(training.rows[refused, GAIN], 50))
    np.testing.assert_array_equal(ends[~refused, GAIN], training.rows[~refused, GAIN])


def test_monotone_model_has_its_worst_case_at_the_ends(case, made):
    model = made["monotone"][0].model
    rows, labels = case.test_rows, case.test_labels
    test = replace(case.training, rows=rows, labels=labels, weight=np.ones(len(rows)))
    ends = worst_ends(test, case.resolve(rows), np.array([0, 0, 1, 1, 0], np.int8))
    sign = np.where(labels == 1, 1.0, -1.0)
    worst = sign * margins(model.trees, ends)[:, 0]
    claims = draw_claims(rows, case.resolve(rows), np.random.default_rng(0))
    claims[:, JOB] = rows[:, JOB]
    assert (sign * margins(model.trees, claims)[:, 0] >= worst).all()


def test_a_users_own_direction_stays(case):
    own = replace(case.training, monotone=np.array([0, 0, -1, 0, 0], np.int8))
    assert monotone_signs(own, case.resolve(own.rows)).tolist() == [0, 0, -1, 1, 0]


def test_a_number_without_a_direction_is_left_free(case):
    noise = np.random.default_rng(0).permutation(case.training.rows[:, HOURS])
    rows = case.training.rows.copy()
    rows[:, HOURS] = noise
    assert monotone_signs(replace(case.training, rows=rows), case.resolve(rows))[HOURS] == 0


def test_reasons_for_having_nothing_to_offer(case, make_case):
    still = make_case(case.training, lambda rows: ball_reach(rows, 0.0))
    nothing = replace(still.resolve(case.training.rows), mutable=np.zeros(5, bool))
    task = replace(still.task(), reach=nothing)
    for recipe in RECIPES[1:]:
        assert isinstance(recipe(task), Skipped), recipe.name
    everything = make_case(case.training, lambda rows: ball_reach(rows, 1.0)).task()
    for recipe in (Flattened(), RobustCore(), WithoutMutable()):
        assert isinstance(recipe(everything), Skipped), recipe.name
    three = replace(case.training, classes=("a", "b", "c"))
    assert isinstance(Monotone()(case.task(training=three)), Skipped)


def test_a_core_that_cannot_be_grown_stays_alone(case):
    from sklearn.ensemble import RandomForestClassifier

    def fit(training):
        return RandomForestClassifier(20, random_state=training.seed).fit(training.rows, training.labels)

    assert names(RobustCore(added=(4,))(case.task(fit=fit))) == ["robust_core"]
    assert names(RobustCore(added=(4,))(case.task(grow=None))) == ["robust_core"]


def test_recipes_work_on_any_fit(case):
    from sklearn.ensemble import RandomForestClassifier

    def fit(training):
        forest = RandomForestClassifier(40, min_samples_leaf=3, random_state=training.seed)
        return forest.fit(training.rows, training.labels, sample_weight=training.weight)

    attacked = case.withstood(Plain()(case.task(fit=fit))[0].model)[1]
    for recipe in (Flattened(), Randomised(shares=(0.85,)), WithoutMutable()):
        (candidate,) = recipe(case.task(fit=fit))
        assert case.withstood(candidate.model)[1] > attacked + 0.05, candidate.name
    flattened = Flattened()(case.task(fit=fit))[0].model
    assert not moved(case, flattened, [GAIN])


def test_selection():
    assert [recipe.name for recipe in select_recipes(())] == [
        "adversarial_augmentation", "monotone", "flattened", "randomised", "robust_core", "without_mutable",
    ]  # fmt: skip
    assert [recipe.name for recipe in select_recipes(["robust_core", "monotone"])] == ["monotone", "robust_core"]
    with pytest.raises(UnknownRecipe, match="monoton"):
        select_recipes(["monoton"])
