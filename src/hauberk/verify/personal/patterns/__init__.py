"""Forms of identifiers that are recognised value by value: one family a file."""

from hauberk.verify.personal.pattern import Pattern
from hauberk.verify.personal.patterns.calendar_dates import CALENDAR, parse_year
from hauberk.verify.personal.patterns.contact import CONTACT
from hauberk.verify.personal.patterns.national_numbers import COUNTRIES, NATIONAL
from hauberk.verify.personal.patterns.network import NETWORK
from hauberk.verify.personal.patterns.payment import PAYMENT
from hauberk.verify.personal.patterns.things import THINGS
from hauberk.verify.personal.patterns.titles import TITLES

__all__ = ["COUNTRIES", "PATTERNS", "parse_year"]

PATTERNS: tuple[Pattern, ...] = (*CONTACT, *NETWORK, *PAYMENT, *NATIONAL, *THINGS, *CALENDAR, *TITLES)
"""Every form, in the order in which they are tried."""
