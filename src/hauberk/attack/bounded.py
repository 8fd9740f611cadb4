"""What an attack within a norm and a radius came to, row by row: the answer of `hauberk attack MODEL`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.outcome import Robustness
from hauberk.attack.page import Page, render_page
from hauberk.attack.words import say_change
from hauberk.core.claim import Estimate
from hauberk.core.encoding import Json
from hauberk.core.finding import Finding, Severity

__all__ = ["TRUSTED", "WEAK", "BoundedResult"]

Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]
TRUSTED, WEAK = "trusted", "weak"
_SHOWN, _POINTS = 10, 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoundedResult:
    """All that is known of n rows under a norm and a radius.

    Law: for each row that is right, `lower <= the smallest change that turns it <= upper`; a certified row has `lower`
    above the radius, or a proof for the radius itself; a beaten one has `upper` at or below it.

    Attributes:
        names: (d,) of the features.
        categories: (d,) the categories of each feature by code, empty for a number.
        norm, eps: The threat, as it was given.
        method: `trees`, `network`, `gradients+queries` or `queries`.
        goal: The class that the adversary wants; empty for any wrong one.
        robustness: The shares.
        numbers: (n,) int, by which each row is named: its place in the data.
        rows, adversarial: (n, d) float64, as they are and what the attack made of them.
        correct, beaten, certified: (n,) bool.
        lower, upper: (n,) float64, the bracket of the smallest change; upper is infinite where none was found.
        findings: Doubts about the attack, and what limits it.
        seconds: Wall time.
    """

    names: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]
    norm: str
    eps: float
    method: str
    goal: str
    robustness: Robustness
    numbers: NDArray[np.int64]
    rows: Matrix
    adversarial: Matrix
    correct: Mask
    beaten: Mask
    certified: Mask
    lower: Matrix
    upper: Matrix
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def weak_because(self) -> tuple[str, ...]:
        """Why the attacked accuracy must not be believed; empty where no sign speaks against it."""
        return tuple(finding.message for finding in self.findings if finding.severity is not Severity.INFO)

    @property
    def verdict(self) -> str:
        """`trusted`, or `weak`: then the attacked accuracy is only what a weak attack left standing."""
        return WEAK if self.weak_because else TRUSTED

    @property
    def fragile(self) -> NDArray[np.intp]:
        """Places of the beaten rows, the one that the smallest change turns first."""
        index = np.flatnonzero(self.beaten)
        return index[np.argsort(self.upper[index], kind="stable")]

    def say(self, place: int) -> str:
        """The change of one row in words, such as "capital gain from 0 to 4,700"."""
        return say_change(self.names, self.categories, self.rows[place], self.adversarial[place])

    def worst(self, most: int = _SHOWN) -> list[tuple[int, float, str]]:
        """Number, size of the change and its words, of the most fragile rows."""
        places = self.fragile[:most].tolist()
        return [(int(self.numbers[place]), float(self.upper[place]), self.say(place)) for place in places]

    def document(self) -> dict[str, Json]:
        """As `--json` prints it."""
        found = self.robustness
        return {
            "n": found.n,
            "norm": self.norm,
            "eps": self.eps,
            "goal": self.goal,
            "method": self.method,
            "clean": found.clean.value,
            "attacked": _interval(found.attacked),
            "certified": _interval(found.certified) if found.certified else None,
            "verdict": self.verdict,
            "weak_because": list(self.weak_because),
            "findings": [finding.document() for finding in self.findings],
            "seconds": self.seconds,
            "rows": [self.row_document(place) for place in range(len(self.rows))],
        }

    def row_document(self, place: int, *, changes: bool = True) -> dict[str, Json]:
        """What is known of the row at a place; with `changes` the features that differ where it was beaten."""
        turned = bool(self.beaten[place])
        return {
            "row": int(self.numbers[place]),
            "correct": bool(self.correct[place]),
            "certified": bool(self.certified[place]),
            "attacked": turned,
            "lower": float(self.lower[place]),
            "upper": float(self.upper[place]) if np.isfinite(self.upper[place]) else None,
            "adversarial": self._changes(place) if turned and changes else None,
        }

    def _changes(self, place: int) -> dict[str, Json]:
        """The features that differ, with their values in the row that the attack made."""
        before, after = self.rows[place], self.adversarial[place]
        changed = np.flatnonzero((before != after) & ~(np.isnan(before) & np.isnan(after)))
        return {self.names[at]: self._value(at, float(after[at])) for at in changed.tolist()}

    def _value(self, at: int, value: float) -> Json:
        if np.isnan(value):
            return None
        return self.categories[at][int(value)] if self.categories[at] else value

    def curve(self, radii: Matrix, *, certified: bool = False) -> Matrix:
        """(p,) share of rows that are right and not turned, or proved not to be, within each of (p,) radii."""
        places = np.sort((self.lower if certified else self.upper)[self.correct])
        # A row whose proof reaches a radius stands there; one that is turned at a radius does not.
        side: Literal["left", "right"] = "left" if certified else "right"
        return np.asarray((len(places) - np.searchsorted(places, radii, side=side)) / len(self.correct))

    def _repr_html_(self) -> str:
        """For notebooks."""
        found = self.robustness
        figures = {"clean": found.clean, "attacked": found.attacked}
        figures |= {"certified": found.certified} if found.certified else {}
        finite = self.upper[self.correct & np.isfinite(self.upper)]
        radii = np.linspace(0, max(float(finite.max(initial=0.0)), self.eps), _POINTS)
        curves = {"attacked": self.curve(radii)}
        curves |= {"certified": self.curve(radii, certified=True)} if found.certified else {}
        return render_page(
            Page(
                norm=self.norm,
                eps=self.eps,
                method=self.method,
                verdict=self.verdict,
                doubts=self.weak_because,
                figures=figures,
                radii=radii,
                curves=curves,
                fragile=self.worst(),
            )
        )

    def __repr__(self) -> str:
        found = self.robustness
        certified = f", certified {found.certified.value:.3f}" if found.certified else ""
        doubt = "" if self.verdict == TRUSTED else f" ({'; '.join(self.weak_because)})"
        return (
            f"<{self.norm} {self.eps:g} on {found.n} rows: clean {found.clean.value:.3f}, "
            f"attacked {found.attacked.value:.3f}{certified}, {self.verdict}{doubt}>"
        )


def _interval(estimate: Estimate) -> dict[str, Json]:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}
