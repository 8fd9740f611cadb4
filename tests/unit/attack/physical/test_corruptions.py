"""Corruptions: what each does, more of it with each severity, and what it does to a model."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from hauberk.attack.errors import WrongSamples
from hauberk.attack.physical.corruptions import CORRUPTIONS, SEVERITIES, corrupt, measure_corruptions
from hauberk.models import open_function


@pytest.fixture(scope="module")
def images():
    """Smooth colour pictures with edges."""
    rng = np.random.default_rng(0)
    across = np.linspace(0, 1, 24)
    base = 0.3 + 0.4 * np.outer(across, across)[None, None] * rng.random((6, 3, 1, 1))
    base[:, :, 6:14, 8:16] = 0.9
    return np.clip(base, 0, 1)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_each_severity_takes_the_images_farther_and_keeps_the_range(images, name):
    away = [np.sqrt(((corrupt(images, name, severity) - images) ** 2).mean()) for severity in SEVERITIES]
    assert away[0] > 0
    assert np.diff(away).min() > -0.01
    assert away[-1] > 1.5 * away[0]
    changed = corrupt(images, name, 5)
    assert changed.shape == images.shape
    assert (changed >= 0).all()
    assert (changed <= 1).all()
    assert np.array_equal(changed, corrupt(images, name, 5))


@pytest.mark.parametrize("name", ["gaussian_noise", "shot_noise", "impulse_noise", "haze", "motion_blur"])
def test_the_seed_decides(images, name):
    assert not np.array_equal(corrupt(images, name, 3, seed=1), corrupt(images, name, 3, seed=2))


def test_blurs_keep_the_light_and_pixels_fall_together(images):
    for name in ("gaussian_blur", "defocus_blur", "motion_blur", "pixelate"):
        assert abs(corrupt(images, name, 4).mean() - images.mean()) < 0.02
    few = corrupt(images, "pixelate", 5)
    assert len(np.unique(few[0, 0].round(9))) < len(np.unique(images[0, 0].round(9)))
    flat = np.full((1, 1, 9, 9), 0.4)
    for name in ("gaussian_blur", "defocus_blur", "motion_blur", "pixelate", "jpeg", "contrast", "stretch"):
        assert np.allclose(corrupt(flat, name, 3), 0.4, atol=0.02)


def test_a_model_loses_to_them_and_the_table_is_whole():
    rows, labels = load_digits(return_X_y=True)
    rows = rows / 16
    linear = LogisticRegression(max_iter=300).fit(rows[:1000], labels[:1000])
    model = open_function(linear.predict_proba, classes=tuple("0123456789"), width=64)
    found = measure_corruptions(model, rows[1000:1300], labels[1000:1300], (1, 8, 8))
    assert len(found) == len(CORRUPTIONS) * len(SEVERITIES)
    clean = (linear.predict(rows[1000:1300]) == labels[1000:1300]).mean()
    worst = {one.name: one.accuracy.value for one in found if one.severity == 5}
    assert worst["gaussian_noise"] < clean - 0.02
    assert worst["defocus_blur"] < clean - 0.2
    assert all(one.accuracy.low <= one.accuracy.value <= one.accuracy.high for one in found)


@pytest.mark.parametrize(
    ("given", "name", "severity"),
    [
        (np.zeros((1, 1, 4, 4)), "rain", 1),
        (np.zeros((1, 1, 4, 4)), "haze", 6),
        (np.zeros((4, 4)), "haze", 1),
        (np.full((1, 1, 4, 4), 2.0), "haze", 1),
        (np.full((1, 1, 4, 4), np.nan), "haze", 1),
    ],
)
def test_what_does_not_fit_is_refused(given, name, severity):
    with pytest.raises(WrongSamples):
        corrupt(given, name, severity)
