"""Cards to cut from A4 sheets, a card an invitation: whose hub, for whom, a QR code a channel, the code, what to do."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any

from bot.files.qr import modules

MM = 72 / 25.4  # points
PAGE = (210 * MM, 297 * MM)
COLUMNS, ROWS = 2, 4
CARD = (95 * MM, 67 * MM)
PADDING = 5 * MM
QR_SIZE = 25 * MM
MARK = 4 * MM  # the length of a cut mark
PLAIN, BOLD = "Vera", "VeraBd"
UNKNOWN = "?"  # for what the font lacks and cannot be written otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One invitation. `links`: (label, link) of at most two channels; `name`: whose it is, if it is one person's."""

    company: str
    code: str
    links: tuple[tuple[str, str], ...] = ()
    name: str = ""


def sheet(cards: Sequence[Card], *, hub: str, sentences: Sequence[str]) -> bytes:
    """Return a PDF with all cards, eight a page, in order; `sentences`: what to do, one text a language."""
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415 -- only loaded when a sheet is made

    _fonts()
    out = BytesIO()
    canvas = Canvas(out, pagesize=PAGE, pageCompression=1, invariant=1)
    canvas.setTitle(_shown(hub, PLAIN))
    per_page = COLUMNS * ROWS
    for start in range(0, len(cards), per_page):
        _cut_marks(canvas)
        for place, card in enumerate(cards[start : start + per_page]):
            left, bottom = _corner(place)
            _draw(canvas, card, left, bottom, hub=hub, sentences=sentences)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _corner(place: int) -> tuple[float, float]:
    row, column = divmod(place, COLUMNS)
    margin_x, margin_y = _margins()
    return margin_x + column * CARD[0], PAGE[1] - margin_y - (row + 1) * CARD[1]


def _margins() -> tuple[float, float]:
    return (PAGE[0] - COLUMNS * CARD[0]) / 2, (PAGE[1] - ROWS * CARD[1]) / 2


def _cut_marks(canvas: Any) -> None:
    """Draw a cross where four cards meet, and lines at the edges; none runs through a card."""
    margin_x, margin_y = _margins()
    canvas.setLineWidth(0.4)
    canvas.setStrokeGray(0.5)
    for column in range(COLUMNS + 1):
        for row in range(ROWS + 1):
            x, y = margin_x + column * CARD[0], margin_y + row * CARD[1]
            canvas.line(x - MARK / 2, y, x + MARK / 2, y)
            canvas.line(x, y - MARK / 2, x, y + MARK / 2)


def _draw(canvas: Any, card: Card, left: float, bottom: float, *, hub: str, sentences: Sequence[str]) -> None:
    width = CARD[0] - 2 * PADDING
    x, y = left + PADDING, bottom + CARD[1] - PADDING
    y = _text(canvas, hub, x, y, width=width, font=BOLD, sizes=(8, 6), lines=1)
    short = not card.name or len(fitted(card.company, width=width, font=BOLD, sizes=(11, 8), lines=9)[1]) < 2
    sizes = (11.0, 7.0) if short else (7.5, 6.0)
    y = _text(canvas, card.company, x, y - 1, width=width, font=BOLD, sizes=sizes, lines=2)
    if card.name:
        _text(canvas, card.name, x, y, width=width, font=PLAIN, sizes=(10, 7), lines=1)
    top = bottom + CARD[1] - PADDING - 16.5 * MM  # leaves the quiet zone that readers need below two lines of a name
    for label, link in card.links[:2]:
        _qr(canvas, link, x, top - QR_SIZE)
        _text(canvas, label, x, top - QR_SIZE, width=QR_SIZE, font=PLAIN, sizes=(7, 5), lines=1)
        x += QR_SIZE + 4 * MM
    groups, size = card.code.split("-"), 17
    for place, group in enumerate(groups):
        canvas.setFont(BOLD, size)
        canvas.setFillGray(0)
        canvas.drawString(x, top - (place + 1) * (size + 5), _shown(group, BOLD))
    below = top - QR_SIZE - 4.5 * MM
    height = (below - bottom - 3 * MM) / max(1, len(sentences))
    for place, sentence in enumerate(sentences):
        lines = 2 if len(sentences) > 1 else 4
        _text(
            canvas,
            sentence,
            left + PADDING,
            below - place * height,
            width=width,
            font=PLAIN,
            sizes=(7, 4.5),
            lines=lines,
        )


def _qr(canvas: Any, link: str, x: float, y: float) -> None:
    dark = modules(link)
    side = QR_SIZE / len(dark)
    canvas.setFillGray(0)
    for row, line in enumerate(dark):
        start: int | None = None
        for column, module in enumerate([*line, False]):  # a run at once, so that no seams show
            if module and start is None:
                start = column
            elif not module and start is not None:
                bottom = y + QR_SIZE - (row + 1) * side
                canvas.rect(x + start * side, bottom, (column - start) * side, side * 1.02, stroke=0, fill=1)
                start = None


def _text(
    canvas: Any, text: str, x: float, y: float, *, width: float, font: str, sizes: tuple[float, float], lines: int
) -> float:
    """Write a text below `y`, as large as it fits into the lines; return where it ends."""
    size, wrapped = fitted(text, width=width, font=font, sizes=sizes, lines=lines)
    canvas.setFont(font, size)
    canvas.setFillGray(0)
    for line in wrapped:
        y -= size * 1.2
        canvas.drawString(x, y, line)
    return y


def fitted(text: str, *, width: float, font: str, sizes: tuple[float, float], lines: int) -> tuple[float, list[str]]:
    """Return size and lines of a text that fits: shrunk if it has to be, at the smallest size cut off."""
    _fonts()
    shown = _shown(text, font)
    size, least = sizes
    while True:
        wrapped = _wrapped(shown, lambda part, at=size: _width(part, font, at) <= width)  # type: ignore[misc]
        if len(wrapped) <= lines or size <= least:
            break
        size = max(least, size - 0.5)
    if len(wrapped) > lines:
        last = wrapped[lines - 1]
        while last and _width(last + "…", font, size) > width:
            last = last[:-1]
        wrapped = [*wrapped[: lines - 1], last + "…"]
    return size, wrapped


def _wrapped(text: str, fits: Callable[[str], bool]) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in text.split():
        rest = word
        if line and fits(f"{line} {rest}"):
            line = f"{line} {rest}"
            continue
        if line:
            lines.append(line)
        while not fits(rest) and len(rest) > 1:  # a word longer than the line
            cut = next((at for at in range(len(rest) - 1, 0, -1) if fits(rest[:at])), 1)
            lines.append(rest[:cut])
            rest = rest[cut:]
        line = rest
    return [*lines, line] if line else lines


def _width(text: str, font: str, size: float) -> float:
    from reportlab.pdfbase.pdfmetrics import stringWidth  # noqa: PLC0415 -- as above

    return float(stringWidth(text, font, size))


def _shown(text: str, font: str) -> str:
    """Return the text in signs that the font has: without marks that it lacks, else with a question mark."""
    has = _fonts()[font]
    result = []
    for sign in unicodedata.normalize("NFC", text):
        if ord(sign) in has or sign.isspace():
            result.append(" " if sign.isspace() else sign)
            continue
        plain = "".join(part for part in unicodedata.normalize("NFKD", sign) if ord(part) in has)
        if plain or unicodedata.category(sign) not in {"Cf", "Mn", "Me", "Cc"}:
            result.append(plain or UNKNOWN)
    return "".join(result)


@cache
def _fonts() -> dict[str, frozenset[int]]:
    """Register the fonts that reportlab brings, and return which signs each has."""
    from reportlab.pdfbase.pdfmetrics import registerFont  # noqa: PLC0415 -- as above
    from reportlab.pdfbase.ttfonts import TTFont  # noqa: PLC0415 -- as above

    found = {}
    for name in (PLAIN, BOLD):
        font = TTFont(name, f"{name}.ttf")
        registerFont(font)
        found[name] = frozenset(font.face.charToGlyph)
    return found
