"""CAPGD: optimal where a linear program knows the truth, and never behind asking; the cascade with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog

import hauberk.attack.evaluate as evaluating
from hauberk.attack import QUICK, STANDARD, evade, evaluate_evasion, search_queries
from hauberk.attack.evasion.samples import Adversarial
from hauberk.attack.evasion.without_trees import Cascade, attack_without_trees
from hauberk.core.finding import Severity
from hauberk.data import check_reach
from hauberk.models import open_torch
from hauberk.models.errors import WrongRows
from hauberk.testing.reaches import make_reach

torch = pytest.importorskip("torch")
capgd = pytest.importorskip("hauberk.attack.evasion.torch_constrained")

CLASSES = ("no", "yes")


def linear(weights):
    module = torch.nn.Linear(len(weights), 1)
    with torch.no_grad():
        module.weight[:] = torch.from_numpy(weights)
        module.bias[:] = 0
    return open_torch(module, classes=CLASSES, shape=(len(weights),))


@pytest.mark.parametrize("relations", [0, 1, 2])
def test_a_linear_model_is_beaten_exactly_where_a_linear_program_says(relations):
    rng, count, width = np.random.default_rng(relations), 80, 6
    weights, rows = rng.normal(size=width), rng.normal(size=(count, width))
    model = linear(weights)
    weights = model.network.weight.detach().double().numpy()[0]
    labels = model.predict(rows).argmax(axis=1)
    low, high = rows - 2 * rng.random(rows.shape), rows + 2 * rng.random(rows.shape)
    slopes, bounds = rng.normal(size=(relations, width)), rng.normal(size=relations)
    cost = rng.random(width) + 0.1
    reach = make_reach(rows, low=low, high=high, cost=cost.tolist(), budget=0.7, relations=(slopes, bounds))
    found = capgd.attack_constrained(model, rows, labels, reach, effort=QUICK)
    assert check_reach(reach, rows, found.rows, exact=True).all()
    best = np.empty(count)
    for row in range(count):
        way = weights if labels[row] == 1 else -weights
        rules = np.vstack([np.concatenate([cost, cost]), np.column_stack([slopes, -slopes])])
        room = np.maximum(bounds - slopes @ rows[row], 0)
        ends = [*((0, end) for end in high[row] - rows[row]), *((0, end) for end in rows[row] - low[row])]
        solved = linprog(np.concatenate([way, -way]), A_ub=rules, b_ub=[0.7, *room], bounds=ends)
        best[row] = way @ rows[row] + solved.fun
    sure = np.abs(best) > 0.01  # as near as the projection comes where budget and relations are coupled
    assert (found.success == (best < 0))[sure].all()
    assert 0.2 < found.success.mean() < 0.9


class Encoded(torch.nn.Module):
    """Codes of two categories as one-hot columns inside, numbers scaled: what a network on a table looks like."""

    def __init__(self, generator):
        super().__init__()
        self.body = torch.nn.Sequential(torch.nn.Linear(14, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2))
        for weight in self.body.parameters():
            weight.data = torch.empty(weight.shape).normal_(0, 0.3, generator=generator)

    def forward(self, batch):
        codes = [torch.nn.functional.one_hot(batch[:, at].detach().long(), size) for at, size in ((2, 6), (3, 4))]
        numbers = torch.stack([batch[:, 0] / 15 - 2, batch[:, 1], batch[:, 4], batch[:, 5]], dim=1)
        return self.body(torch.cat([numbers, *(one.float() for one in codes)], dim=1))


@pytest.fixture(scope="module")
def case(claims):
    """A network that learnt who may claim, rows that it can read, and a reach with budget and relation."""
    kept = ~np.isnan(claims.rows).any(axis=1)
    rows, labels = claims.rows[kept], claims.labels[kept]
    module = Encoded(torch.Generator().manual_seed(0))
    points, truth = torch.from_numpy(rows.astype(np.float32)), torch.from_numpy(labels)
    optimiser = torch.optim.Adam(module.parameters(), 0.02)
    for _ in range(200):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(module(points), truth).backward()
        optimiser.step()
    model = open_torch(module.eval(), classes=CLASSES, shape=(6,))
    part = replace(claims, rows=rows[:100], labels=labels[:100])
    relations = (np.array([[0.1, 1.0, 0, 0, 0, 0]]), np.array([4.0]))
    return model, part.rows, part.labels, part.limited(budget=2.5, relations=relations)


def unrelated(case):
    """The same with the budget alone, which is quicker."""
    *others, reach = case
    return *others, replace(reach, relations=(np.empty((0, 6)), np.empty(0)))


def test_it_is_never_behind_asking_and_the_cascade_behind_neither(case):
    model, rows, labels, reach = case
    clean = model.predict(rows).argmax(axis=1) != labels
    assert clean.mean() < 0.15
    few = replace(STANDARD, queries=80)
    slopes = capgd.attack_constrained(model, rows, labels, reach, effort=few)
    asked = search_queries(model, rows, labels, reach, effort=few)
    both = attack_without_trees(model, rows, labels, reach, effort=few)
    assert slopes.success.sum() >= asked.success.sum() > clean.sum() + 5
    assert not (slopes.success & ~both.adversarial.success).any()
    assert both.adversarial.success.sum() >= asked.success.sum()
    assert (both.asked[slopes.success] == 0).all()
    for found in (slopes, both.adversarial):
        assert check_reach(reach, rows, found.rows, exact=True).all()
        assert np.array_equal(found.success, model.predict(found.rows).argmax(axis=1) != labels)
        assert np.array_equal(found.rows[:, 4:], rows[:, 4:])  # immutable
        assert (found.cost <= 2.5 + 1e-9).all()


def test_a_larger_effort_loses_nothing_and_a_goal_is_kept_to(case):
    model, rows, labels, reach = unrelated(case)
    quick = capgd.attack_constrained(model, rows, labels, reach, effort=QUICK)
    more = capgd.attack_constrained(model, rows, labels, reach, effort=STANDARD)
    assert not (quick.success & ~more.success).any()
    aimed = capgd.attack_constrained(model, rows, labels, reach, effort=QUICK, goal=1)
    assert not aimed.success[labels == 1].any()
    assert (model.predict(aimed.rows).argmax(axis=1)[aimed.success] == 1).all()
    assert aimed.success.any()


def test_a_seed_gives_the_same_rows_and_nobody_elses_generator_is_touched(case):
    model, rows, labels, reach = unrelated(case)
    before = torch.get_rng_state()
    first, again = (
        capgd.attack_constrained(model, rows[:40], labels[:40], reach.rows(np.arange(40)), seed=4) for _ in range(2)
    )
    assert np.array_equal(first.rows, again.rows)
    assert torch.equal(before, torch.get_rng_state())


def test_the_slope_of_a_group_says_which_column_to_set():
    weights = np.array([0.0, -1.0, 0.5, -3.0, 1.0])
    model, rows = linear(weights), np.tile([1.0, 0, 0, 0, 2.0], (4, 1))
    high = np.array([[1.0, 1, 1, 1, 2]] * 4)
    high[1, 3] = 0  # the second row cannot claim the last column
    reach = make_reach(rows, low=rows * [0, 0, 0, 0, 1], high=high, one_hot=((0, 1, 2, 3),))
    found = capgd.attack_constrained(model, rows, np.ones(4, dtype=np.int64), reach)
    assert found.success.tolist() == [True, False, True, True]
    assert found.rows[0].tolist() == [0, 0, 0, 1, 2]


def test_a_network_takes_no_missing_value(case):
    model, rows, labels, reach = case
    missing = rows.copy()
    missing[7, 1] = np.nan
    for attack in (capgd.attack_constrained, attack_without_trees):
        with pytest.raises(WrongRows, match="column 1"):
            attack(model, missing, labels, reach)


class Masked(torch.nn.Module):
    """Rounds its input, so that no slope comes through."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, batch):
        return self.inner((batch * 16).round().detach() / 16)


def test_a_network_without_slopes_is_beaten_by_asking(case):
    model, rows, labels, reach = unrelated(case)
    masked = open_torch(Masked(model.network), classes=CLASSES, shape=(6,))
    few = replace(STANDARD, queries=80)
    plain = evaluate_evasion(model, rows, labels, reach, seed=1, effort=few)
    found = evaluate_evasion(masked, rows, labels, reach, seed=1, effort=few)
    assert plain.method == found.method == "gradients+queries"
    assert plain.trusted
    assert found.beaten.sum() > 0.9 * plain.beaten.sum()
    assert found.robustness.certified is None
    quick = evade(model, rows, labels, reach, seed=1, effort=QUICK)
    assert quick.success.any()


def test_rows_out_of_reach_never_count(case, monkeypatch):
    """The planted fault: an attack that writes what it likes."""
    model, rows, labels, reach = case

    def lawless(model, rows, labels, reach, **others):
        made, none = rows + 50.0, np.zeros(len(rows), dtype=np.intp)
        made[:, 2:4] = rows[:, 2:4]
        success = model.predict(made).argmax(axis=1) != labels
        found = Adversarial(rows=made, success=success, cost=np.zeros(len(rows)), queries=none)
        return Cascade(adversarial=found, asked=none)

    monkeypatch.setattr(evaluating, "attack_without_trees", lawless)
    found = evaluate_evasion(model, rows, labels, reach, seed=1)
    severities = {finding.code: finding.severity for finding in found.findings}
    assert severities["attack.evasion.out_of_reach"] is Severity.ERROR
    assert not found.beaten.any()
    assert not found.trusted
