"""What may be done to a column so that it tells less of a person."""

from __future__ import annotations

from dataclasses import dataclass, field

from hauberk.verify.personal.zip_areas import RESTRICTED_ZIP3

__all__ = ["AgeToNinety", "Bin", "DateToYear", "Drop", "Pseudonym", "RollUp", "Step", "ZipToThree"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Leave the column out."""

    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """A number becomes the name of its interval: `< 20`, `20 to < 40`, `>= 40`.

    Attributes:
        column: Numbers or whole numbers.
        edges: Finite, ascending, at least one; the intervals below the first and from the last one on are open.
    """

    column: str
    edges: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DateToYear:
    """A date becomes its year; what is no date becomes missing.

    Attributes:
        column: Timestamps, dates as text in a form that `parse_year` reads, yyyymmdd, years, or numbers since 1970.
        earliest: Years before become this one, which then means "or earlier"; None for no such bound. A year of birth
            tells an age over 89, so that Safe Harbor takes it away too.
    """

    column: str
    earliest: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipToThree:
    """A US ZIP code becomes its first three digits, or 000 in a restricted area; what is none becomes missing.

    Attributes:
        column: Text or whole numbers (which have lost their leading zeros).
        restricted: Areas of at most 20,000 people.
        areas: Whether numbers are areas of three digits already: 36 is then area 036, and not ZIP code 00036.
    """

    column: str
    areas: bool = False
    restricted: frozenset[str] = field(default=RESTRICTED_ZIP3, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeToNinety:
    """Ages over 89 become 90, which then means "90 or older"."""

    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RollUp:
    """Categories that are not kept become one; `roll_up_rare` makes it from the counts.

    Attributes:
        column: Categories or text.
        keep: What stays as it is. Not shown, since a category may be anybody's.
        other: Name of all the rest.
    """

    column: str
    keep: tuple[str, ...] = field(repr=False)
    other: str = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pseudonym:
    """A value becomes a keyed name of its own, the same for equal values.

    This is pseudonymisation (GDPR Art. 4(5)): the result is still personal data for whoever may reach the key, and it
    is not Safe Harbor, since the name is derived from the value (45 CFR §164.514(c)(1)).

    Attributes:
        column: Anything but fractions is sensible.
        domain: Columns of one domain can be linked, also across tables; empty for the column's own name.
    """

    column: str
    domain: str = ""


Step = Drop | Bin | DateToYear | ZipToThree | AgeToNinety | RollUp | Pseudonym
