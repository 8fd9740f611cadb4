"""`hauberk.toml`: strict, and helpful about what is wrong."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.core.errors import HauberkError
from hauberk.core.gate import BadRule
from hauberk.flows.configuration import load_configuration, parse_configuration
from hauberk.flows.errors import BadSetting, BadToml, NoProject, UnknownSetting

MINIMAL = '[system]\nname = "lending"\n[data]\ntrain = "a.csv"\ntarget = "y"\n'


def test_a_minimal_file_has_defaults():
    configuration = parse_configuration(MINIMAL.encode())
    assert configuration.system.name == "lending"
    assert configuration.harden.max_clean_loss == 0.01


def test_hyphens_and_underscores_are_alike_but_column_names_stay():
    text = MINIMAL + "[data.features.capital-gain]\nreach-high = 5100\n[harden]\nmax-clean-loss = 0.02\n"
    configuration = parse_configuration(text.encode())
    assert configuration.data.features["capital-gain"].reach_high == 5100
    assert configuration.harden.max_clean_loss == 0.02


@pytest.mark.parametrize(
    ("extra", "key", "near"),
    [
        ("[data.features.f]\nmutabel = true", "data.features.f.mutabel", "mutable"),
        ("[hardn]\n", "hardn", "harden"),
        ("[model]\ntres = 5", "model.tres", "trees"),
        ('[[data.relations]]\nname = "r"\nbond = 3', "data.relations[0].bond", "bound"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(extra, key, near):
    with pytest.raises(UnknownSetting) as caught:
        parse_configuration((MINIMAL + extra).encode())
    assert key in caught.value.got
    assert near in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "[system]\nname = 3\n[data]\ntrain = 'a'\ntarget = 'y'",
        "[system]\nname = 'Has Blank'\n[data]\ntrain = 'a'\ntarget = 'y'",
        "[system]\nname = 'a'\n[data]\ntrain = 'a'",
        MINIMAL + "[harden]\nmax-clean-loss = 2.0",
        MINIMAL + "[model]\ntrees = 0",
        MINIMAL + "[verify]\ncheck-seconds = 1e300",
        MINIMAL + "[verify]\ncheck-memory = 9999999999999999999999999",
        MINIMAL + "[data.features.f]\ndirection = 'sideways'",
    ],
)
def test_a_bad_value_is_refused(text):
    with pytest.raises(BadSetting) as caught:
        parse_configuration(text.encode())
    assert "$" in caught.value.got


@pytest.mark.parametrize(
    ("extra", "place"),
    [
        ("[verify]\ncheck-seconds = inf", "verify.check-seconds"),
        ("[data.features.f]\nlow = nan", "data.features.f.low"),
        ("[threats.evasion]\nbudget = inf", "threats.evasion.budget"),
        ("[[data.relations]]\nname = 'r'\ncoefficients = {a = 1.0}\nbound = -inf", "data.relations[0].bound"),
    ],
)
def test_a_number_that_no_statement_could_keep_is_refused(extra, place):
    with pytest.raises(BadSetting, match="expected a finite number") as caught:
        parse_configuration((MINIMAL + extra).encode())
    assert caught.value.where.endswith(place)


def test_a_model_is_trained_or_given_and_not_both():
    with pytest.raises(BadSetting, match=r"one of model\.train and model\.file"):
        parse_configuration((MINIMAL + "[model]\ntrain = 'train.py:fit'\nfile = 'm.ubj'").encode())


def test_a_bad_gate_is_refused():
    with pytest.raises(BadRule):
        parse_configuration((MINIMAL + '[gates]\naccuracy = "high"').encode())


@given(st.binary(max_size=200))
def test_only_our_errors_escape(data):
    with contextlib.suppress(HauberkError):
        parse_configuration(data)


def test_no_file(tmp_path):
    with pytest.raises(NoProject) as caught:
        load_configuration(tmp_path / "nowhere")
    assert "hauberk init" in caught.value.hint


def test_not_toml():
    with pytest.raises(BadToml) as caught:
        parse_configuration(b"[system\n")
    assert "line 1" in caught.value.got


@pytest.mark.parametrize("engine", ["local", "ray", "ray://127.0.0.1:10001"])
def test_engines(engine):
    assert parse_configuration(f'engine = "{engine}"\n{MINIMAL}'.encode()).engine == engine


@pytest.mark.parametrize("engine", ["", "spark", "ray://", "ray://host", "http://host:1"])
def test_an_engine_that_there_is_not_is_refused(engine):
    with pytest.raises(BadSetting):
        parse_configuration(f'engine = "{engine}"\n{MINIMAL}'.encode())
