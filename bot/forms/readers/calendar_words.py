"""Names of months and weekdays, German and English, with their short forms."""

from __future__ import annotations

from collections.abc import Mapping

from bot.forms.readers.folding import fold

_MONTHS = (
    ("januar", "january", "janner", "jaenner"), ("februar", "february", "feber"), ("marz", "march", "maerz"),
    ("april",), ("mai", "may"), ("juni", "june"), ("juli", "july"), ("august",), ("september",), ("oktober", "october"),
    ("november",), ("dezember", "december"),
)  # fmt: skip
_WEEKDAYS = (
    ("montag", "mo", "monday", "mon"), ("dienstag", "di", "tuesday", "tue", "tues"),
    ("mittwoch", "mi", "wednesday", "wed"),
    ("donnerstag", "do", "thursday", "thu", "thur", "thurs"), ("freitag", "fr", "friday", "fri"),
    ("samstag", "sa", "sonnabend", "saturday", "sat"), ("sonntag", "so", "sunday", "sun"),
)  # fmt: skip
_WEEKDAY: Mapping[str, int] = {name: number for number, names in enumerate(_WEEKDAYS) for name in names}

MONTH_NAMES = frozenset(name for names in _MONTHS for name in names)
WEEKDAY_NAMES = frozenset(name for name in _WEEKDAY if len(name) > 2)
ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def month(name: str) -> int:
    """Return the month (1 to 12) of a name or of its first letters, three at least; 0 if there is none."""
    wanted = fold(name)
    for number, names in enumerate(_MONTHS, start=1):
        if any(known.startswith(wanted) for known in names) and len(wanted) >= 3:
            return number
    return 0


def weekday(name: str) -> int | None:
    """Return the weekday (Monday is 0) of a name or its usual short form."""
    return _WEEKDAY.get(fold(name))
