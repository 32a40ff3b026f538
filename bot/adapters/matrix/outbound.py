"""One OutboundMessage -> the contents of one or more events: plain text and HTML, numbered choices. Pure."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import orjson

from bot.adapters.matrix import polls
from bot.adapters.matrix.inbound import Thread
from bot.adapters.matrix.pictures import Picture, Thumbnail
from bot.adapters.plain import numbered, plain_text, with_links
from bot.domain.commands import typed_command
from bot.domain.messages import Attachment, Choice, OutboundMessage

Contents = dict[str, Any]

CONTENT_LIMIT = 40_000
"""Bytes of one content as it is encrypted: nio writes `ä` as `\\u00e4`. An event has 65,536
(https://spec.matrix.org/latest/client-server-api/#size-limits); base64 adds a third, and the envelope some."""

CHOICE_LIMIT = 100
TEXT_LIMIT = 12_000
"""Characters, of up to four bytes in the body and more in the HTML."""

FILE_LIMIT = 50 * 1024**2
"""Bytes of a file: what Synapse takes unless its operator says otherwise (`max_upload_size`)."""

SHORT = 200
"""Characters of a first line or a hint that is kept in one piece."""

LABEL_LIMIT = 1500
"""Characters of a choice's label; no form that people answer has longer ones."""

GROUP_LIMIT = CONTENT_LIMIT - 4000
"""Bytes of the choices in one event, beside the hint and the ways on."""

_KINDS = {"audio": "m.audio", "video": "m.video"}
_COMMAND = re.compile(r"(?<![\w/.:!])/([a-z]{2,32})(?![\w/])")
_BREAK = re.compile(r"\n+|(?<=[.!?]) |\s")


def text_contents(message: OutboundMessage, *, thread: Thread | None = None) -> Sequence[Contents]:
    """Return the contents that a message becomes, in order; the last one carries the choices.

    Args:
        message: what is to be said.
        thread: where the person wrote last, if beside the main line.
    """
    parts = _split(message)
    contents = [_content(part) for part in parts]
    return [content | in_thread(thread) for content in contents]


def poll_content(message: OutboundMessage, *, thread: Thread | None = None) -> Contents | None:
    """Return the content of the poll that a question becomes, None if it cannot be one: then it is a message."""
    question = bang(plain_text(replace(message, choices=())))
    content = polls.poll_content(message, question=question, fallback=bang(plain_text(message)))
    if content is None or content_size(content) > CONTENT_LIMIT:
        return None
    return content | in_thread(thread)


def file_content(
    attachment: Attachment,
    *,
    source: Mapping[str, Any],
    picture: Picture | None = None,
    thumbnail: Mapping[str, Any] | None = None,
) -> Contents:
    """Return the content that shows an uploaded file.

    Args:
        attachment: the file; what calls itself a picture and is none that clients show is a file as any other.
        source: `{"url": …}`, or `{"file": …}` where it is encrypted.
        picture: how it looks, if it is a picture.
        thumbnail: where its small version is, as `source`.
    """
    info: Contents = {"mimetype": attachment.media_type, "size": len(attachment.content)}
    if picture is not None:
        info |= {"w": picture.width, "h": picture.height}
        if picture.thumbnail is not None and thumbnail is not None:
            info |= {f"thumbnail_{name}": value for name, value in thumbnail.items()}
            info["thumbnail_info"] = _thumbnail_info(picture.thumbnail)
    kind = "m.image" if picture is not None else _KINDS.get(attachment.media_type.partition("/")[0], "m.file")
    # A body that is not the file's name is its caption (https://spec.matrix.org/latest/client-server-api/#media-captions).
    return {
        "msgtype": kind,
        "body": attachment.caption or attachment.name,
        "filename": attachment.name,
        "info": info,
        **source,
    }


def _thumbnail_info(thumbnail: Thumbnail) -> Contents:
    return {
        "mimetype": thumbnail.media_type,
        "size": len(thumbnail.content),
        "w": thumbnail.width,
        "h": thumbnail.height,
    }


def in_thread(thread: Thread | None) -> Contents:
    """Return what keeps a message in a thread (https://spec.matrix.org/latest/client-server-api/#threading)."""
    if thread is None:
        return {}
    return {
        "m.relates_to": {
            "rel_type": "m.thread",
            "event_id": thread.root,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": thread.last},
        }
    }


def edit_content(message: OutboundMessage, *, message_id: str) -> Contents:
    """Return the content that takes the place of a message sent earlier."""
    new = _content(_split(message)[-1])
    content = {**new, "body": f"* {new['body']}", "formatted_body": f"* {new['formatted_body']}"}
    return {**content, "m.new_content": new, "m.relates_to": {"rel_type": "m.replace", "event_id": message_id}}


def edit_transaction(content: Mapping[str, Any]) -> str:
    """Return a transaction id that is the same for the same change."""
    return "e" + hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def redaction_transaction(event_id: str) -> str:
    """Return a transaction id that is the same for the same event."""
    return "r" + hashlib.sha256(event_id.encode()).hexdigest()[:32]


def content_size(content: Mapping[str, Any]) -> int:
    """Return the bytes of a content as `CONTENT_LIMIT` counts them."""
    return len(json.dumps(content, separators=(",", ":")))


def bang(text: str) -> str:
    """Return a text whose commands are written as people can type them here: clients keep "/" for themselves."""
    return _COMMAND.sub(lambda match: f"!{match[1]}" if _is_command(match[1]) else match[0], text)


@lru_cache(maxsize=256)
def _is_command(word: str) -> bool:
    typed = typed_command(f"/{word}")
    return typed is not None and typed.command is not None


def _content(message: OutboundMessage) -> Contents:
    return {
        "msgtype": "m.text",
        "body": bang(plain_text(message)),
        "format": "org.matrix.custom.html",
        "formatted_body": _html(message),
    }


def _html(message: OutboundMessage) -> str:
    parts = [
        f"<strong>{_escaped(message.where)}</strong>" if message.where else "",
        _styled(message),
        f"<em>{_escaped(message.hint)}</em>" if message.hint else "",
        # No <ol>: clients number such a list as they like, and a choice's number need not be its place.
        (" · " if message.compact else "<br>").join(
            f"<strong>{_escaped(number)}</strong> {'✓ ' if choice.selected else ''}{_escaped(choice.label)}"
            for number, choice in numbered(message.choices)
        ),
    ]
    parts += [_linked(_escaped(link.label), link.url) for link in message.links]
    rest = plain_text(OutboundMessage(text="", chosen=message.chosen, ways=message.ways, language=message.language))
    parts.append(_escaped(rest))
    return "<br>".join(part for part in parts if part)


def _styled(message: OutboundMessage) -> str:
    parts, at = [], 0
    for mark in message.marks:
        words = _escaped(message.text[mark.start : mark.end])
        words = _linked(words, mark.link) if mark.link else words
        words = f"<em>{words}</em>" if mark.italic else words
        parts += [_escaped(message.text[at : mark.start]), f"<strong>{words}</strong>" if mark.bold else words]
        at = mark.end
    return "".join([*parts, _escaped(message.text[at:])])


def _linked(words: str, url: str) -> str:
    return f'<a href="{html.escape(url)}">{words}</a>'


def _escaped(text: str) -> str:
    return html.escape(bang(text), quote=False).replace("\n", "<br>")


def _split(message: OutboundMessage) -> Sequence[OutboundMessage]:
    """Return messages that each fit an event: the first says where one is, the last has the ways on."""
    if _fits(message):
        return [message]
    where, text, hint = message.where, with_links(message), message.hint
    if len(where) > SHORT:
        where, text = "", f"{where}\n{text}"
    if len(hint) > SHORT:
        hint, text = "", f"{text}\n{hint}"
    parts = [OutboundMessage(text=piece, language=message.language) for piece in _pieces(text)]
    parts[0] = replace(parts[0], where=where)
    parts[-1] = replace(parts[-1], hint=hint)
    for group in _groups(message.choices):
        joined = replace(parts[-1], choices=group)
        if not parts[-1].choices and _fits(joined):
            parts[-1] = joined
        else:
            parts.append(OutboundMessage(text="", choices=group, language=message.language))
    parts[-1] = replace(parts[-1], ways=message.ways, chosen=message.chosen, links=message.links)
    return parts


def _groups(choices: Sequence[Choice]) -> list[tuple[Choice, ...]]:
    """Divide many or long choices so that each group fits an event; each keeps the number that it is picked by."""
    groups: list[tuple[Choice, ...]] = []
    size = GROUP_LIMIT + 1
    for number, choice in numbered(tuple(choices)):
        label = choice.label if len(choice.label) <= LABEL_LIMIT else choice.label[: LABEL_LIMIT - 1] + "…"
        shown = Choice(number, label, choice.selected)
        size += (own := _size(OutboundMessage(text="", choices=(shown,))))
        if size > GROUP_LIMIT:
            groups.append(())
            size = own
        groups[-1] += (shown,)
    return groups


def _fits(message: OutboundMessage) -> bool:
    return _size(message) <= CONTENT_LIMIT


def _size(message: OutboundMessage) -> int:
    return content_size(_content(message))


def _pieces(text: str) -> list[str]:
    """Cut a long text where a line, a sentence or at least a word ends."""
    pieces = []
    while text:
        size = TEXT_LIMIT
        while not _fits(OutboundMessage(text=text[:size])):
            size //= 2
        if len(text) <= size:
            pieces.append(text)
            break
        cuts = [match.start() for match in _BREAK.finditer(text, size // 2, size)]
        lines = [cut for cut in cuts if text[cut] == "\n"]
        at = (lines or cuts or [size])[-1]
        pieces.append(text[:at])
        text = text[at:].lstrip()
    return pieces or [""]
