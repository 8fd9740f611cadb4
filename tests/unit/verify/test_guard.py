"""A check that fails is told, and what it was looking at is not."""

from __future__ import annotations

import pytest

from hauberk.core.finding import Finding, Severity
from hauberk.verify import guarded_check
from hauberk.verify.errors import TooFewRows

FOUND = (Finding(code="verify.x", severity=Severity.INFO, message="x"),)


def failing(error):
    def check():
        raise error

    return check


def test_findings_pass_through():
    assert guarded_check("x", lambda: FOUND) == FOUND


@pytest.mark.parametrize("error", [ValueError("secret"), MemoryError("secret"), KeyError("secret")])
def test_a_crash_is_a_finding_without_a_value(error):
    (finding,) = guarded_check("rows", failing(error))
    assert finding.code == "verify.rows.not_checked"
    assert finding.severity is Severity.ERROR
    assert "secret" not in finding.message


def test_what_the_user_did_wrong_is_said_as_such():
    with pytest.raises(TooFewRows):
        guarded_check("rows", failing(TooFewRows(expected="a", got="b")))
