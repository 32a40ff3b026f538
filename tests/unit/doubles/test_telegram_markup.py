"""HTML style, read strictly."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doubles.telegram.markup import parse_html, to_html, trimmed, units
from tests.doubles.telegram.refusals import Refusal


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("plain", "plain", []),
        ("<b>a</b>", "a", [("bold", 0, 1)]),
        ("<b>a<i>b</i></b>", "ab", [("bold", 0, 2), ("italic", 1, 1)]),
        ("<B>a</B>", "a", [("bold", 0, 1)]),
        ("😀<i>b</i>", "😀b", [("italic", 2, 1)]),
        ("<b></b>x", "x", []),
        ('<a href="https://example.org/?a=1&amp;b=2">x</a>', "x", [("text_link", 0, 1)]),
        ("<pre><code class='language-python'>x</code></pre>", "x", [("pre", 0, 1)]),
        ("<blockquote expandable>x</blockquote>", "x", [("expandable_blockquote", 0, 1)]),
        ("&lt;b&gt; &amp; &quot;&#39;&#x27;", "<b> & \"''", []),
    ],
)
def test_markup_is_read(source: str, text: str, entities: list[tuple[str, int, int]]) -> None:
    plain, found = parse_html(source)
    assert plain == text
    assert [(one["type"], one["offset"], one["length"]) for one in found] == entities


@pytest.mark.parametrize(
    "source",
    [
        "<b>x",
        "x</b>",
        "<b>x</i>",
        "<b><i>x</b></i>",
        "<br>",
        "<p>x</p>",
        "<a>x</a>",
        "<span>x</span>",
        "<b class='x'>y</b>",
        "1 < 2",
        "2 > 1",
        "A & B",
        "&nbsp;",
        "&auml;",
        "<code><b>x</b></code>",
        "<blockquote><blockquote>x</blockquote></blockquote>",
    ],
)
def test_wrong_markup_is_refused(source: str) -> None:
    with pytest.raises(Refusal, match="can't parse entities") as caught:
        parse_html(source)
    assert caught.value.violation


def test_link_and_language_are_kept() -> None:
    _, (link,) = parse_html('<a href="https://example.org/?a=1&amp;b=2">x</a>')
    assert link["url"] == "https://example.org/?a=1&b=2"
    _, (pre,) = parse_html('<pre><code class="language-python">x</code></pre>')
    assert pre["language"] == "python"


def test_white_space_at_the_ends_moves_the_marks() -> None:
    assert trimmed("  ab  ", [{"type": "bold", "offset": 1, "length": 4}]) == (
        "ab",
        [{"type": "bold", "offset": 0, "length": 2}],
    )


@given(st.lists(st.tuples(st.sampled_from(["", "b", "i", "u"]), st.text(st.characters(exclude_categories=["Cs"])))))
def test_escaped_text_comes_out_as_it_was(parts: list[tuple[str, str]]) -> None:
    escaped = [(tag, html.escape(text, quote=False)) for tag, text in parts]
    source = "".join(f"<{tag}>{text}</{tag}>" if tag and text else text for tag, text in escaped)
    text, entities = parse_html(source)
    assert text == "".join(text for _, text in parts)
    assert to_html(text, entities) == source
    assert all(one["offset"] + one["length"] <= units(text) for one in entities)
