import numpy as np
import pytest

from hauberk.models import open_function
from hauberk.models.errors import BadScores, WrongRows

ROWS = np.random.default_rng(0).normal(size=(20, 2))


def opened(function, classes=("no", "yes")):
    return open_function(function, classes=classes, width=2)


def half(rows):
    return np.full((len(rows), 2), 0.5)


def test_it_is_called():
    assert opened(half).predict(ROWS).tolist() == [[0.5, 0.5]] * 20
    assert opened(lambda rows: rows.sum(axis=1), ()).predict(ROWS).shape == (20, 1)
    assert opened(lambda rows: [[0.25, 0.75]] * len(rows)).predict(ROWS)[0].tolist() == [0.25, 0.75]


@pytest.mark.parametrize(
    "function",
    [
        lambda rows: half(rows)[:-1],
        lambda rows: half(rows)[:, :1],
        lambda rows: np.full(len(rows), 0.5),
        lambda rows: half(rows) * 1.01,
        lambda rows: np.column_stack([np.full(len(rows), -0.5), np.full(len(rows), 1.5)]),
        lambda rows: half(rows) * np.nan,
        lambda _: "scores",
        lambda _: None,
        lambda _: [[0.5], [0.5, 0.5]],
    ],
)
def test_every_answer_is_checked(function):
    with pytest.raises(BadScores):
        opened(function).predict(ROWS)


def test_a_fault_that_comes_later_is_seen():
    answers = iter([half(ROWS), half(ROWS) * 2])
    model = opened(lambda _: next(answers))
    model.predict(ROWS)
    with pytest.raises(BadScores):
        model.predict(ROWS)


def test_the_rows_cannot_be_changed():
    def vandal(rows):
        rows[:] = 0
        return half(rows)

    kept = ROWS.copy()
    with pytest.raises(ValueError, match="read-only"):
        opened(vandal).predict(ROWS)
    np.testing.assert_array_equal(kept, ROWS)


@pytest.mark.parametrize("rows", [ROWS[:, :1], ROWS[0], ROWS.astype(int), ROWS.tolist(), np.full((1, 2), -np.inf)])
def test_what_is_no_row_is_refused(rows):
    with pytest.raises(WrongRows):
        opened(half).predict(rows)
