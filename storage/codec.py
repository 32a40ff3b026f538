"""Values as rows hold them: moments as microseconds, answers and messages as JSON."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from bot.domain.broadcasts.model import Button, Content, FileShown
from bot.domain.messages import Attachment, Choice, Link, Mark, OutboundMessage, PromptId, Way
from bot.forms.model import Value

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Return microseconds since 1970 in UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the aware moment in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def maybe_moment(micros: int | None) -> datetime | None:
    """Return the moment, or None where a row has none."""
    return None if micros is None else from_micros(micros)


def dump(value: object) -> str:
    """Return JSON text."""
    return orjson.dumps(value, default=_special).decode()


def load(text: str | None) -> Any:
    """Return what JSON text says; None for no text."""
    return None if text is None else orjson.loads(text)


def value_of(text: str | None) -> Value | None:
    """Return an answer's value from its JSON; lists are the tuples of a multiple choice."""
    if text is None:
        return None
    if text[0] == '"' and "\\" not in text:  # most answers: a name or a word
        return text[1:-1]
    value = orjson.loads(text)
    return tuple(value) if isinstance(value, list) else value


def message_of(text: str) -> OutboundMessage:
    """Return a message from a delivery's body."""
    body = orjson.loads(text)
    return OutboundMessage(
        text=body["text"],
        where=body["where"],
        hint=body["hint"],
        choices=tuple(Choice(item["key"], item["label"], item["selected"]) for item in body["choices"]),
        ways=tuple(Way(item["key"], item["label"], item["command"]) for item in body["ways"]),
        numbered=body["numbered"],
        compact=body.get("compact", False),
        vote=body.get("vote", False),  # rows of before it was there
        chosen=tuple(body["chosen"]),
        prompt=None if body["prompt"] is None else PromptId(body["prompt"]),
        attachments=tuple(
            Attachment(
                item["name"],
                item["media_type"],
                base64.b64decode(item["content"]),
                source=item.get("source", ""),
                caption=item.get("caption", ""),
            )
            for item in body["attachments"]
        ),
        language=body["language"],
        marks=tuple(Mark(**item) for item in body.get("marks", ())),
        links=tuple(Link(**item) for item in body.get("links", ())),
    )


def content_of(text: str) -> Content:
    """Return what a broadcast says from its row."""
    body = orjson.loads(text)
    return Content(
        texts=body["texts"],
        buttons=tuple(Button(item["kind"], item["label"], item["target"]) for item in body["buttons"]),
        files=tuple(FileShown(**item) for item in body["files"]),
        prompt=None if body["prompt"] is None else PromptId(body["prompt"]),
    )


def _special(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"not for JSON: {type(value).__name__}")
