"""Markup in an author's texts: bold and italic, links, headings; everything else that is no word is taken away.

The subset of Markdown and the few HTML tags that form tools show (https://xlsform.org/en/#styling-prompts).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

_SIGNS = re.compile(r"[*_#\[\\<]")
_LONGEST = 500  # characters of an emphasis; without an end to look for, hostile texts take seconds
_BREAK = re.compile(r"<br\s{0,3}/?>", re.IGNORECASE)
_TAG = re.compile(r"</?(?:span|font|u|s|small|big|sub|sup|p|div|center|h[1-6])(?:\s[^<>]{0,200})?>", re.IGNORECASE)
_HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]+(?=\S)")
# A sign stands for emphasis where it leans on a word from outside: `5*3*2` and `a_b_c` are what they look like.
_PIECE = re.compile(
    r"(?P<mention>\$\{[^}]{0,200}\})"
    r"|\\(?P<escaped>[\\*_#\[\]()<>])"
    rf"|<(?P<tag>b|strong|i|em)>(?P<inner>[^<>]{{1,{_LONGEST}}})</(?P=tag)>|(?P<gone></?(?:b|strong|i|em)>)"
    rf"|(?<!\w)(?P<sign>\*{{1,3}}|_{{1,3}})(?=[^\s*_])(?P<words>.{{0,{_LONGEST}}}?[^\s*_\\])(?P=sign)(?![\w*])"
    r"|\[(?P<label>[^\[\]]{1,500})\]\((?P<address>(?:https?://|mailto:)[^\s()]{1,2000})\)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a text that look alike."""

    text: str
    bold: bool = False
    italic: bool = False
    link: str = ""


@lru_cache(maxsize=1024)
def pieces(text: str) -> tuple[Piece, ...]:
    """Return a text as pieces without its markup; a link becomes `words (address)`, so that one sees where it leads.

    What `${…}` mentions is left as it is, to be filled in afterwards: an answer is no markup.
    """
    return tuple(_joined([replace(piece, text=_shown(piece), link="") for piece in linked_pieces(text)]))


def linked_pieces(text: str) -> tuple[Piece, ...]:
    """Return a text as pieces without its markup, for where a link can be drawn as one."""
    if not _SIGNS.search(text):
        return (Piece(text),)
    lines = _TAG.sub("", _BREAK.sub("\n", text)).split("\n")
    found = [piece for line in lines for piece in (*_line(line), Piece("\n"))]
    return tuple(_joined(found[:-1]))


def unmarked(text: str) -> str:
    """Return a text without its markup."""
    return "".join(piece.text for piece in pieces(text))


def _line(line: str) -> list[Piece]:
    heading = _HEADING.match(line)
    if heading is None:
        return _divided(line, Piece(""))
    return _divided(line[heading.end() :].rstrip(" \t#"), Piece("", bold=True))


def _divided(text: str, style: Piece) -> list[Piece]:
    found: list[Piece] = []
    at = 0
    for match in _PIECE.finditer(text):
        found.append(replace(style, text=text[at : match.start()]))
        at = match.end()
        if emphasised := match["words"] or match["inner"]:
            found += _divided(emphasised, _stressed(match, style))
        elif not match["gone"]:
            found.append(_link(match, style) or replace(style, text=match["mention"] or match["escaped"]))
    return [*found, replace(style, text=text[at:])]


def _stressed(match: re.Match[str], style: Piece) -> Piece:
    strength = len(match["sign"] or "") or (2 if match["tag"].lower() in ("b", "strong") else 1)
    return replace(style, bold=style.bold or strength > 1, italic=style.italic or strength != 2)


def _link(match: re.Match[str], style: Piece) -> Piece | None:
    if not match["label"]:
        return None
    words, address = unmarked(match["label"]), match["address"]
    if (mail := address.removeprefix("mailto:")) != address:  # what apps do with such a link differs too much
        return replace(style, text=mail if words == mail else f"{words} ({mail})")
    return replace(style, text=words, link=address)


def _shown(piece: Piece) -> str:
    return f"{piece.text} ({piece.link})" if piece.link and piece.link != piece.text else piece.text


def _joined(found: list[Piece]) -> list[Piece]:
    """Return the pieces without empty ones, neighbours that look alike as one."""
    joined: list[Piece] = []
    for piece in found:
        if joined and not piece.link and joined[-1] == replace(piece, text=joined[-1].text):
            joined[-1] = replace(piece, text=joined[-1].text + piece.text)
        elif piece.text:
            joined.append(piece)
    return joined
