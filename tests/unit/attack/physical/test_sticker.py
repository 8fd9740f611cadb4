"""Stickers and patches: they work from where nobody trained them, better than grey, and only where they lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_digits

from hauberk.attack.errors import BadTarget, WrongSamples
from hauberk.attack.physical.views import FRONTAL, STREET, Views
from hauberk.models import build_network, open_torch

torch = pytest.importorskip("torch")
views = pytest.importorskip("hauberk.attack.physical.torch_views")
sticker = pytest.importorskip("hauberk.attack.physical.torch_sticker")

MILD = Views(rotation=8, scale=0.08, shift=0.04, brightness=0.05, contrast=0.1, blur=0.4)


@pytest.fixture(scope="module")
def digits():
    """A network that has learnt digits, and the eights that it knows."""
    rows, labels = load_digits(return_X_y=True)
    rows = (rows / 16).astype(np.float32).astype(float)
    generator = torch.Generator().manual_seed(0)
    layers = (
        {"type": "Conv2d", "in_channels": 1, "out_channels": 12, "kernel_size": 3, "padding": 1},
        {"type": "ReLU"},
        {"type": "Flatten"},
        {"type": "Linear", "in_features": 768, "out_features": 10},
    )
    module = build_network(layers)
    with torch.no_grad():
        for weight in module.parameters():
            weight.uniform_(-0.05, 0.05, generator=generator)
    images, right = torch.tensor(rows[:1300], dtype=torch.float32).reshape(-1, 1, 8, 8), torch.tensor(labels[:1300])
    optimiser = torch.optim.Adam(module.parameters(), lr=5e-3)
    for _ in range(12):
        for part in torch.randperm(1300, generator=generator).split(64):
            seen = views.look_at(images[part], views.draw_look(MILD, len(part), generator))
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(module(seen), right[part]).backward()
            optimiser.step()
    model = open_torch(module, classes=tuple("0123456789"), shape=(1, 8, 8))
    eights = (labels == 8) & (model.predict(rows).argmax(axis=1) == labels)
    return model, rows[eights], labels[eights].astype(np.int64)


def test_a_look_without_ranges_changes_nothing_and_others_stay_in_range():
    images = torch.rand((5, 3, 12, 12), generator=torch.Generator().manual_seed(0))
    still = views.look_at(images, views.draw_look(FRONTAL, 5, torch.Generator()))
    assert torch.allclose(still, images, atol=1e-6)
    for name, value in {
        "rotation": 20,
        "scale": 0.3,
        "shift": 0.2,
        "brightness": 0.5,
        "contrast": 0.5,
        "blur": 2,
    }.items():
        one = Views(**{name: value})
        seen = views.look_at(images, views.draw_look(one, 5, torch.Generator().manual_seed(1)))
        assert seen.shape == images.shape
        assert (seen >= 0).all()
        assert (seen <= 1).all()
        assert not torch.allclose(seen, images, atol=1e-3), name


def test_a_quarter_turn_is_a_quarter_turn_and_a_shift_a_shift():
    image = torch.zeros((1, 1, 9, 9))
    image[0, 0, 1, 4] = 1.0
    look = views.draw_look(FRONTAL, 1, torch.Generator())
    turned = views.look_at(image, replace(look, angle=torch.tensor([torch.pi / 2])))
    assert turned[0, 0].argmax() in (4 * 9 + 7, 4 * 9 + 1)
    assert torch.isclose(turned.sum(), torch.tensor(1.0), atol=1e-3)
    moved = views.look_at(image, replace(look, across=torch.tensor([2 / 9])))
    assert moved[0, 0].argmax() == 1 * 9 + 6
    blurred = views.look_at(image, replace(look, blur=torch.tensor([1.0])))
    assert 0.1 < blurred[0, 0, 1, 4] < 0.5
    assert blurred[0, 0, 1, 3] > 0.05


def test_gradients_pass_through_every_look():
    images = torch.rand((2, 1, 8, 8), generator=torch.Generator().manual_seed(0)).requires_grad_(True)
    views.look_at(images, views.draw_look(STREET, 2, torch.Generator().manual_seed(1))).sum().backward()
    assert (images.grad.abs() > 0).float().mean() > 0.5


def test_a_sticker_makes_eights_what_it_wants_from_every_side(digits):
    model, rows, labels = digits
    mask = np.zeros((8, 8), bool)
    mask[:, 1:3] = mask[:, 5:7] = True
    state = torch.get_rng_state()
    found = sticker.attack_with_sticker(model, rows, labels, mask, goal=3, views=MILD, steps=150, looks=9, seed=1)
    assert found.rows.value > 0.8
    assert found.success > 0.7
    assert found.grey.value < found.rows.value - 0.3  # not by hiding alone
    assert found.bare.value < 0.1
    assert found.pattern.shape == (1, 8, 8)
    assert (found.pattern >= 0).all()
    assert (found.pattern <= 1).all()
    assert found.area == 0.5
    again = sticker.attack_with_sticker(model, rows, labels, mask, goal=3, views=MILD, steps=150, looks=9, seed=1)
    assert np.array_equal(again.pattern, found.pattern)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_sticker_covers_its_mask_alone(digits):
    model, rows, labels = digits
    mask = np.zeros((8, 8), bool)
    mask[3:5, 3:5] = True
    found = sticker.attack_with_sticker(model, rows[:20], labels[:20], mask, views=FRONTAL, steps=20, looks=1)
    changed = (found.seen != rows[:20]).reshape(-1, 8, 8).any(axis=0)
    assert not changed[~mask].any()
    assert changed[mask].all()


def test_a_patch_works_wherever_it_lies(digits):
    model, rows, labels = digits
    found = sticker.attack_with_patch(model, rows, labels, 4, views=MILD, steps=150, looks=15, seed=1)
    assert found.success > 0.3
    assert found.rows.value > found.bare.value + 0.2
    assert found.area == 0.25
    assert found.mask.sum() == 16


def test_two_bars_cover_about_what_is_asked():
    mask = sticker.bars_mask((3, 32, 32), share=0.1)
    assert 0.05 < mask.mean() < 0.15
    assert not mask[14:18].any()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"goal": 8}, BadTarget),
        ({"goal": 10}, BadTarget),
        ({"mask": np.zeros((8, 8), bool)}, WrongSamples),
        ({"mask": np.ones((4, 4), bool)}, WrongSamples),
        ({"rows": np.full((3, 64), 2.0), "labels": np.zeros(3, np.int64)}, WrongSamples),
        ({"rows": np.zeros((0, 64)), "labels": np.zeros(0, np.int64)}, WrongSamples),
        ({"steps": 0}, WrongSamples),
    ],
)
def test_what_does_not_fit_is_refused(digits, change, error):
    model, rows, labels = digits
    given = {"rows": rows, "labels": labels, "mask": np.ones((8, 8), bool)} | change
    with pytest.raises(error):
        sticker.attack_with_sticker(model, given.pop("rows"), given.pop("labels"), given.pop("mask"), **given)
    with pytest.raises(WrongSamples):
        Views(scale=1.0)
