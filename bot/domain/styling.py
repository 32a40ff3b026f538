"""An author's paragraphs as the body of a message, with the marks of what is bold or italic in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.domain.messages import Mark
from bot.forms.markup import Piece

GAP = Piece("\n\n")


def marked(paragraphs: Iterable[Sequence[Piece]]) -> tuple[str, tuple[Mark, ...]]:
    """Return the paragraphs as one text, and its marks."""
    parts: list[str] = []
    marks: list[Mark] = []
    at = 0
    for number, paragraph in enumerate(paragraphs):
        for piece in (GAP, *paragraph) if number else paragraph:
            if piece.bold or piece.italic:
                marks.append(Mark(at, at + len(piece.text), bold=piece.bold, italic=piece.italic))
            parts.append(piece.text)
            at += len(piece.text)
    return "".join(parts), tuple(marks)
