"""Rows beyond a sample: ranked, flagged at the level that is promised, and no further."""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa
import pytest

from hauberk.data import encode_labels, encode_rows, infer_schema, make_dataset
from hauberk.flows.training import label_learner
from hauberk.verify import Pool, rank_rows
from hauberk.verify.errors import TrustedRowsUnusable
from hauberk.verify.scored import PART, fit_scorer, join_suspicion
from hauberk.verify.shared_rows import refuse_shared_rows

SAMPLE, BEYOND, TRUSTED, Q = 1500, 6000, 1500, 0.2


def drawn(seed: int):
    """Rows of two classes that can be told apart, all with right labels."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(SAMPLE + BEYOND + TRUSTED, 4))
    labels = (rows[:, 0] + rows[:, 1] + 0.1 * random.normal(size=len(rows)) > 0.5).astype(np.int64)
    return rows, labels


def joined(seed: int, flips: float):
    rows, labels = drawn(seed)
    size = SAMPLE + BEYOND
    wrong = np.random.default_rng(seed + 100).random(size) < flips
    given = np.where(wrong, 1 - labels[:size], labels[:size])
    pool = partial(Pool, classes=2, category_counts=(0,) * 4)
    table = pa.table({**{f"x{i}": rows[:, i] for i in range(4)}, "y": labels.astype(str)})
    dataset = make_dataset(table, infer_schema(table, target="y"))
    assert np.array_equal(encode_labels(dataset), labels)
    assert np.array_equal(encode_rows(dataset), rows)
    learner = label_learner(dataset, trees=15)
    sample = pool(rows=rows[:SAMPLE], labels=given[:SAMPLE])
    trusted = pool(rows=rows[size:], labels=labels[size:])
    suspicion = rank_rows(sample, learner, folds=3, q=PART * Q, seed=0, trusted=trusted)
    scorer = fit_scorer(sample, learner, folds=3, seed=0)
    found = join_suspicion(
        suspicion,
        np.arange(SAMPLE),
        scorer.score(rows[:size], given),
        given,
        q=Q,
        trusted=(scorer.score(trusted.rows, trusted.labels).margin, trusted.labels),
        by_class=False,
    )
    return found, wrong


def test_flags_beyond_the_sample_keep_the_rate():
    shares, power = [], []
    for seed in range(3):
        found, wrong = joined(seed, 0.05)
        beyond = found.flagged[SAMPLE:]
        shares.append((~wrong[SAMPLE:])[beyond].mean() if beyond.any() else 0.0)
        power.append(beyond[wrong[SAMPLE:]].mean())
        assert found.p_value is not None
        assert found.score[wrong].mean() > found.score[~wrong].mean() + 1
        assert found.suspicious[wrong].mean() > 0.5 > 0.1 > found.suspicious[~wrong].mean()
    # At (1 - PART) * Q = 0.15; three runs of a few hundred flags.
    assert np.mean(shares) < 0.18, shares
    assert np.mean(power) > 0.5, power


def test_nothing_is_flagged_where_nothing_is_wrong():
    # Without a wrong label each flag is false, and there is one in at most a share Q of all tables.
    assert sum(joined(seed, 0.0)[0].flagged.any() for seed in range(3)) <= 1


def test_trusted_rows_that_are_training_rows_are_refused():
    shared = np.zeros(1000, bool)
    shared[:100] = True
    with pytest.raises(TrustedRowsUnusable, match="100 of 1000"):
        refuse_shared_rows(shared, natural=0.0, rows=10_000)
    refuse_shared_rows(shared, natural=0.1, rows=10_000)
