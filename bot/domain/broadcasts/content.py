"""What a broadcast says to each of its readers: an organiser's text, with a few fields that differ. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.domain.broadcasts.model import Button, Content
from bot.domain.commands import by_name
from bot.domain.messages import Attachment, Link, Mark, OutboundMessage, Way
from bot.domain.speech import Speaker
from bot.forms.markup import Piece, linked_pieces

FIELDS = ("company", "contact", "hub")
"""What may stand in braces: the reader's company, the reader's name, the hub's name."""

FORM = "form"
"""The key of the way that starts a form."""

_FIELD = re.compile(r"\{\s*([^\W\d]\w{0,30})\s*\}")


@dataclass(frozen=True, slots=True)
class _Part:
    """Some words that look alike, or with a `field` what takes their place."""

    text: str
    field: str
    look: Piece


def fields_in(text: str) -> tuple[str, ...]:
    """Return the names in braces that a text holds, each once, in order."""
    return tuple(dict.fromkeys(match[1].lower() for match in _FIELD.finditer(text)))


def unknown_fields(text: str) -> tuple[str, ...]:
    """Return the names in braces that mean nothing."""
    return tuple(name for name in fields_in(text) if name not in FIELDS)


def language_for(content: Content, language: str, *, languages: Sequence[str]) -> str:
    """Return the language in which somebody reads it: their own, else the hub's first that it has."""
    if content.texts.get(language):
        return language
    return next((each for each in languages if content.texts.get(each)), language)


def render(
    content: Content, *, language: str, params: tuple[str, str], hub: str, broadcast: int, say: Speaker
) -> OutboundMessage:
    """Return what one reader gets.

    Args:
        content: what the broadcast says.
        language: one in which it has a text.
        params: the contact's name and the company's ("" where there is none).
        hub: the hub's name.
        broadcast: its number, by which its files are found.
        say: texts in that language.
    """
    contact, company = params
    values = {
        "contact": contact or say("broadcast.no_name"),
        "company": company or say("broadcast.no_company"),
        "hub": hub,
    }
    text, marks = _filled(_parts(content.texts[language].strip()), values)
    return OutboundMessage(
        text=text,
        marks=marks,
        hint=say("broadcast.how_to_stop"),
        ways=tuple(_way(button, say.language) for button in content.buttons if button.kind == "form"),
        links=tuple(
            Link(label_of(button, say.language), button.target) for button in content.buttons if button.kind == "link"
        ),
        prompt=content.prompt,
        attachments=tuple(
            Attachment(
                name=file.name, media_type=file.media_type, source=f"broadcast:{broadcast}:{file.digest}:{file.name}"
            )
            for file in content.files
        ),
        language=say.language,
    )


def label_of(button: Button, language: str) -> str:
    """Return what stands on a button in a language, else in another one."""
    return button.label.get(language) or next((label for label in button.label.values() if label), button.target)


def _way(button: Button, language: str) -> Way:
    command = f"/{by_name('survey').in_language(language)} {button.target}"
    return Way(FORM, label_of(button, language), command)


@lru_cache(maxsize=64)
def _parts(text: str) -> tuple[_Part, ...]:
    """Return a text taken apart; names are filled in afterwards, so that they can be no markup."""
    return tuple(part for piece in linked_pieces(text) for part in _divided(piece))


def _divided(piece: Piece) -> list[_Part]:
    parts: list[_Part] = []
    at = 0
    for match in _FIELD.finditer(piece.text):
        if (name := match[1].lower()) in FIELDS:
            parts += [_Part(piece.text[at : match.start()], "", piece), _Part("", name, piece)]
            at = match.end()
    return [*parts, _Part(piece.text[at:], "", piece)]


def _filled(parts: Sequence[_Part], values: Mapping[str, str]) -> tuple[str, tuple[Mark, ...]]:
    words: list[str] = []
    marks: list[Mark] = []
    at = 0
    for part in parts:
        text, look = values[part.field] if part.field else part.text, part.look
        if text and (look.bold or look.italic or look.link):
            marks.append(Mark(at, at + len(text), bold=look.bold, italic=look.italic, link=look.link))
        words.append(text)
        at += len(text)
    return "".join(words), tuple(marks)
