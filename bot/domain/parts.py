"""A message that is longer than a platform takes becomes several, each a delivery of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from bot.domain.messages import Abilities, OutboundMessage

AROUND = 8
"""Characters that a channel puts around a line of its own: a number, a sign, a blank, the line's end."""


def utf16_units(text: str) -> int:
    """Return the length as Telegram and others count it: a character beyond the first 65,536 is two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(message: OutboundMessage, abilities: Abilities | None) -> tuple[OutboundMessage, ...]:
    """Return the parts of a message, in order; most are one part.

    The first part says where one is and shows what belongs to the question; the last has all that can be picked, and
    the prompt. What is around the text is not divided: if that alone is too long, the channel has to see to it.
    """
    if abilities is None or not abilities.text_limit or 2 * _length(message) <= abilities.text_limit:
        return (message,)
    spans = list(_spans(message, limit=abilities.text_limit, size=abilities.measure))
    last = len(spans) - 1
    return tuple(
        _part(message, start, end, first=number == 0, last=number == last) for number, (start, end) in enumerate(spans)
    )


def cut(text: str, start: int, end: int) -> int:
    """Return where to cut at the latest: at the end of a paragraph, else of a line, else of a word, else at `end`."""
    room = end - start
    # A separator just behind the last character that fits is as good as one before it.
    for separator, least in (("\n\n", room // 2), ("\n", room // 3), (" ", 0)):
        found = text.rfind(separator, start + least, end + len(separator))
        if found > start:
            return found
    return end


def fitting(text: str, start: int, limit: int, *, size: Callable[[str], int] = utf16_units) -> int:
    """Return an end for which `text[start:end]` fills `limit` units as well as it can without exceeding them."""
    end = min(start + limit, len(text))
    while (excess := size(text[start:end]) - limit) > 0:
        end -= (excess + 1) // 2
    return end


def _length(message: OutboundMessage) -> int:
    """Return how many characters a message has at the most, whatever a channel writes into its text."""
    return len(message.where) + len(message.text) + _tail(message, len) + AROUND


def _tail(message: OutboundMessage, size: Callable[[str], int]) -> int:
    lines = [choice.label for choice in message.choices]
    lines += [f"{way.label} {way.command or ''}" for way in message.ways]
    lines += [f"{link.label} {link.url}" for link in message.links]
    lines += [message.hint, *message.chosen]
    return sum(size(line) + AROUND for line in lines if line)


def _spans(message: OutboundMessage, *, limit: int, size: Callable[[str], int]) -> Iterator[tuple[int, int]]:
    """Say from where to where the text of each part goes."""
    text = message.text.rstrip()
    head = min(size(message.where) + AROUND, limit // 2) if message.where else 0
    tail = min(_tail(message, size), limit // 2)
    start = 0
    while True:
        if size(text[start:]) + head + tail <= limit:
            yield start, len(text)
            return
        end = fitting(text, start, limit - head, size=size)
        if end == len(text):  # it would fit, but for what stands below it
            end = fitting(text, start, limit - head - tail, size=size)
        end = cut(text, start, end)
        yield start, end
        start, head = end + len(text[end:]) - len(text[end:].lstrip()), 0
        if start == len(text):
            return


def _part(message: OutboundMessage, start: int, end: int, *, first: bool, last: bool) -> OutboundMessage:
    shown = tuple(each for each in message.attachments if (first if each.source else last))
    marks = tuple(
        replace(mark, start=max(mark.start, start) - start, end=min(mark.end, end) - start)
        for mark in message.marks
        if mark.start < end and mark.end > start
    )
    part = replace(
        message,
        text=message.text[start:end],
        where=message.where if first else "",
        marks=marks,
        attachments=shown,
    )
    return part if last else _bare(part)


def _bare(part: OutboundMessage) -> OutboundMessage:
    return OutboundMessage(
        text=part.text, where=part.where, marks=part.marks, attachments=part.attachments, language=part.language
    )
