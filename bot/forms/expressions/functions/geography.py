"""Functions of places on the earth (ODK XForms, "Geographic functions"); a point is `latitude longitude …`."""

from __future__ import annotations

import itertools
import math

from bot.forms.expressions.functions.signature import Function, plain
from bot.forms.expressions.values import Item, to_text

RADIUS = 6_378_100.0
"""Metres from the middle of the earth to the equator, as the specification has it."""

_Point = tuple[float, float]
_POLE, _DATE_LINE = 90.0, 180.0


def _point(text: str) -> _Point | None:
    parts = text.split()
    if not 2 <= len(parts) <= 4:
        return None
    try:
        latitude, longitude = float(parts[0]), float(parts[1])
    except ValueError:
        return None
    return (latitude, longitude) if abs(latitude) <= _POLE and abs(longitude) <= _DATE_LINE else None


def _points(parts: tuple[list[Item], ...]) -> list[_Point] | None:
    """Return the points of one trace (`a; b; c`) or of several points; None if one of them is none."""
    texts = [to_text(item) for part in parts for item in part]
    if len(texts) == 1:
        texts = texts[0].strip().rstrip("; ").split(";")
    points = [_point(text) for text in texts]
    return [point for point in points if point is not None] if all(points) and len(points) > 1 else None


def _rounded(metres: float) -> float:
    return math.floor(abs(metres) * 100 + 0.5) / 100


def _area(*parts: list[Item]) -> float:
    points = _points(parts)
    if points is None or len(points) <= 2:
        return 0.0
    closed = points if points[0] == points[-1] else [*points, points[0]]
    total = 0.0
    for (south, west), (north, east) in itertools.pairwise(closed):
        total += math.radians(east - west) * (2 + math.sin(math.radians(north)) + math.sin(math.radians(south)))
    return _rounded(total * RADIUS * RADIUS / 2)


def _distance(*parts: list[Item]) -> float:
    points = _points(parts)
    if points is None:
        return math.nan
    return _rounded(sum(_metres(one, two) for one, two in itertools.pairwise(points)))


def _metres(one: _Point, two: _Point) -> float:
    south, north = math.radians(one[0]), math.radians(two[0])
    turned = math.cos(south) * math.cos(north) * math.cos(math.radians(one[1] - two[1]))
    return math.acos(max(-1.0, min(1.0, math.sin(south) * math.sin(north) + turned))) * RADIUS


def _inside(place: str, shape: str) -> bool:
    """Whether a point lies in a closed shape: a ray from it crosses the border an odd number of times."""
    point, points = _point(place), _points(([shape],))
    if point is None or points is None or points[0] != points[-1]:
        return False
    inside = False
    for (south, west), (north, east) in itertools.pairwise(points):
        crosses = (north > point[0]) != (south > point[0])
        if crosses and point[1] < (west - east) * (point[0] - north) / (south - north) + east:
            inside = not inside
    return inside


FUNCTIONS: tuple[Function, ...] = (
    plain("area", "s", "number", _area),
    plain("distance", "ss*", "number", _distance),
    plain("geofence", "tt", "truth", _inside),
)
