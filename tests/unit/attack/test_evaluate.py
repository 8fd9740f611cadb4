from dataclasses import replace

import numpy as np
import pytest

import hauberk.attack.evaluate as evaluating
from hauberk.attack import QUICK, STANDARD, evade, evaluate_evasion
from hauberk.attack.errors import BadTarget
from hauberk.core.claim import Rung
from hauberk.core.finding import Severity
from hauberk.data import check_reach
from hauberk.models import HasTrees, open_function, open_model
from hauberk.testing.reaches import make_reach


@pytest.fixture(scope="module")
def result(claims):
    return evaluate_evasion(claims.model, claims.rows, claims.labels, claims.reach, seed=1)


def black_box(claims):
    return open_function(claims.model.predict, classes=("0", "1"), width=6)


def codes(result):
    return {finding.code: finding.severity for finding in result.findings}


def test_certified_is_at_most_attacked_is_at_most_clean(result, claims):
    robustness = result.robustness
    assert robustness.n == len(claims.rows)
    assert robustness.certified is not None
    assert robustness.certified.value <= robustness.attacked.value < robustness.clean.value
    for estimate in (robustness.certified, robustness.attacked, robustness.clean):
        assert estimate.low <= estimate.value <= estimate.high
        assert estimate.method == "clopper-pearson"
    assert robustness.attacked.value - robustness.certified.value < 0.01  # decided, nearly all
    assert result.method == "trees"
    assert result.trusted


def test_shares_are_those_of_the_rows(result, claims):
    answers = claims.model.predict(result.rows).argmax(axis=1)
    right = claims.model.predict(claims.rows).argmax(axis=1) == claims.labels
    assert np.array_equal(result.correct, right)
    assert np.array_equal(result.beaten, right & (answers != claims.labels))
    assert result.robustness.attacked.value == (right & (answers == claims.labels)).mean()
    assert check_reach(claims.reach, claims.rows, result.rows).all()
    assert not (result.certified & (result.beaten | ~right)).any()


def test_claims_carry_their_rung(result):
    rungs = {claim.name: claim.rung for claim in result.robustness.claims()}
    assert rungs == {
        "accuracy": Rung.MEASURED,
        "robust_accuracy": Rung.MEASURED,
        "certified_accuracy": Rung.CERTIFIED,
    }


def test_what_was_used_and_what_was_spent(result, claims):
    changed = (result.rows != claims.rows) & ~np.isnan(claims.rows)
    assert np.array_equal(result.used, changed.sum(axis=0))
    assert (result.used[4:] == 0).all()
    features, cost = result.curves
    assert features.unit == "features changed"
    assert features.spent[0] == 0
    assert features.accuracy[0] == result.robustness.clean.value
    for curve in (features, cost):
        assert list(curve.spent) == sorted(curve.spent)
        assert list(curve.accuracy) == sorted(curve.accuracy, reverse=True)
        assert curve.accuracy[-1] == result.robustness.attacked.value


def test_a_goal_counts_only_those_who_want_it(claims):
    labelled = open_model(claims.booster, classes=("refused", "approved"))
    result = evaluate_evasion(labelled, claims.rows, claims.labels, claims.reach, seed=1, goal="approved")
    assert not result.beaten[claims.labels == 1].any()
    assert result.beaten[claims.labels == 0].any()
    with pytest.raises(BadTarget):
        evaluate_evasion(labelled, claims.rows, claims.labels, claims.reach, seed=1, goal="rich")


def test_a_model_without_trees_is_searched_and_nothing_is_certified(result, claims):
    part = np.arange(300)
    found = evaluate_evasion(black_box(claims), claims.rows[part], claims.labels[part], claims.reach.rows(part), seed=1)
    assert found.robustness.certified is None
    assert found.method == "queries"
    assert codes(found)["attack.evasion.no_proof"] is Severity.INFO
    assert [claim.name for claim in found.robustness.claims()] == ["accuracy", "robust_accuracy"]
    assert found.beaten.sum() > 0.9 * result.beaten[part].sum()
    assert not (found.beaten & result.certified[part]).any()


def test_a_search_that_is_too_short_is_not_believed(claims):
    short = replace(STANDARD, queries=12)
    found = evaluate_evasion(black_box(claims), claims.rows, claims.labels, claims.reach, seed=1, effort=short)
    assert not found.trusted
    assert set(codes(found)) & {"attack.evasion.weak", "attack.evasion.not_converged"}


def test_an_attack_that_finds_nothing_is_not_believed(claims, monkeypatch):
    """The planted fault: the white box does nothing, so asking the model finds more."""

    def lame(trees, rows, labels, reach, **others):
        return evaluating.TreeVerdict(adversarial=evaluating._untouched(rows), certified=np.zeros(len(rows), bool))

    monkeypatch.setattr(evaluating, "attack_trees", lame)
    found = evaluate_evasion(claims.model, claims.rows, claims.labels, claims.reach, seed=1)
    assert codes(found)["attack.evasion.weak"] is Severity.ERROR
    assert codes(found)["attack.evasion.open"] is Severity.WARNING
    assert not found.trusted


def test_a_certificate_that_does_not_hold_is_told(claims, monkeypatch):
    def boastful(trees, rows, labels, reach, **others):
        return evaluating.TreeVerdict(adversarial=evaluating._untouched(rows), certified=np.ones(len(rows), bool))

    monkeypatch.setattr(evaluating, "attack_trees", boastful)
    found = evaluate_evasion(claims.model, claims.rows, claims.labels, claims.reach, seed=1)
    assert codes(found)["attack.evasion.certificate_broken"] is Severity.ERROR


def test_trees_that_are_not_the_models_are_told(claims):
    """The planted fault: trees of another model are shown."""
    other = replace(claims.model.trees, value=-claims.model.trees.value, base=-claims.model.trees.base)
    model = replace(claims.model, trees=other)
    assert isinstance(model, HasTrees)
    found = evaluate_evasion(model, claims.rows, claims.labels, claims.reach, seed=1)
    assert codes(found)["attack.evasion.trees_differ"] is Severity.ERROR
    assert not found.trusted


def test_an_adversary_who_can_do_nothing_proves_nothing(claims):
    still = make_reach(claims.rows, mutable=[False] * 6)
    found = evaluate_evasion(claims.model, claims.rows, claims.labels, still, seed=1)
    assert found.robustness.attacked == found.robustness.clean
    assert codes(found)["attack.evasion.nothing_to_change"] is Severity.WARNING
    assert not found.trusted


def test_a_model_that_is_always_wrong_has_nothing_to_lose(claims):
    wrong = 1 - claims.model.predict(claims.rows).argmax(axis=1)
    found = evaluate_evasion(claims.model, claims.rows, wrong, claims.reach, seed=1)
    assert found.robustness.clean.value == found.robustness.attacked.value == 0
    assert found.queries == 0


def test_the_same_seed_gives_the_same_result(result, claims):
    again = evaluate_evasion(claims.model, claims.rows, claims.labels, claims.reach, seed=1)
    assert np.array_equal(again.rows, result.rows, equal_nan=True)
    assert again.robustness == result.robustness
    assert again.findings == result.findings


def test_evading_is_the_attack_alone(result, claims):
    found = evade(claims.model, claims.rows, claims.labels, claims.reach, seed=1)
    assert np.array_equal(found.success & result.correct, result.beaten)
    quick = evade(claims.model, claims.rows, claims.labels, claims.reach, seed=1, effort=QUICK)
    assert not (quick.success & ~found.success).any()
    part = np.arange(200)
    asked = evade(
        black_box(claims), claims.rows[part], claims.labels[part], claims.reach.rows(part), seed=1, effort=QUICK
    )
    assert asked.success.any()
