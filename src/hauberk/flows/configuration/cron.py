"""Cron expressions of five fields, as crontab(5) means them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from hauberk.flows.errors import BadSetting

__all__ = ["parse_cron"]

_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAY = re.compile(r"(?P<first>[0-7]|[a-z]{3})(-(?P<last>[0-7]|[a-z]{3}))?(/(?P<step>[1-7]))?")
_HINT = '"0 3 * * 1" is Mondays at three; fields: minute, hour, day of month, month, day of week'


def parse_cron(text: str, *, where: str) -> Any:
    """The trigger of a cron expression: minute, hour, day of month, month, day of week; or a name such as `@daily`.

    Days of the week count from Sunday, 0 or 7, and where both days are restricted either is enough: the library that
    runs the schedule counts from Monday and asks for both, so neither is left to it.

    Args:
        text: The expression.
        where: Named in errors.

    Raises:
        BadSetting: It is none, or it never comes due.
    """
    # The library is loaded only where there is a schedule.
    from apscheduler.triggers.combining import OrTrigger
    from apscheduler.triggers.cron import CronTrigger

    fields = _NAMED.get(text.strip().lower(), text).lower().split()
    if len(fields) != 5:
        raise BadSetting(where=where, expected="a cron expression of five fields", got=repr(text), hint=_HINT)
    minute, hour, day, month, weekday = fields
    try:
        days = _weekdays(weekday)
        parts = [{"day": day, "day_of_week": days}]
        if not day.startswith("*") and not weekday.startswith("*"):
            parts = [{"day": day}, {"day_of_week": days}]
        triggers = [CronTrigger(minute=minute, hour=hour, month=month, **part) for part in parts]
    except (ValueError, TypeError) as error:
        expected, got = "a cron expression", f"{text!r}: {error}"
        raise BadSetting(where=where, expected=expected, got=got, hint=_HINT) from error
    trigger = triggers[0] if len(triggers) == 1 else OrTrigger(triggers)
    if trigger.get_next_fire_time(None, datetime.now().astimezone()) is None:
        raise BadSetting(where=where, expected="a time that comes", got=repr(text), hint=_HINT)
    return trigger


def _weekdays(field: str) -> str:
    """The days by name, one by one; a range may go over Sunday.

    Raises:
        ValueError: It names no days.
    """
    if field == "*":
        return field
    if field.startswith("*/"):
        field = f"0-6{field[1:]}"
    days: set[str] = set()
    for part in field.split(","):
        match = _DAY.fullmatch(part)
        if match is None:
            raise ValueError(f"day of week {part!r}")
        first = _number(match["first"])
        last = _number(match["last"]) if match["last"] else (6 if match["step"] else first)
        last = 7 if match["last"] == "7" else last
        span = range(first, last + 1 if last >= first else last + 8, int(match["step"] or 1))
        days.update(_DAYS[at % 7] for at in span)
    return ",".join(sorted(days, key=_DAYS.index))


def _number(day: str) -> int:
    if day.isdigit():
        return int(day) % 7
    if day not in _DAYS:
        raise ValueError(f"day of week {day!r}")
    return _DAYS.index(day)
