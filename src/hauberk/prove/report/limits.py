"""What the numbers do not say: the sentences that keep a reader from believing too much."""

from __future__ import annotations

from hauberk.core.claim import Claim, Rung
from hauberk.prove.report.source import ReportSource

__all__ = ["what_is_not_said"]


def what_is_not_said(source: ReportSource) -> tuple[str, ...]:
    """The limits of this report's figures, as they follow from what was and was not measured."""
    claims = {name: claim for name, (claim, _) in source.claims.items()}
    sentences = [
        "Figures under attack hold for the adversary that is described here and for no other. Whoever can change a "
        "column that the description calls fixed stands outside of them.",
        "Intervals cover the sampling of the rows, not what the attack failed to find. Future data that differ from "
        "the test rows are not covered either.",
        *_about_the_gap(claims.get("robust_accuracy"), claims.get("certified_accuracy")),
        *_about_the_gates(source),
        "Suspicious labels are reasons to look, not verdicts; labels falsified in a whole region can look consistent.",
        "A signature shows who said something and that it was not changed since. That a measurement was made "
        "honestly is shown only by repeating it: the seed, the configuration and the digests of the data are in the "
        "statements.",
    ]
    return tuple(sentences)


def _about_the_gap(attacked: Claim | None, certified: Claim | None) -> list[str]:
    if attacked is None:
        return ["No attack was measured: nothing here says how the model fares against an adversary."]
    if certified is None:
        return [
            "There is no certificate for this kind of model. Accuracy under attack is what the strongest attack that "
            "was run has left standing; a stronger one may leave less."
        ]
    gap = attacked.estimate.value - certified.estimate.value
    if gap <= 0:
        return ["Attack and certificate meet: on these rows no stronger attack of this adversary exists."]
    return [
        f"Between certified and attacked accuracy lie {100 * gap:.1f} points that are neither proved nor broken: the "
        "true accuracy under attack is somewhere in between."
    ]


def _about_the_gates(source: ReportSource) -> list[str]:
    weak = [result for result in source.gates if result.claim and result.claim.rung is Rung.DECLARED]
    if not source.gates:
        return ["There are no gates. Without a promise nothing is admitted."]
    names = ", ".join(result.gate.name for result in weak)
    return (
        [f"These gates rest on what somebody declares, not on a measurement: {names}."]
        if weak
        else [
            "Gates compare the point estimate with the threshold. Where the interval crosses it, another sample of "
            "rows could have decided otherwise; the bar beside each gate shows it."
        ]
    )
