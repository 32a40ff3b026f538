"""An expression asks a response: it counts where it is sure, whatever the answers that are missing would be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.broadcasts.asking_forms import compiled
from bot.domain.desk import ReportedResponse
from bot.forms.model import Form, Question

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
NAMES = ("a", "b", "c")
FORM = Form(
    name="needs",
    title={"": "Needs"},
    version="1",
    languages=("de",),
    questions=tuple(Question(path=name, name=name, type="integer", label={"de": name}) for name in NAMES),
)

Given: TypeAlias = Mapping[str, int]
Known: TypeAlias = Callable[[Given], bool | None]
"""What is known of an expression; None: it depends on answers that are missing."""
Said: TypeAlias = tuple[str, Known]


def response(answers: Given) -> ReportedResponse:
    return ReportedResponse(
        id=1,
        version=1,
        company_id=None,
        company="",
        contact_id=1,
        contact="",
        channel="memory",
        language="de",
        status="partial",
        started_at=NOW,
        submitted_at=None,
        answers=dict(answers),
    )


def is_true(text: str, answers: Given) -> bool:
    return compiled(FORM, text, now=NOW, zone=UTC)(response(answers))


_SIGNS: Mapping[str, Callable[[int, int], bool]] = {
    "=": lambda one, two: one == two,
    "!=": lambda one, two: one != two,
    "<": lambda one, two: one < two,
    ">=": lambda one, two: one >= two,
}


@st.composite
def compared(draw: st.DrawFn) -> Said:
    name, sign, number = draw(st.sampled_from(NAMES)), draw(st.sampled_from(list(_SIGNS))), draw(st.integers(0, 3))
    return (
        f"${{{name}}} {sign} {number}",
        lambda given: _SIGNS[sign](given[name], number) if name in given else None,
    )


@st.composite
def empty(draw: st.DrawFn) -> Said:
    name = draw(st.sampled_from(NAMES))
    return f"${{{name}}} = ''", lambda given: name not in given


def turned(said: Said) -> Said:
    text, known = said

    def other(given: Given) -> bool | None:
        value = known(given)
        return None if value is None else not value

    return f"not({text})", other


def joined(pair: tuple[str, list[Said]]) -> Said:
    sign, parts = pair
    decides = sign == "or"

    def known(given: Given) -> bool | None:
        values = [part(given) for _, part in parts]
        if decides in values:
            return decides
        return None if None in values else not decides

    return f" {sign} ".join(f"({text})" for text, _ in parts), known


EXPRESSIONS = st.recursive(
    compared() | empty(),
    lambda inner: (
        inner.map(turned)
        | st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3)).map(joined)
    ),
    max_leaves=8,
)


@given(EXPRESSIONS, st.dictionaries(st.sampled_from(NAMES), st.integers(0, 3)))
def test_what_depends_on_missing_answers_is_not_true(said: Said, answers: Given) -> None:
    text, known = said
    assert is_true(text, answers) is (known(answers) is True), text


@pytest.mark.parametrize(
    ("text", "answers", "expected"),
    [
        ("${a} + ${b} > 3", {"a": 4}, False),
        ("${a} + ${b} > 3", {"a": 4, "b": 0}, True),
        ("string-length(${a}) = 0", {}, True),
        ("coalesce(${a}, 7) = 7", {}, True),
        ("if(${a} = '', 1, 0) = 1", {}, True),
        ("not(/data/a = 3)", {}, False),
        ("not(/data/a = 3)", {"a": 2}, True),
        ("true()", {}, True),
        ("${a}", {}, False),
    ],
)
def test_emptiness_is_asked_for_in_so_many_words(text: str, answers: Given, expected: bool) -> None:
    assert is_true(text, answers) is expected


def test_a_wrong_expression_says_where_and_what_would_mend_it() -> None:
    with pytest.raises(ValueError, match=r"there is no question \$\{aa\}, at character 10. Did you mean"):
        is_true("1 = 1 or ${aa} = 3", {})
