"""A form's progress as a picture for a phone: bars beside their numbers, in one hue, light and dark."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from bot.domain.progress import QUESTIONS_SHOWN, STAGES, Overview
from bot.domain.reporting import stall_line
from bot.domain.speech import Speaker

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

WIDTH = 1080  # a phone shows it at a third of that: 36 become 12 points
_MARGIN = 60
_INNER = WIDTH - 2 * _MARGIN
_TITLE, _TEXT, _SMALL = 48, 38, 32
_INK, _FAINT, _EMPTY, _FULL = "#1a1a1a", "#555555", "#dde3ea", "#1f4e79"  # on white at least 7:1 where it is text
_BAR, _GAP = 40, 34


def draw(figures: Overview, say: Speaker, *, hub: str, title: str, made_at: datetime) -> bytes:
    """Return a PNG, as tall as what it says."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 -- only for who wants a picture

    height = _Page(None, say).fill(figures, hub=hub, title=title, made_at=made_at)
    image = Image.new("RGB", (WIDTH, height), "white")
    _Page(ImageDraw.Draw(image), say).fill(figures, hub=hub, title=title, made_at=made_at)
    written = BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()


class _Page:
    """Writes from top to bottom; without a canvas it only measures."""

    def __init__(self, canvas: ImageDraw | None, say: Speaker) -> None:
        self._canvas = canvas
        self._say = say
        self._top = _MARGIN

    def fill(self, figures: Overview, *, hub: str, title: str, made_at: datetime) -> int:
        """Write all of it; return how tall it became."""
        say, counts = self._say, figures.counts
        self._lines(hub, _SMALL, _FAINT)
        self._lines(say("progress.title", form=title), _TITLE, _INK, bold=True)
        self._lines(f"{say.day(made_at)}, {say.clock(made_at)}", _SMALL, _FAINT)
        self._top += _GAP
        for stage in STAGES:
            number, percent = counts.of(stage), counts.percent(stage)
            value = str(number) if stage == "invited" else f"{number} · {percent} %"
            self._bar(say(f"progress.{stage}"), value, counts.of(stage) / counts.invited if counts.invited else 0.0)
        if figures.waiting:
            self._lines(say("progress.waiting", number=figures.waiting), _SMALL, _FAINT)
        if figures.stalled:
            self._top += _GAP // 2
            self._lines(say.count("progress.stalled", figures.standing_still), _TEXT, _INK, bold=True)
            for stall in figures.stalled[:QUESTIONS_SHOWN]:
                self._lines(stall_line(stall, say), _SMALL, _INK)
        return self._top + _MARGIN

    def _bar(self, label: str, value: str, share: float) -> None:
        if self._canvas is not None:
            self._canvas.text((_MARGIN, self._top), label, font=_font(_TEXT), fill=_INK)
            right = WIDTH - _MARGIN - _font(_TEXT, bold=True).getlength(value)
            self._canvas.text((right, self._top), value, font=_font(_TEXT, bold=True), fill=_INK)
            top = self._top + _TEXT + 14
            self._canvas.rectangle((_MARGIN, top, WIDTH - _MARGIN, top + _BAR), fill=_EMPTY)
            if share > 0:
                self._canvas.rectangle((_MARGIN, top, _MARGIN + max(4, _INNER * share), top + _BAR), fill=_FULL)
        self._top += _TEXT + 14 + _BAR + _GAP

    def _lines(self, text: str, size: int, ink: str, *, bold: bool = False) -> None:
        font = _font(size, bold=bold)
        for line in _wrapped(text, font):
            if self._canvas is not None:
                self._canvas.text((_MARGIN, self._top), line, font=font, fill=ink)
            self._top += round(size * 1.4)


def _wrapped(text: str, font: FreeTypeFont) -> list[str]:
    """Break between words, and within one that is wider than the page."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= _INNER:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for sign in word:
            if font.getlength(lines[-1] + sign) > _INNER:
                lines.append("")
            lines[-1] += sign
    return lines


def _font(size: int, *, bold: bool = False) -> FreeTypeFont:
    import reportlab  # noqa: PLC0415 -- for its font alone
    from PIL import ImageFont  # noqa: PLC0415

    folder = Path(reportlab.__file__).parent / "fonts"
    return ImageFont.truetype(folder / ("VeraBd.ttf" if bold else "Vera.ttf"), size)
