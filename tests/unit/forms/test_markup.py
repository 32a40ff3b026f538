"""Markup in an author's texts: what is shown of it, and that nothing else is touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.styling import marked
from bot.forms.markup import Piece, pieces, unmarked

LONG = "**" + "a*_" * 20_000


def look(text: str) -> str:
    """Write the pieces so that a line of a test shows them: `b[bold] i[italic] bi[both]`."""
    return "".join(
        f"{'b' * piece.bold}{'i' * piece.italic}[{piece.text}]" if piece.bold or piece.italic else piece.text
        for piece in pieces(text)
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Bitte **genau** *lesen*, __sehr__ _gern_", "Bitte b[genau] i[lesen], b[sehr] i[gern]"),
        ("***beides*** und **fett, *schräg* darin**", "bi[beides] und b[fett, ]bi[schräg]b[ darin]"),
        ("**Achtung:** (*nur* hier)", "b[Achtung:] (i[nur] hier)"),
        ("# Über uns\n###### klein ##\n#1 ist kein Titel", "b[Über uns]\nb[klein]\n#1 ist kein Titel"),
        ("[Seite](https://example.org/a_b_c)", "Seite (https://example.org/a_b_c)"),
        ("[https://example.org](https://example.org)", "https://example.org"),
        ("[wir](mailto:hub@example.org) [x](javascript:alert)", "wir (hub@example.org) [x](javascript:alert)"),
        ('<span style="color:red">rot</span><br/><B>fett</B> <u>a</u> <i>b</i>', "rot\nb[fett] a i[b]"),
        ("<b>fett, <i>schräg</i></b>", "fett, i[schräg]"),
        (r"\*so\* \# 5 \< 6", "*so* # 5 < 6"),
        ("**${my_name}** und ${_a} _b", "b[${my_name}] und ${_a} _b"),
        (
            "5*3*2, a_b_c, 2 * 3 * 4, 2 ** 3, *Pflicht, a < b > c",
            "5*3*2, a_b_c, 2 * 3 * 4, 2 ** 3, *Pflicht, a < b > c",
        ),
        ("*über\nzwei Zeilen* ____ **", "*über\nzwei Zeilen* ____ **"),
    ],
)
def test_markup_is_shown_and_all_else_stays(text: str, shown: str) -> None:
    assert look(text) == shown


def test_a_hostile_text_is_read_in_no_time() -> None:
    for text in (LONG, "**a " * 20_000, "<b>x" * 20_000, "# " + " #" * 20_000 + "x", "[a](" * 20_000, "<br " * 20_000):
        assert len(unmarked(text)) <= len(text)


@given(st.text(alphabet="ab ${}*_#[]()<>\\/\n", max_size=60))
def test_any_text_has_a_look_and_its_marks_lie_side_by_side(text: str) -> None:
    shown, marks = marked([pieces(text), [Piece("fett", bold=True)]])
    assert shown == unmarked(text) + "\n\nfett"
    assert set(shown) <= set(text) | set("\nfet")
    assert [place for mark in marks for place in (mark.start, mark.end)] == sorted(
        place for mark in marks for place in (mark.start, mark.end)
    )
    assert shown[marks[-1].start : marks[-1].end] == "fett"
