"""Slopes of networks, and the surrogate that imitates a model."""

from __future__ import annotations

import numpy as np
import pytest

from hauberk.attack.doubts.surrogate import fit_surrogate
from hauberk.attack.doubts.torch_slope import make_gradients
from hauberk.models import open_torch

torch = pytest.importorskip("torch")


@pytest.fixture
def linear():
    module = torch.nn.Linear(3, 3)
    with torch.no_grad():
        module.weight.copy_(torch.tensor([[1.0, 0, 0], [0, 2, 0], [0, 0, 4]]))
        module.bias.zero_()
    return open_torch(module, classes=("a", "b", "c"), shape=(3,))


ROWS = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]])


def test_the_margin_is_the_best_other_logit_minus_the_labels(linear):
    slope = make_gradients(linear)(ROWS, np.array([0, 2]))
    assert slope.logits.tolist() == [[1, 2, 0], [0, 2, 4]]
    assert slope.margin.tolist() == [1, -2]
    assert slope.margin_gradient.tolist() == [[-1, 2, 0], [0, 2, -4]]
    expected = -np.log(np.exp([1, 4]) / np.exp(slope.logits).sum(axis=1))
    assert np.allclose(slope.entropy, expected, atol=1e-6)


def test_with_a_goal_both_losses_rise_towards_it(linear):
    slope = make_gradients(linear, goal=2)(ROWS, np.array([0, 1]))
    assert slope.margin.tolist() == [-2, 2]
    assert slope.margin_gradient.tolist() == [[0, -2, 4], [0, -2, 4]]
    assert (slope.entropy_gradient[:, 2] > 0).all()


def test_what_does_not_depend_on_the_input_has_a_gradient_of_zeros():
    class Constant(torch.nn.Module):
        def forward(self, batch):
            return torch.ones(len(batch), 2)

    model = open_torch(Constant(), classes=("a", "b"), shape=(3,))
    slope = make_gradients(model)(ROWS, np.array([0, 1]))
    assert not slope.margin_gradient.any()
    assert slope.margin_gradient.shape == (2, 3)


def test_gradients_of_the_weights_are_left_alone(linear):
    make_gradients(linear)(ROWS, np.array([0, 1]))
    assert linear.network.weight.grad is None


def test_a_surrogate_learns_the_answers_and_points_the_right_way():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 6))
    lead = 3 * rows[:, 0] - 2 * rows[:, 1]
    scores = np.stack([1 / (1 + np.exp(lead)), 1 / (1 + np.exp(-lead))], axis=1)
    surrogate = fit_surrogate(rows, scores, rng)
    slope = surrogate.gradient(rows, np.ones(400, dtype=np.int64), None)
    assert (np.sign(slope[:, 0]) == -1).mean() > 0.95
    assert (np.sign(slope[:, 1]) == 1).mean() > 0.9
    assert np.allclose(slope, surrogate.gradient(rows, np.ones(400, dtype=np.int64), 0))
