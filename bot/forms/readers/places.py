"""Reads a place as people type or share it: two numbers, degrees and minutes, a geo: address, a map's link."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.forms.expressions.values import decimal_text
from bot.forms.readers.folding import plain_digits
from bot.forms.readers.outcomes import Guessed, NotUnderstood, Reading, Understood

MAX_PLACE = 2000
"""Characters: the links of map services are long."""
MAX_TYPED = 100
"""Characters of a place without a link."""
_POLE, _DATE_LINE = 90.0, 180.0
_DEGREE_DIGITS = 7  # of a degree: one centimetre

_POINT = r"[+-]?[0-9]{1,3}(?:\.[0-9]{1,15})?"
_GEO = re.compile(
    rf"geo:(?P<one>{_POINT}),(?P<two>{_POINT})(?:,(?P<height>[+-]?[0-9]{{1,5}}(?:\.[0-9]{{1,15}})?))?(?P<rest>[;?]\S*)?",
    re.IGNORECASE | re.ASCII,
)
_UNCERTAIN = re.compile(r";u=([0-9]{1,7}(?:\.[0-9]{1,15})?)(?=[;?]|$)", re.IGNORECASE | re.ASCII)
_PINS = (
    # Of a pinned place: Google, Apple, OpenStreetMap.
    re.compile(
        rf"[?&](?:q|query|ll|sll|daddr|destination|center|loc)=(?:loc:)?({_POINT}),\s?\+?({_POINT})(?![0-9.])", re.ASCII
    ),
    re.compile(rf"[?&]mlat=({_POINT})&mlon=({_POINT})(?![0-9.])", re.ASCII),
    re.compile(rf"!3d({_POINT})!4d({_POINT})(?![0-9.])", re.ASCII),
)
_VIEWS = (
    # Of the middle of the map, which may be beside the place.
    re.compile(rf"/@({_POINT}),({_POINT}),", re.ASCII),
    re.compile(rf"#map=[0-9]{{1,2}}(?:\.[0-9]{{1,3}})?/({_POINT})/({_POINT})(?![0-9.])", re.ASCII),
)
_FRACTION = r"[+-]?[0-9]{1,3}MARK[0-9]{1,15}"
_PAIRS = tuple(
    re.compile(
        rf"({_FRACTION.replace('MARK', mark)})\s*°?(?:{between})({_FRACTION.replace('MARK', mark)})\s*°?", re.ASCII
    )
    for mark, between in ((r"\.", r"\s*[,;/|]\s*|\s+"), (",", r"\s*[;/|]\s*|,\s+|\s+"))
)
_ANGLE = (
    r"(?P<degrees>[0-9]{1,3}(?:[.,][0-9]{1,15})?)\s*(?:°|º|deg)?\s*"
    r"(?:(?P<minutes>[0-9]{1,2}(?:[.,][0-9]{1,12})?)\s*['′’´]\s*)?"
    r"(?:(?P<seconds>[0-9]{1,2}(?:[.,][0-9]{1,12})?)\s*(?:[\"″”“]|''|′′|’’)\s*)?"
)
_DEGREES = (
    re.compile(rf"(?P<letter>[NSEWO])\s*{_ANGLE}", re.ASCII | re.IGNORECASE),
    re.compile(rf"{_ANGLE}(?P<letter>[NSEWO])", re.ASCII | re.IGNORECASE),
)
_MORE = re.compile(
    r"\s*\(\s*(?:(?P<height>[+-]?[0-9]{1,5}(?:[.,][0-9]{1,15})?)\s*m)?\s*,?\s*"
    r"(?:(?:±|\+/-)\s*(?P<accuracy>[0-9]{1,7}(?:[.,][0-9]{1,15})?)\s*m)?\s*\)$",
    re.ASCII | re.IGNORECASE,
)


def read_geopoint(text: str) -> Reading:
    """Read `51.63, 7.63`, `51,63 7,63`, `51°37'N 7°38'E`, a geo: address (RFC 5870) or a link with a place in it."""
    text = plain_digits(text[: MAX_PLACE + 1]).strip()
    found = _read(text) if 0 < len(text) <= MAX_PLACE else None
    return found or NotUnderstood("geopoint", {"example": "51.63, 7.63"})


def point_value(latitude: float, longitude: float, *, height: float = 0.0, accuracy: float = 0.0) -> str | None:
    """Return a place as ODK keeps it, or None: no such place, or 0, 0, which devices send that know nothing.

    Args:
        latitude: degrees, north is positive.
        longitude: degrees, east is positive.
        height: metres above sea level, 0 if unknown.
        accuracy: metres, 0 if unknown.
    """
    if abs(latitude) > _POLE or abs(longitude) > _DATE_LINE or latitude == longitude == 0:
        return None
    return " ".join(decimal_text(number + 0.0) for number in (latitude, longitude, height, accuracy))


def _read(text: str) -> Reading | None:
    if text[:4].lower() == "geo:":
        return _geo(text)
    if text[:8].lower().startswith(("http://", "https://")):
        return _link(text)
    if len(text) > MAX_TYPED:
        return None
    more = _MORE.search(text)
    height, accuracy = (_float(more[name] or "0") for name in ("height", "accuracy")) if more else (0.0, 0.0)
    pair = _typed(text[: more.start()].strip() if more else text)
    return _understood(point_value(*pair, height=height, accuracy=accuracy)) if pair else None


def _geo(text: str) -> Reading | None:
    match = _GEO.fullmatch(text)
    if match is None:
        return None
    uncertain = _UNCERTAIN.search(match["rest"] or "")
    accuracy = float(uncertain[1]) if uncertain else 0.0
    height = float(match["height"] or 0)
    return _understood(point_value(float(match["one"]), float(match["two"]), height=height, accuracy=accuracy))


def _link(text: str) -> Reading | None:
    text = re.sub(r"%2c", ",", text, flags=re.IGNORECASE)
    for patterns, sure in ((_PINS, True), (_VIEWS, False)):
        match = next((found for pattern in patterns if (found := pattern.search(text))), None)
        value = point_value(float(match[1]), float(match[2])) if match else None
        if value is not None:
            return Understood(value) if sure else Guessed(value)
    return None


def _typed(text: str) -> tuple[float, float] | None:
    for pattern in _PAIRS:
        match = pattern.fullmatch(text)
        if match is not None:
            return _float(match[1]), _float(match[2])
    return _degrees(text)


def _degrees(text: str) -> tuple[float, float] | None:
    """Read two angles with letters for their directions, in either order; O is the German east."""
    for pattern in _DEGREES:
        first = pattern.match(text)
        second = pattern.fullmatch(text[first.end() :].lstrip(" ,;/|\t\n")) if first is not None else None
        if first is not None and second is not None:
            angles = dict(angle for angle in (_angle(first), _angle(second)) if angle is not None)
            return (angles["latitude"], angles["longitude"]) if len(angles) == 2 else None
    return None


def _angle(match: re.Match[str]) -> tuple[str, float] | None:
    letter = match["letter"].upper()
    parts: Sequence[float] = [_float(match[name] or "0") for name in ("degrees", "minutes", "seconds")]
    if max(parts[1:]) >= 60:
        return None
    angle = round(parts[0] + parts[1] / 60 + parts[2] / 3600, _DEGREE_DIGITS)
    return "latitude" if letter in "NS" else "longitude", -angle if letter in "SW" else angle


def _float(text: str) -> float:
    return float(text.replace(",", "."))


def _understood(value: str | None) -> Understood | None:
    return None if value is None else Understood(value)
