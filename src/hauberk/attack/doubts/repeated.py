"""The same rows asked twice get other answers: an attack that climbs one draw of the model is blind to the next.

Source: Athalye et al. 2018, "Obfuscated gradients", (stochastic gradients); AutoAttack's flag for
randomised defences.
"""

from __future__ import annotations

from hauberk.attack.doubts.answers import answers_differ
from hauberk.attack.doubts.rival import NAMED
from hauberk.attack.doubts.subject import Subject
from hauberk.core.finding import Finding, Severity

__all__ = ["doubt_repeated"]


def doubt_repeated(subject: Subject) -> tuple[Finding, ...]:
    """Asks for scores, and of a network for its logits, twice."""
    at = subject.probe
    if not len(at):
        return ()
    differ = at[answers_differ(subject, subject.rows[at], subject.labels[at], ask=lambda answer, rows: answer(rows))]
    if not len(differ):
        return ()
    return (
        Finding(
            code="attack.doubt.stochastic",
            severity=Severity.ERROR,
            message=f"The same row should get the same answer twice, and {len(differ)} of {len(at)} rows do not: "
            "attack the mean of many draws.",
            rows=tuple(int(row) for row in differ[:NAMED]),
            count=len(differ),
        ),
    )
