"""A message as plain text, for channels without buttons: choices are numbered, ways on are commands."""

from __future__ import annotations

from bot.domain.messages import Attachment, Choice, Link, OutboundMessage

_KINDS = {"image": ("Bild", "Picture"), "audio": ("Ton", "Sound"), "video": ("Video", "Video")}


def shown_text(attachment: Attachment, *, language: str) -> str:
    """Return what stands for a file that a question shows: `[Bild: halle.png]`."""
    german, english = _KINDS.get(attachment.media_type.partition("/")[0], ("Datei", "File"))
    caption = f" {attachment.caption}" if attachment.caption else ""
    return f"[{german if language == 'de' else english}: {attachment.name}]{caption}"


def plain_text(message: OutboundMessage) -> str:
    """Return the whole message; a choice whose key is a number shows that number, so that typing it picks it."""
    parts = [
        message.where,
        with_links(message),
        message.hint,
        _choices(message),
        _chosen(message),
        *map(link_line, message.links),
        _ways(message),
    ]
    return "\n".join(part for part in parts if part)


def with_links(message: OutboundMessage) -> str:
    """Return the text with the address of each link behind its words."""
    text = message.text
    for mark in reversed(message.marks):
        if mark.link and text[mark.start : mark.end] != mark.link:
            text = f"{text[: mark.end]} ({mark.link}){text[mark.end :]}"
    return text


def link_line(link: Link) -> str:
    """Return a web page that a message offers, as a line."""
    return f"{link.label}: {link.url}"


def _choices(message: OutboundMessage) -> str:
    if message.compact:
        return "  " + " · ".join(
            f"{number} {_mark(choice)}{choice.label}" for number, choice in numbered(message.choices)
        )
    return "\n".join(f"  {number}  {_mark(choice)}{choice.label}" for number, choice in numbered(message.choices))


def numbered(choices: tuple[Choice, ...]) -> list[tuple[str, Choice]]:
    """Return each choice with the number that stands before it."""
    return [
        (choice.key if choice.key.isdigit() else str(place), choice) for place, choice in enumerate(choices, start=1)
    ]


def _mark(choice: Choice) -> str:
    return "✓ " if choice.selected else ""


def _chosen(message: OutboundMessage) -> str:
    return f"✓ {', '.join(message.chosen)}" if message.chosen else ""


def _ways(message: OutboundMessage) -> str:
    """Commands for the ways on; a way without a command is written as it is called (Done is for toggles alone)."""
    named = [f"{way.label}: {way.command}" for way in message.ways if way.command]
    spoken = [
        f"„{way.label}“" if message.language == "de" else f"“{way.label}”"
        for way in message.ways
        if not way.command and way.key != "done"
    ]
    return " · ".join([*named, *spoken])
