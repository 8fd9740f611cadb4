"""Laws of hardening: claims stay within reach, and no claim changes what a row is represented by."""

from functools import partial

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hauberk.data import Adversary, Direction, Feature, Kind, Schema, check_reach, resolve_reach
from hauberk.harden.claims import draw_claims
from hauberk.harden.masking import find_masking

VALUES = st.integers(-20, 20).map(float) | st.just(float("nan"))


@st.composite
def numbers(draw, name):
    kind = draw(st.sampled_from([Kind.NUMBER, Kind.INTEGER]))
    if draw(st.integers(0, 4)) == 0:
        return Feature(name=name, kind=kind)
    low, high = sorted((draw(st.integers(-15, 15)), draw(st.integers(-15, 15))))
    adversary = Adversary(
        mutable=True,
        direction=draw(st.sampled_from(Direction)),
        within=draw(st.none() | st.integers(0, 10).map(float)),
        low=draw(st.none() | st.just(float(low))),
        high=draw(st.none() | st.just(float(high))),
    )
    return Feature(name=name, kind=kind, adversary=adversary)


@st.composite
def cases(draw):
    jobs = ("a", "b", "c")
    choices = tuple(job for job in jobs if draw(st.booleans()))
    job = Feature(name="job", kind=Kind.CATEGORY, categories=jobs, adversary=Adversary(mutable=True, choices=choices))
    schema = Schema(features=(draw(numbers("x")), draw(numbers("y")), job))
    count = draw(st.integers(1, 30))
    rows = draw(hnp.arrays(np.float64, (count, 3), elements=VALUES))
    rows[:, 2] = draw(hnp.arrays(np.float64, count, elements=st.sampled_from([0.0, 1.0, 2.0])))
    return schema, rows


@settings(max_examples=150, deadline=None)
@given(cases(), st.integers(0, 5))
def test_claims_are_within_reach(case, seed):
    schema, rows = case
    reach = resolve_reach(schema, rows)
    claims = draw_claims(rows, reach, np.random.default_rng(seed))
    assert check_reach(reach, rows, claims, exact=True).all()


@settings(max_examples=150, deadline=None)
@given(cases(), st.integers(0, 5))
def test_no_claim_changes_the_representative(case, seed):
    schema, rows = case
    resolve = partial(resolve_reach, schema)
    reach = resolve(rows)
    masking = find_masking(rows, reach, resolve)
    claims = draw_claims(rows, reach, np.random.default_rng(seed))
    after = resolve(claims)
    for column in np.flatnonzero(masking.flat):
        known = ~np.isnan(rows[:, column])
        end = masking.rows[known, column]
        assert np.isin(end, [reach.low[known, column], reach.high[known, column]]).all()
        assert ((end == after.low[known, column]) | (end == after.high[known, column])).all()
    assert not (masking.flat & masking.open).any()
    np.testing.assert_array_equal(masking.flat | masking.open, reach.mutable)
