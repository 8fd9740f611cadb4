"""Attacks on networks: exact on linear models in every norm, never worse than a plain attack on others."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from hauberk.attack import QUICK, STANDARD
from hauberk.attack.errors import BadTarget, WrongSamples
from hauberk.attack.evasion.ball import Ball, Norm
from hauberk.models import build_network, open_torch

torch = pytest.importorskip("torch")
cascade = pytest.importorskip("hauberk.attack.evasion.torch_cascade")

WIDE = {"low": np.full(12, -1e3), "high": np.full(12, 1e3)}


@pytest.fixture(scope="module")
def linear():
    """A binary linear model, rows and labels that it gets right, and how far each is from the boundary, by norm."""
    random = np.random.default_rng(0)
    module = torch.nn.Sequential(torch.nn.Linear(12, 1))
    weight, bias = random.normal(size=12), 0.3
    with torch.no_grad():
        module[0].weight.copy_(torch.tensor(weight)[None])
        module[0].bias.fill_(bias)
    rows = random.normal(size=(60, 12))
    score = rows @ weight + bias
    size = np.abs(weight)
    distances = {
        Norm.LINF: np.abs(score) / size.sum(),
        Norm.L2: np.abs(score) / np.sqrt((weight**2).sum()),
        Norm.L1: np.abs(score) / size.max(),
    }
    return open_torch(module, classes=("no", "yes"), shape=(12,)), rows, (score > 0).astype(np.int64), distances


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2, Norm.L1])
def test_a_linear_model_falls_exactly_where_it_must(linear, norm):
    model, rows, labels, distances = linear
    middle = float(np.median(distances[norm]))
    found = cascade.attack_network(model, rows, labels, Ball(norm=norm, eps=middle, **WIDE), seed=1)
    clear = np.abs(distances[norm] / middle - 1) > 5e-3
    assert np.array_equal(found.success[clear], (distances[norm] < middle)[clear])
    assert Ball(norm=norm, eps=middle, **WIDE).holds(rows, found.rows).all()
    nearest = cascade.smallest_change_of_network(model, rows, labels, Ball(norm=norm, eps=1.0, **WIDE), seed=1)
    assert nearest.success.all()
    assert (nearest.cost >= distances[norm] * (1 - 1e-4)).all()
    assert np.median(nearest.cost / distances[norm]) < 1.01
    assert np.quantile(nearest.cost / distances[norm], 0.95) < 1.05


def test_one_number_is_enough_where_the_range_is_wide(linear):
    model, rows, labels, _ = linear
    found = cascade.attack_network(model, rows, labels, Ball(norm=Norm.L0, eps=1, **WIDE))
    assert found.success.mean() > 0.95
    assert (found.cost[found.success] <= 1).all()


@pytest.fixture(scope="module")
def digits():
    rows, labels = load_digits(return_X_y=True)
    rows = rows / 16
    random = torch.Generator().manual_seed(0)
    layers = (
        {"type": "Conv2d", "in_channels": 1, "out_channels": 8, "kernel_size": 3, "padding": 1},
        {"type": "ReLU"},
        {"type": "MaxPool2d", "kernel_size": 2},
        {"type": "Flatten"},
        {"type": "Dropout", "p": 0.2},
        {"type": "Linear", "in_features": 128, "out_features": 10},
    )
    state = torch.get_rng_state()
    torch.manual_seed(3)
    module = build_network(layers).train()
    torch.set_rng_state(state)
    images, right = torch.tensor(rows[:1200], dtype=torch.float32).reshape(-1, 1, 8, 8), torch.tensor(labels[:1200])
    optimiser = torch.optim.Adam(module.parameters(), lr=0.01)
    for _ in range(8):
        for part in torch.randperm(1200, generator=random).split(64):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(module(images[part]), right[part]).backward()
            optimiser.step()
    model = open_torch(module, classes=tuple("0123456789"), shape=(1, 8, 8))
    return model, rows[1200:1500], labels[1200:1500].astype(np.int64)


UNIT = {"low": np.zeros(64), "high": np.ones(64)}


def plain_pgd(model, rows, labels, eps, steps=40):
    """Linf, for comparison."""
    here, right = torch.tensor(rows, dtype=torch.float32), torch.tensor(labels)
    point = here.clone()
    for _ in range(steps):
        point.requires_grad_(True)
        loss = torch.nn.functional.cross_entropy(model.logits(point.reshape(-1, 1, 8, 8)), right)
        (slope,) = torch.autograd.grad(loss, point)
        point = (point + eps / 10 * slope.sign()).detach()
        point = point.maximum(here - eps).minimum(here + eps).clamp(0, 1)
    return model.predict(point.double().numpy()).argmax(1) != labels


def test_the_cascade_beats_what_plain_descent_beats(digits):
    model, rows, labels = digits
    found = cascade.attack_network(model, rows, labels, Ball(norm=Norm.LINF, eps=0.1, **UNIT), seed=2)
    plain = plain_pgd(model, rows, labels, 0.1)
    assert 0.2 < plain.mean() < 1.0
    assert found.success.mean() >= plain.mean()
    assert (plain & ~found.success).sum() <= 2
    answers = model.predict(found.rows).argmax(1)
    assert np.array_equal(answers != labels, found.success)
    assert np.abs(found.rows - rows).max() <= 0.1 + 1e-6
    assert found.rows.min() >= 0
    assert found.rows.max() <= 1


@pytest.mark.parametrize(("norm", "eps"), [(Norm.L2, 0.7), (Norm.L1, 3.0), (Norm.L0, 6)])
def test_every_norm_does_harm_and_keeps_its_bound(digits, norm, eps):
    model, rows, labels = digits
    ball = Ball(norm=norm, eps=eps, **UNIT)
    part = slice(0, 80)
    found = cascade.attack_network(model, rows[part], labels[part], ball)
    wrong = (model.predict(rows[part]).argmax(1) != labels[part]).mean()
    assert found.success.mean() > wrong + 0.15
    assert ball.holds(rows[part], found.rows).all()
    wider = Ball(norm=norm, eps=2 * eps, **UNIT)
    assert cascade.attack_network(model, rows[part], labels[part], wider).success.mean() >= found.success.mean()


def test_a_goal_is_reached_or_nothing_is_claimed(digits):
    model, rows, labels = digits
    found = cascade.attack_network(model, rows, labels, Ball(norm=Norm.LINF, eps=0.25, **UNIT), goal=5)
    answers = model.predict(found.rows).argmax(1)
    assert np.array_equal(found.success, (answers == 5) & (labels != 5))
    assert found.success.mean() > 0.2
    assert np.array_equal(found.rows[labels == 5], rows[labels == 5])


def test_the_seed_decides_and_nothing_else_is_touched(digits):
    model, rows, labels = digits
    ball = Ball(norm=Norm.LINF, eps=0.08, **UNIT)
    model.network.train()
    before, weights = torch.get_rng_state(), [weight.requires_grad for weight in model.network.parameters()]
    one = cascade.attack_network(model, rows[:60], labels[:60], ball, seed=5)
    torch.manual_seed(99)
    other = cascade.attack_network(model, rows[:60], labels[:60], ball, seed=5)
    torch.set_rng_state(before)
    assert np.array_equal(one.rows, other.rows)
    assert [weight.requires_grad for weight in model.network.parameters()] == weights
    assert model.network.training
    model.network.eval()


def test_more_effort_never_finds_less(digits):
    model, rows, labels = digits
    ball = Ball(norm=Norm.LINF, eps=0.06, **UNIT)
    quick = cascade.attack_network(model, rows, labels, ball, effort=QUICK)
    standard = cascade.attack_network(model, rows, labels, ball, effort=STANDARD)
    assert standard.success.sum() >= quick.success.sum()


def test_wrong_use_is_told(digits):
    model, rows, labels = digits
    ball = Ball(norm=Norm.LINF, eps=0.1, **UNIT)
    with pytest.raises(WrongSamples, match="at least one row"):
        cascade.attack_network(model, rows[:0], labels[:0], ball)
    with pytest.raises(WrongSamples, match="valid range"):
        cascade.attack_network(model, rows + 0.5, labels, ball)
    with pytest.raises(BadTarget):
        cascade.attack_network(model, rows, labels, ball, goal=10)
