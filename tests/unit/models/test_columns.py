import numpy as np
import pytest

from hauberk.models import open_function, require_width
from hauberk.models.errors import WrongColumns


def model(names, width=3):
    return open_function(lambda rows: np.zeros(len(rows)), classes=(), width=width, names=names)


def test_the_same_columns_pass():
    require_width(model(("age", "sex", "native country")), ["age", "sex", "native country"])
    require_width(model(("age", "sex", "native_country")), ["age", "sex", "native country"])


@pytest.mark.parametrize("names", [(), ("f0", "f1", "f2"), ("x0", "x1", "x2"), ("Column_0", "Column_1", "Column_2")])
def test_made_up_names_count_for_their_number_only(names):
    require_width(model(names), ["age", "sex", "job"])
    with pytest.raises(WrongColumns, match="expected 3 columns, got 2"):
        require_width(model(names), ["age", "sex"])


def test_missing_and_unexpected_names_are_named():
    with pytest.raises(WrongColumns) as caught:
        require_width(model(("age", "sex", "job")), ["age", "gender", "job", "x"])
    assert "missing sex" in caught.value.got
    assert "unexpected gender, x" in caught.value.got


def test_another_order_is_refused():
    with pytest.raises(WrongColumns, match="another order: column 1 is job, not sex"):
        require_width(model(("age", "sex", "job")), ["age", "job", "sex"])


def test_a_long_list_is_cut():
    names = tuple(f"name {number}" for number in range(30))
    with pytest.raises(WrongColumns, match="and 22 more"):
        require_width(model(names, 30), ["age"])
