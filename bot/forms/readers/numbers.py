"""Reads whole and decimal numbers, in German and in English writing."""

from __future__ import annotations

import re
from functools import partial

from bot.forms.readers.amounts import read_amount
from bot.forms.readers.folding import plain_digits
from bot.forms.readers.outcomes import NotUnderstood, Reading, Understood

MIN_INTEGER, MAX_INTEGER = -(2**31), 2**31 - 1
"""XLSForm's integer is the 32-bit int of ODK XForms (specification, "Data Types")."""
MAX_DECIMAL = 10**15
"""Beyond, a decimal cannot keep its units apart (64-bit floats hold 15 digits)."""
MAX_DIGITS = 40
"""Characters of a number; longer ones are no numbers people mean."""

_BODY = re.compile(r"(?P<sign>[+-]?)\s*(?P<digits>[0-9.,'’\s]*[0-9][.,]?)", re.ASCII)
_GROUPED = re.compile(r"[0-9]{1,3}(?:(?P<mark>[.,'’\s])[0-9]{3})(?:(?P=mark)[0-9]{3})*")


def read_integer(text: str) -> Reading:
    """Read a whole number; `1.000`, `1,000` and `1 000` are a thousand, `5,0` is five.

    A number in words is as good; one that is hedged (`ca. 20`) or has words around it (`25 Leute`) is a guess.
    """
    reading = _integer(text)
    if isinstance(reading, NotUnderstood) and reading.expected == "integer":
        return read_amount(text, exact=_integer, made=_whole) or reading
    return reading


def read_decimal(text: str, *, language: str) -> Reading:
    """Read a decimal number; one mark before three digits is read only as the language's own decimal mark.

    A number in words is as good; one that is hedged (`ca. 2,5`) or has words around it (`2,5 km`) is a guess.
    """
    reading = _decimal(text, language=language)
    if isinstance(reading, NotUnderstood) and reading.expected == "decimal":
        return read_amount(text, exact=partial(_decimal, language=language), made=_number) or reading
    return reading


def _integer(text: str) -> Reading:
    refusal = NotUnderstood("integer", {"example": "25"})
    parts = _parts(text)
    if parts is None:
        return refusal
    sign, body = parts
    digits = _ungrouped(body) if _GROUPED.fullmatch(body) else body
    match = re.fullmatch(r"([0-9]+)(?:[.,]0*)?", digits)
    if match is None:
        mixed = _mixed(body)
        match = re.fullmatch(r"([0-9]+)\.0*", mixed) if mixed else None
    if match is None:
        return refusal
    return _whole(int(sign + match[1])) or refusal


def _whole(number: float) -> Reading | None:
    if number != int(number):
        return None
    if not MIN_INTEGER <= number <= MAX_INTEGER:
        return NotUnderstood("out_of_range", {"minimum": str(MIN_INTEGER), "maximum": str(MAX_INTEGER)})
    return Understood(int(number))


def _decimal(text: str, *, language: str) -> Reading:
    german = language.lower().startswith("de")
    refusal = NotUnderstood("decimal", {"example": "3,5" if german else "3.5"})
    parts = _parts(text)
    if parts is None:
        return refusal
    sign, body = parts
    written: str | None
    lone = re.fullmatch(r"([0-9]{1,3})([.,])([0-9]{3})", body)
    if lone is not None and lone[2] != ("," if german else ".") and lone[1].lstrip("0"):
        first, second = f"{lone[1]}{',' if german else '.'}{lone[3]}", f"{lone[1]}{lone[3]}"
        return NotUnderstood("decimal_ambiguous", {"first": first, "second": second})
    if re.fullmatch(r"[0-9]*[.,]?[0-9]*", body):
        written = body.replace(",", ".")
    elif _GROUPED.fullmatch(body):
        written = _ungrouped(body)
    else:
        written = _mixed(body)
    if not written:
        return refusal
    return _number(float(sign + written))


def _number(number: float) -> Reading:
    if abs(number) > MAX_DECIMAL:
        return NotUnderstood("out_of_range", {"minimum": str(-MAX_DECIMAL), "maximum": str(MAX_DECIMAL)})
    return Understood(float(number) + 0.0)  # -0.0 becomes 0.0


def _parts(text: str) -> tuple[str, str] | None:
    """Return sign and body of a text that is made of digits and marks."""
    text = plain_digits(text).strip()
    match = _BODY.fullmatch(text) if len(text) <= MAX_DIGITS else None
    return (match["sign"], match["digits"].strip()) if match else None


def _ungrouped(body: str) -> str:
    return re.sub(r"[^0-9]", "", body)


def _mixed(body: str) -> str | None:
    """Read `1.234,5`, `1,234.5` and `1 234,5`: groups of three, then another mark once."""
    match = re.fullmatch(r"(?P<whole>.*[0-9])(?P<mark>[.,])(?P<part>[0-9]*)", body, re.DOTALL)
    if match is None or match["mark"] in match["whole"] or not _GROUPED.fullmatch(match["whole"]):
        return None
    return f"{_ungrouped(match['whole'])}.{match['part']}"
