"""Cron expressions mean what crontab(5) says, not what the library that runs them would make of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hauberk.flows.configuration import parse_configuration, parse_cron
from hauberk.flows.errors import BadSetting

START = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
"""A Wednesday."""


def days(text, count=7):
    trigger, found, now = parse_cron(text, where=""), [], START
    for _ in range(count):
        now = trigger.get_next_fire_time(None, now + timedelta(seconds=1))
        found.append(now)
    return found


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("0", {"Sun"}),
        ("7", {"Sun"}),
        ("1", {"Mon"}),
        ("sun", {"Sun"}),
        ("1-5", {"Mon", "Tue", "Wed", "Thu", "Fri"}),
        ("5-1", {"Fri", "Sat", "Sun", "Mon"}),
        ("5-7", {"Fri", "Sat", "Sun"}),
        ("0,6", {"Sat", "Sun"}),
        ("1-5/2", {"Mon", "Wed", "Fri"}),
        ("*/3", {"Sun", "Wed", "Sat"}),
    ],
)
def test_days_of_the_week_count_from_sunday(field, names):
    assert {when.strftime("%a") for when in days(f"0 3 * * {field}", 14)} == names


def test_either_of_two_days_is_enough():
    found = days("0 0 1 * 1", 10)
    assert all(when.day == 1 or when.strftime("%a") == "Mon" for when in found)
    assert any(when.day == 1 and when.strftime("%a") != "Mon" for when in found)


def test_names_and_minutes():
    assert {(when.hour, when.minute) for when in days("@daily")} == {(0, 0)}
    assert [when.minute for when in days("*/20 * * * *", 3)] == [20, 40, 0]


@pytest.mark.parametrize(
    "text", ["", "soon", "0 3 * *", "0 99 * * 1", "61 * * * *", "0 3 * * 8", "0 3 * * 1-x", "* " * 6, "0 0 30 2 *"]
)
def test_what_is_no_expression_is_refused(text):
    with pytest.raises(BadSetting) as told:
        parse_cron(text, where="harden.retrain.schedule")
    assert "harden.retrain.schedule" in str(told.value)


def test_a_wrong_schedule_is_told_when_the_file_is_read():
    text = '[system]\nname = "a"\n[data]\ntrain = "a.csv"\ntarget = "y"\n[harden.retrain]\nschedule = "0 25 * * *"\n'
    with pytest.raises(BadSetting, match=r"harden\.retrain\.schedule"):
        parse_configuration(text.encode())
    assert parse_configuration(text.replace("25", "3").encode()).harden.retrain.schedule == "0 3 * * *"
