from __future__ import annotations

import pytest

from bot.forms.readers import NotUnderstood, point_value
from tests.unit.forms.readers.asking import asked, guessed, refused, understood

PLACE = asked("geopoint")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("51.63, 7.63", "51.63 7.63 0.0 0.0"),
        ("51.63 7.63", "51.63 7.63 0.0 0.0"),
        ("51,63 7,63", "51.63 7.63 0.0 0.0"),
        ("51,63, 7,63", "51.63 7.63 0.0 0.0"),
        ("-33.86;151.21", "-33.86 151.21 0.0 0.0"),
        ("51°37'N 7°38'E", "51.6166667 7.6333333 0.0 0.0"),
        ("51° 37' 48\" N, 7° 38' 24\" O", "51.63 7.64 0.0 0.0"),
        ("33°51′36″S 70°40′W", "-33.86 -70.6666667 0.0 0.0"),
        ("N 51.63 E 7.63", "51.63 7.63 0.0 0.0"),
        ("7,63° O, 51,63° N", "51.63 7.63 0.0 0.0"),
        ("51.63, 7.63 (80 m, ±12 m)", "51.63 7.63 80.0 12.0"),
        ("geo:51.63,7.63", "51.63 7.63 0.0 0.0"),
        ("GEO:51.63,7.63,80;crs=wgs84;u=12", "51.63 7.63 80.0 12.0"),
        ("https://maps.google.com/?q=51.63,7.63", "51.63 7.63 0.0 0.0"),
        ("https://maps.apple.com/?ll=51.63%2C7.63&t=m", "51.63 7.63 0.0 0.0"),
        ("https://www.openstreetmap.org/?mlat=51.63&mlon=7.63#map=15/51.6/7.6", "51.63 7.63 0.0 0.0"),
        ("https://www.google.com/maps/place/X/@51.6,7.6,15z/data=!3d51.63!4d7.63", "51.63 7.63 0.0 0.0"),
        ("٥١.٦٣, ٧.٦٣", "51.63 7.63 0.0 0.0"),
    ],
)
def test_places(text: str, value: str) -> None:
    assert understood(PLACE, text) == value


@pytest.mark.parametrize(
    "text", ["https://www.google.com/maps/@51.63,7.63,15z", "https://www.openstreetmap.org/#map=15/51.63/7.63"]
)
def test_the_middle_of_a_map_is_a_guess(text: str) -> None:
    assert guessed(PLACE, text) == "51.63 7.63 0.0 0.0"


@pytest.mark.parametrize(
    "text",
    [
        "", "Bergkamen", "51,63", "51,7", "20 25", "51.63", "0.0, 0.0", "91.5, 7.5", "7.5, 181.5", "51°N 52°N",
        "geo:", "()",
        "51°61'N 7°38'E", "https://example.org/51.63,7.63", "https://maps.google.com/?q=Bergkamen", "51.63, 7.63, 8.63",
        "https://maps.google.com/?q=91.5,7.63", "51.63 7.63 " * 500,
    ],
)  # fmt: skip
def test_what_is_no_place(text: str) -> None:
    assert refused(PLACE, text) == NotUnderstood("geopoint", {"example": "51.63, 7.63"})


def test_a_place_sent_by_a_phone_is_kept_in_the_same_way() -> None:
    assert point_value(51.63, 7.63, accuracy=12) == "51.63 7.63 0.0 12.0"
    assert point_value(0, 0) is None
