import numpy as np
import pytest

from hauberk.attack import certified_radius
from hauberk.attack.evasion.cliques import merge_trees, single_leaves
from hauberk.attack.evasion.judge import make_judge
from hauberk.attack.evasion.leaves import leaf_boxes
from hauberk.models import leaves, margins
from hauberk.testing.ensembles import random_ensemble, rows_on_thresholds


@pytest.mark.parametrize("trees", [1, 4, 5])
@pytest.mark.parametrize("level", [1, 2])
def test_the_leaves_of_every_row_are_a_clique_of_each_group(trees, level):
    rng = np.random.default_rng(trees)
    ensemble = random_ensemble(rng, trees=trees, depth=4, width=4, categorical=(1,))
    rows = np.concatenate([rng.normal(size=(200, 4)), rows_on_thresholds(ensemble, rng.normal(size=(9, 4)), rng)])
    rows[:, 1] = rng.integers(-1, 130, len(rows))
    rows[rng.random(rows.shape) < 0.15] = np.nan
    boxes = leaf_boxes(ensemble)
    cliques = single_leaves(boxes)
    for _ in range(level):
        cliques = merge_trees(boxes, cliques)
    number = np.searchsorted(np.flatnonzero(ensemble.feature < 0), leaves(ensemble, rows))
    value = cliques.add(boxes.value[:, 0])
    total = np.zeros(len(rows))
    for group, first in enumerate(cliques.start):
        last = cliques.start[group + 1] if group + 1 < len(cliques.start) else len(cliques.leaf)
        held = (cliques.leaf[first:last, None, :, None] == number[None, :, None, :]).any(axis=3).all(axis=2)
        assert (held.sum(axis=0) == 1).all()
        total += value[first:last][held.argmax(axis=0)]
    assert np.abs(total + ensemble.base[0] - margins(ensemble, rows)[:, 0]).max() < 1e-5


def test_leaves_that_cannot_be_reached_together_are_no_clique():
    ensemble = random_ensemble(np.random.default_rng(1), trees=2, depth=4, width=2)
    boxes = leaf_boxes(ensemble)
    merged = merge_trees(boxes, single_leaves(boxes))
    sizes = np.diff(np.append(boxes.start, len(boxes.value)))
    assert len(merged.leaf) < np.prod(sizes)
    assert merged.start.tolist() == [0]


def test_merging_never_loosens_the_radius_and_tightens_some():
    tightened = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        ensemble = random_ensemble(rng, trees=12, depth=4, width=4)
        rows = rng.normal(size=(40, 4))
        labels = make_judge(ensemble, None).classes(rows)
        ranges = {"scale": np.ones(4), "low": np.full(4, -3.0), "high": np.full(4, 3.0)}
        levels = [certified_radius(ensemble, rows, labels, level=level, **ranges) for level in (0, 1, 2)]
        assert (levels[0] <= levels[1]).all()
        assert (levels[1] <= levels[2]).all()
        tightened += int((levels[0] < levels[2]).sum())
    assert tightened > 5
