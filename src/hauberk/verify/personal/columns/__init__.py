"""Looks at a column as a whole: one a file."""

from hauberk.verify.personal.columns.ages import look_at_ages
from hauberk.verify.personal.columns.health import look_at_health
from hauberk.verify.personal.columns.named_identifiers import look_at_name, look_at_record_numbers
from hauberk.verify.personal.columns.person_names import look_at_person_names
from hauberk.verify.personal.columns.points_in_time import look_at_points_in_time
from hauberk.verify.personal.columns.postal_codes import look_at_postal_codes
from hauberk.verify.personal.columns.short_dates import look_at_short_dates
from hauberk.verify.personal.hit import ColumnLook

__all__ = ["COLUMN_LOOKS"]

COLUMN_LOOKS: tuple[ColumnLook, ...] = (
    look_at_ages,
    look_at_health,
    look_at_name,
    look_at_person_names,
    look_at_points_in_time,
    look_at_postal_codes,
    look_at_record_numbers,
    look_at_short_dates,
)
