from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.forms.model import Question, QuestionType, Value
from bot.forms.readers import example, point_value, written_value
from bot.forms.readers.clocks import clock_text
from tests.unit.forms.making import BERLIN
from tests.unit.forms.readers.asking import FIELDS, NOW, asked, understood

EASY: tuple[QuestionType, ...] = (
    "integer", "decimal", "range", "date", "time", "datetime", "geopoint", "barcode",
)  # fmt: skip
LANGUAGES = ("de", "en")
DAYS = st.dates(min_value=date(1000, 1, 1))


@pytest.mark.parametrize(
    ("kind", "value", "german", "english"),
    [
        ("date", "2026-01-31", "31.01.2026", "31 January 2026"),
        ("time", "14:30:00.000+01:00", "14:30 Uhr", "2:30 pm"),
        ("time", "00:05:09.000+01:00", "00:05:09 Uhr", "12:05:09 am"),
        ("datetime", "2026-01-31T14:30:00.000+01:00", "31.01.2026, 14:30 Uhr", "31 January 2026, 2:30 pm"),
        ("decimal", 3.5, "3,5", "3.5"),
        ("decimal", 5.0, "5", "5"),
        ("decimal", 0.1 + 0.2, "0,30000000000000004", "0.30000000000000004"),
        ("decimal", 1e-7, "0,0000001", "0.0000001"),
        ("range", 3, "3", "3"),
        ("range", 0.25, "0,25", "0.25"),
        ("geopoint", "51.63 7.63 0.0 0.0", "51.63, 7.63", "51.63, 7.63"),
        ("geopoint", "51.63 7.63 80.0 12.5", "51.63, 7.63 (80 m, ±12.5 m)", "51.63, 7.63 (80 m, ±12.5 m)"),
        ("text", "Baum", "Baum", "Baum"),
        ("select_multiple", ("a", "b"), "a, b", "a, b"),
        ("date", "irgendwann", "irgendwann", "irgendwann"),
        ("geopoint", "51.63", "51.63", "51.63"),
    ],
)
def test_values_as_people_write_them(kind: QuestionType, value: Value, german: str, english: str) -> None:
    assert written_value(value, type=kind, language="de") == german
    assert written_value(value, type=kind, language="en") == english


def _comes_back(kind: QuestionType, value: Value) -> None:
    for language in LANGUAGES:
        text = written_value(value, type=kind, language=language)
        assert understood(asked(kind), text, language=language) == value


@given(DAYS)
def test_a_written_day_is_read_back(day: date) -> None:
    _comes_back("date", day.isoformat())


@given(st.integers(0, 86_399))
def test_a_written_time_is_read_back(seconds: int) -> None:
    _comes_back("time", clock_text(seconds, now=NOW))


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001 (wall time of the zone below)
def test_a_written_moment_is_read_back(wall: datetime) -> None:
    # A doubled hour is the first one when it is read.
    moment = wall.replace(tzinfo=BERLIN, microsecond=0, fold=0)
    if (moment - timedelta(0)).astimezone(BERLIN).utcoffset() == moment.utcoffset():
        value = understood(asked("datetime"), moment.strftime("%Y-%m-%dT%H:%M:%S"))
        _comes_back("datetime", value)


@given(st.integers(-(2**31), 2**31 - 1))
def test_a_written_whole_number_is_read_back(number: int) -> None:
    _comes_back("integer", number)


@given(st.floats(-1e15, 1e15).filter(lambda number: number == 0 or abs(number) > 1e-12))
def test_a_written_decimal_is_read_back(number: float) -> None:
    _comes_back("decimal", number + 0.0)


@given(st.decimals(0, 1, places=3))
def test_a_written_range_is_read_back(number: float) -> None:
    thousandths = asked("range", parameters={"start": "0", "end": "1", "step": "0.001"})
    for language in LANGUAGES:
        text = written_value(float(number), type="range", language=language)
        assert understood(thousandths, text, language=language) == float(number)


@given(
    st.floats(-90, 90).map(lambda number: round(number, 7)),
    st.floats(-180, 180).map(lambda number: round(number, 7)),
    st.integers(0, 8000).map(float),
    st.floats(0, 500).map(lambda number: round(number, 2)),
)
def test_a_written_place_is_read_back(latitude: float, longitude: float, height: float, accuracy: float) -> None:
    value = point_value(latitude, longitude, height=height, accuracy=accuracy)
    if value is not None and latitude % 1 and longitude % 1:
        _comes_back("geopoint", value)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("question", "helps"),
    [
        *((asked(kind), True) for kind in EASY),
        (asked("range", parameters={"start": "1", "end": "2", "step": "0.25"}), True),
        (asked("range", parameters={"start": "-5", "end": "-1", "step": "0"}), True),
        (asked("date", appearance="month-year"), True),
        (asked("date", appearance="year"), True),
        (asked("text", appearance="numbers"), True),
        (asked("acknowledge"), True),
        *((asked(kind, labels=FIELDS), True) for kind in ("select_one", "select_multiple", "rank")),
        (asked("select_one", labels=("x" * 60, "y")), True),
        (asked("select_one", labels=("Gleich", "Gleich")), True),
        (asked("select_multiple", labels=("3", "1", "2")), True),
        (asked("select_one"), False),
        (asked("rank", labels=tuple(map(str, range(20)))), False),
        (asked("rank", labels=("5", "2", "1")), False),
        (asked("text"), False),
        (asked("image"), False),
        (asked("note"), False),
    ],
)  # fmt: skip
def test_an_example_is_an_answer(question: Question, helps: bool, language: str) -> None:
    text = example(question, language=language, now=NOW)
    assert bool(text) is helps
    if helps:
        understood(question, text, language=language)
