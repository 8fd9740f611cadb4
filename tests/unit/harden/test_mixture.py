from dataclasses import replace

import numpy as np

from hauberk.harden.mixture import Part, mix


def test_total_weight_labels_and_shares(case):
    weight = np.random.default_rng(0).uniform(0.5, 2, len(case.training.rows))
    training = replace(case.training, weight=weight)
    origin = np.array([7, 3, 3])
    everything = np.arange(len(weight))
    mixed = mix(
        training, [Part(rows=np.zeros((3, 5)), origin=origin), Part(rows=training.rows, origin=everything)], 0.4
    )
    n = len(weight)
    np.testing.assert_allclose(mixed.weight.sum(), weight.sum())
    np.testing.assert_allclose(mixed.weight[:n], 0.6 * weight)
    np.testing.assert_allclose(mixed.weight[n : n + 3].sum(), 0.2 * weight.sum())
    np.testing.assert_allclose(mixed.weight[n + 1], mixed.weight[n + 2])
    np.testing.assert_array_equal(mixed.labels[n : n + 3], training.labels[origin])
    np.testing.assert_array_equal(mixed.rows[n : n + 3], 0)
    np.testing.assert_array_equal(mixed.labels[:n], training.labels)
