"""One OutboundMessage -> the calls that show it on Telegram, within its limits. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from bot.adapters.telegram.inbound import BUTTON_DATA, LARGEST_PROMPT
from bot.domain.messages import Choice, OutboundMessage, PromptId, Way
from bot.domain.parts import cut, fitting, utf16_units

Call = tuple[str, dict[str, Any]]
"""A method of the Bot API and its parameters."""

Button = dict[str, str]
Segment = tuple[str, str]
"""HTML tags of one letter each ("" for none), the outermost first, and the plain text in them; behind the tags and a
blank may stand the address that the text leads to."""

TEXT_LIMIT = 4096
"""UTF-16 units a message after entities are parsed (https://core.telegram.org/bots/api#sendmessage)."""

TOAST_LIMIT = 200
"""Characters of a callback answer (https://core.telegram.org/bots/api#answercallbackquery)."""

LABEL_LIMIT = 24
"""The longest label that a button on a phone shows whole; longer ones are numbered in the text."""

LABELLED_CHOICES = 30
"""More choices than these are quicker found in a numbered text than on a keyboard of many screens."""

FILE_LIMIT = 50 * 1000**2
"""Bytes of a file that a bot may send (https://core.telegram.org/bots/api#sending-files)."""

BUTTONS = 100
"""Buttons a keyboard (platform limit). At most eight a row are allowed; we stay below that for the thumb's sake."""

CHOICE_BUTTONS = 90
"""Buttons for choices; the rest of the hundred is for the ways on."""

_NUMBERS_A_ROW = 5
_NUMBER_LIMIT = 3
_PAIR_LIMIT = 16
_WAYS_IN_ONE_ROW = 24
_ON, _OFF = "☑ ", "☐ "
_NO_TEXT = "…"
_NO_PREVIEW = {"is_disabled": True}
_INVISIBLE = frozenset(("Cc", "Cf", "Zs", "Zl", "Zp"))
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def send_calls(message: OutboundMessage, *, chat: str) -> list[Call]:
    """Return the sendMessage calls for `message` in order, buttons on the last; attachments are left to the caller.

    The list is empty if there is nothing to show but attachments.

    Raises:
        ValueError: the prompt or a key does not fit into a button's data.
    """
    numbered = _is_numbered(message)
    texts, keyboard = _texts(message, numbered=numbered), _keyboard(message, numbered=numbered)
    if not texts:
        if message.attachments and not keyboard:
            return []
        texts = [_NO_TEXT]
    calls: list[Call] = [("sendMessage", _params(text, chat=chat)) for text in texts]
    if keyboard:
        calls[-1][1]["reply_markup"] = {"inline_keyboard": keyboard}
    return calls


def edit_call(message: OutboundMessage, *, chat: str, message_id: str) -> Call:
    """Return the call that makes a sent message look like `message`.

    Of a message that became several the last is known, since it has the buttons; so the last part is shown. Without
    `reply_markup` the buttons go.

    Raises:
        ValueError: as for `send_calls`.
    """
    numbered = _is_numbered(message)
    texts, keyboard = _texts(message, numbered=numbered), _keyboard(message, numbered=numbered)
    params = _params(texts[-1] if texts else _NO_TEXT, chat=chat)
    params["message_id"] = int(message_id)
    if keyboard:
        params["reply_markup"] = {"inline_keyboard": keyboard}
    return "editMessageText", params


def chat_id(chat: str) -> int | str:
    """Return a chat's id as the Bot API wants it: a number, or `@name` for public groups and channels."""
    return chat if chat.startswith("@") else int(chat)


def toast(text: str) -> str:
    """Return `text` cut to what a callback answer may hold."""
    return _clean(text) if utf16_units(text) <= TOAST_LIMIT else _clean(text[: fitting(text, 0, TOAST_LIMIT - 1)]) + "…"


def button_data(prompt: PromptId, *, key: str, on: bool | None = None) -> str:
    """Return a button's data: `P.K`, and `+` or `-` for the state a toggle sets; at most 31 of the 64 bytes allowed.

    Raises:
        ValueError: a prompt or key that `inbound.read_button` would not recognise.
    """
    data = f"{_base36(prompt)}.{key}{'' if on is None else '+' if on else '-'}"
    if prompt > LARGEST_PROMPT or BUTTON_DATA.fullmatch(data) is None:
        raise ValueError(f"prompt {prompt} and key {key!r} do not fit into a button's data")
    return data


def _params(text: str, *, chat: str) -> dict[str, Any]:
    return {"chat_id": chat_id(chat), "text": text, "parse_mode": "HTML", "link_preview_options": _NO_PREVIEW}


# ------------------------------------------------------------------------------------------------------------ text


def _texts(message: OutboundMessage, *, numbered: bool) -> list[str]:
    """Render the text as HTML, in as many parts as it needs."""
    segments = list(_segments(message, numbered=numbered))
    # A character is at most two units: most messages need no closer look.
    if 2 * sum(len(text) for _, text in segments) <= TEXT_LIMIT:
        parts = [segments] if any(_is_visible(text) for _, text in segments) else []
    else:
        parts = list(_split(segments))
    return ["".join(_html(tag, text) for tag, text in part) for part in parts]


def _segments(message: OutboundMessage, *, numbered: bool) -> Iterator[Segment]:
    gap = ""
    for tag, block in _blocks(message, numbered=numbered):
        if text := block.strip("\n"):
            if gap:
                # Small print belongs to the text above it; everything else stands apart.
                yield "", "\n" if tag == "i" else gap
            if block is message.text and message.marks:
                yield from _marked(message, start=block.index(text), end=block.index(text) + len(text))
            else:
                yield tag, text
            gap = "\n\n"


def _marked(message: OutboundMessage, *, start: int, end: int) -> Iterator[Segment]:
    """Yield `text[start:end]` in segments by how its parts look; marks neither overlap nor go back."""
    at = start
    for mark in message.marks:
        first, last = max(mark.start, at), min(mark.end, end)
        if first < last:
            yield "", message.text[at:first]
            look = "b" * mark.bold + "i" * mark.italic
            yield f"{look} {mark.link}" if mark.link else look, message.text[first:last]
            at = last
    yield "", message.text[at:end]


def _blocks(message: OutboundMessage, *, numbered: bool) -> Iterator[Segment]:
    yield "b", message.where
    yield "", message.text
    yield "i", message.hint
    if numbered:
        yield (
            "",
            "\n".join(f"{_number(n, choice)}  {_line(choice.label)}" for n, choice in enumerate(message.choices, 1)),
        )
    if message.chosen:
        yield "", "✓ " + ", ".join(message.chosen)
    if message.prompt is None and message.ways:
        yield "", "\n".join(f"{way.label}: {way.command}" if way.command else way.label for way in message.ways)


def _is_numbered(message: OutboundMessage) -> bool:
    return bool(message.choices) and (
        message.numbered
        or message.prompt is None
        or len(message.choices) > LABELLED_CHOICES
        or any(utf16_units(choice.label) > LABEL_LIMIT for choice in message.choices)
    )


def _number(place: int, choice: Choice) -> str:
    """Return the number shown for a choice: a key that is a number, so that typing it picks what its button picks."""
    return choice.key if choice.key.isdigit() else str(place)


def _split(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Cut at the end of a paragraph, else of a line, else of a word, else between two characters.

    Tags are closed and opened again around each cut, since a part is made of segments of its own.
    """
    plain = "".join(text for _, text in segments)
    start = 0
    while start < len(plain):
        if plain[start].isspace():
            start += 1
            continue
        end = fitting(plain, start, TEXT_LIMIT)
        if end < len(plain):
            end = cut(plain, start, end)
        if _is_visible(plain[start:end]):
            yield _slice(segments, start, end)
        start = end


def _slice(segments: Sequence[Segment], start: int, end: int) -> list[Segment]:
    part, at = [], 0
    for tag, text in segments:
        if piece := text[max(start - at, 0) : max(end - at, 0)]:
            part.append((tag, piece))
        at += len(text)
    return part


def _is_visible(text: str) -> bool:
    # Telegram takes a message of blanks and control characters for empty, and refuses it.
    return any(unicodedata.category(character) not in _INVISIBLE for character in text)


def _html(tag: str, text: str) -> str:
    text = _escaped(text)
    tag, _, link = tag.partition(" ")
    if link:
        address = _escaped(link).replace('"', "&quot;")
        text = f'<a href="{address}">{text}</a>'
    return "".join(f"<{name}>" for name in tag) + text + "".join(f"</{name}>" for name in reversed(tag))


def _escaped(text: str) -> str:
    return _clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clean(text: str) -> str:
    """Replace lone surrogates, which have no UTF-8 and so no way to Telegram; a terminal may bring some."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _line(label: str) -> str:
    return " ".join(label.split())


# --------------------------------------------------------------------------------------------------------- buttons


def _keyboard(message: OutboundMessage, *, numbered: bool) -> list[list[Button]]:
    links = [[{"text": _clean(_line(link.label)) or link.url, "url": link.url}] for link in message.links]
    if message.prompt is None:
        return links
    ways = message.ways[: BUTTONS - len(links)]
    choices = message.choices[: min(CHOICE_BUTTONS, BUTTONS - len(ways) - len(links))]
    rows: list[list[Button]] = []
    if choices:
        labels = [
            _number(n, choice) if numbered else _line(choice.label) or choice.key for n, choice in enumerate(choices, 1)
        ]
        buttons = [
            _choice_button(choice, label=label, prompt=message.prompt)
            for choice, label in zip(choices, labels, strict=True)
        ]
        rows += _pack(buttons, widths=[utf16_units(label) for label in labels])
    rows += links
    if ways:
        rows += _way_rows(ways, prompt=message.prompt)
    return rows


def _choice_button(choice: Choice, *, label: str, prompt: PromptId) -> Button:
    if choice.selected is None:
        return {"text": _clean(label), "callback_data": button_data(prompt, key=choice.key)}
    return {
        "text": (_ON if choice.selected else _OFF) + _clean(label),
        "callback_data": button_data(prompt, key=choice.key, on=not choice.selected),
    }


def _pack(buttons: Sequence[Button], *, widths: Sequence[int]) -> list[list[Button]]:
    if max(widths) <= _NUMBER_LIMIT:
        return _rows(buttons, size=_NUMBERS_A_ROW)
    rows: list[list[Button]] = []
    has_room = False
    for button, width in zip(buttons, widths, strict=True):
        is_short = width <= _PAIR_LIMIT
        if has_room and is_short:
            rows[-1].append(button)
            has_room = False
        else:
            rows.append([button])
            has_room = is_short
    return rows


def _way_rows(ways: Sequence[Way], *, prompt: PromptId) -> list[list[Button]]:
    labels = [_line(way.label) or way.key for way in ways]
    buttons = [
        {"text": _clean(label), "callback_data": button_data(prompt, key=way.key)}
        for way, label in zip(ways, labels, strict=True)
    ]
    widths = [utf16_units(label) for label in labels]
    if len(buttons) <= _NUMBERS_A_ROW and sum(widths) <= _WAYS_IN_ONE_ROW:
        return [buttons]
    longest = max(widths)
    size = 3 if longest <= _PAIR_LIMIT else 2 if longest <= LABEL_LIMIT else 1
    # What is left over comes first: four ways are "done" above "back, skip, pause".
    first = len(buttons) % size
    return [*([buttons[:first]] if first else []), *_rows(buttons[first:], size=size)]


def _rows(buttons: Iterable[Button], *, size: int) -> list[list[Button]]:
    row = list(buttons)
    return [row[at : at + size] for at in range(0, len(row), size)]


@lru_cache(maxsize=256)
def _base36(number: int) -> str:
    if number < 0:
        raise ValueError(f"a prompt's id is not negative: {number}")
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
        if not number:
            return digits
