from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.forms.expressions.patterns import MAX_SUBJECT, compile_pattern
from bot.forms.expressions.syntax import ExpressionError


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^[0-9]{5}$", "59192", True),
        ("^[0-9]{5}$", "5919", False),
        ("[0-9]{2}", "a12b", True),
        (r"^[A-Z]{2}\d{2,4}$", "AB123", True),
        (r"^[A-Z]{2}\d{2,4}$", "AB12345", False),
        (r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$", "ada@example.org", True),
        (r"^\p{L}+$", "Käse", True),
        (r"^\P{L}+$", "123", True),
        ("(?i)^abc$", "aBC", True),
        (r"\bfoo\b", "a foo b", True),
        (r"\Bfoo", "a foo b", False),
        ("^(ab|c)*?$", "abcab", True),
        ("^a{0}$", "", True),
        ("^(?:a|b)+$", "abba", True),
        (r"^[\w.-]+$", "a.b-c", True),
        (r"^[a\]-]$", "]", True),
        (r"^\x41\u0042$", "AB", True),
        ("^a.c$", "a\nc", False),
        ("^[[a]$", "[", True),
        ("", "anything", True),
    ],
)
def test_patterns_match_as_people_expect(pattern: str, text: str, found: bool) -> None:
    assert compile_pattern(pattern).found_in(text) is found


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(a*)*(a|b)*c", "(.{0,30}){3}z"])
def test_no_pattern_hangs(pattern: str) -> None:
    started = time.process_time()
    compile_pattern(pattern).found_in("a" * MAX_SUBJECT)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "pattern", ["(", "a)", "[a", "a**", "*a", "a{3,1}", r"\1", "(?=a)", "\\", "a{99999}", "(" * 30 + ")" * 30, "[b-a]"]
)
def test_broken_or_backtracking_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(ExpressionError):
        compile_pattern(pattern)


def test_texts_beyond_the_limit_do_not_match() -> None:
    assert compile_pattern("a").found_in("a" * (MAX_SUBJECT + 1)) is False


_PIECES = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", r"\w", "^", "$", "(a|b)", "(ab)", "|"])
_COUNTS = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,2}", "{1,}"])


@given(st.lists(st.tuples(_PIECES, _COUNTS), min_size=1, max_size=6), st.text("ab1 ", max_size=8))
def test_patterns_agree_with_pythons_own(parts: list[tuple[str, str]], text: str) -> None:
    pattern = "".join(piece if piece in "^$|" else piece + count for piece, count in parts)
    expected = re.search(pattern.replace("$", r"\Z"), text) is not None
    assert compile_pattern(pattern).found_in(text) is expected
