"""How ids and durations are written."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal

from bot.domain.codes import ALPHABET

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DIGITS = 13  # 13 signs of 5 bits hold an id of 63 bits
MOST_USES = 100_000
LONGEST = timedelta(days=3660)


def read_duration(text: str) -> timedelta:
    """Read `30d`, `12h`, `2w` or `90m`.

    Raises:
        ValueError: it is none, is nothing, or is longer than ten years.
    """
    match = re.fullmatch(r"\s*([0-9]{1,6})\s*([mhdw])\s*", text.lower(), re.ASCII)
    if match is None:
        raise ValueError("write a duration such as 30d, 12h or 2w")
    duration = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if not timedelta() < duration <= LONGEST:
        raise ValueError("write a duration between a minute and ten years, such as 30d")
    return duration


def read_uses(text: str) -> int | None:
    """Read how many people may use an invitation; None: any number.

    Raises:
        ValueError: it is neither a number from 1 to 100,000 nor `any`.
    """
    plain = text.strip().lower()
    if plain == "any":
        return None
    if not re.fullmatch("[0-9]{1,6}", plain, re.ASCII) or not 1 <= int(plain) <= MOST_USES:
        raise ValueError("write a number from 1 to 100000, or any")
    return int(plain)


def public_id(kind: Literal["R", "C", "P", "I"], number: int) -> str:
    """Return an id as people and spreadsheets meet it: `R0B5…` for a response.

    C is a company, P a person, I an invitation.

    Our numbers have 63 bits; as digits, spreadsheets and JavaScript would round them.
    """
    signs = [ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(_DIGITS))]
    return kind + "".join(signs)


def read_id(kind: Literal["R", "C", "P", "I"], text: str) -> int:
    """Read what `public_id` wrote, in any letter case.

    Raises:
        ValueError: it is no such id.
    """
    plain = text.strip().upper()
    if len(plain) != _DIGITS + 1 or plain[0] != kind or any(sign not in ALPHABET for sign in plain[1:]):
        raise ValueError(f"{text!r} is no id; one looks like {public_id(kind, 0x5A5A5A5A5A5A5A)}")
    number = 0
    for sign in plain[1:]:
        number = number << 5 | ALPHABET.index(sign)
    return number
