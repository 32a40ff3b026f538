"""Text with entities: the HTML style of the Bot API read strictly and written again, offsets in UTF-16 units.

Rules: https://core.telegram.org/bots/api#html-style
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from typing import Any

from tests.doubles.telegram.refusals import Refusal, violation

Entity = dict[str, Any]

SIMPLE_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
WRITTEN = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "spoiler": "tg-spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_TOKEN = re.compile(r"<(?P<end>/?)(?P<tag>[^<>]*)>|&(?P<name>[^;\s&<>]{1,8});|[<>&]|[^<>&]+", re.DOTALL)
_TAG = re.compile(r"([a-zA-Z][a-zA-Z0-9-]*)((?:\s+[a-zA-Z-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?)*)\s*/?")
_ATTRIBUTE = re.compile(r"([a-zA-Z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")
_COMMAND = re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/])", re.ASCII)
# The API knows these four names and all numbers.
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}


def units(text: str) -> int:
    """Count UTF-16 code units, the unit of all lengths and offsets of the Bot API."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Read HTML style into plain text and entities.

    Raises:
        Refusal: an unknown or unclosed tag, or a sign that should have been written as an entity.
    """
    parts: list[str] = []
    entities: list[Entity] = []
    open_tags: list[tuple[str, Entity]] = []
    here = 0
    for token in _TOKEN.finditer(source):
        if token["tag"] is not None:
            if token["end"]:
                _close(token["tag"].strip().lower(), open_tags, entities, here=here, at=token.start())
            else:
                open_tags.append(_opened(token["tag"], open_tags, here=here, at=token.start()))
            continue
        text = _plain(token)
        parts.append(text)
        here += units(text)
    if open_tags:
        raise _unparsed(f'can\'t find end tag corresponding to start tag "{open_tags[-1][0]}"')
    entities.sort(key=lambda one: (one["offset"], -one["length"]))
    return "".join(parts), entities


def _plain(token: re.Match[str]) -> str:
    written = token[0]
    if token["name"] is not None:
        return _referred(token["name"], at=token.start())
    if written in {"<", ">", "&"}:
        raise _unparsed(f"'{written}' at offset {token.start()} must be written as an HTML entity")
    return written


def _referred(name: str, *, at: int) -> str:
    if name in _NAMED:
        return _NAMED[name]
    if re.fullmatch(r"#(?:\d{1,7}|x[0-9a-fA-F]{1,6})", name):
        return html.unescape(f"&{name};")
    raise _unparsed(f'unsupported HTML entity "&{name};" at offset {at}')


def _opened(tag: str, open_tags: Sequence[tuple[str, Entity]], *, here: int, at: int) -> tuple[str, Entity]:
    match = _TAG.fullmatch(tag)
    if match is None:
        raise _unparsed(f'unsupported start tag "{tag}" at byte offset {at}')
    name = match[1].lower()
    attributes = {
        one[1].lower(): html.unescape(one[2] or one[3] or one[4] or "") for one in _ATTRIBUTE.finditer(match[2])
    }
    inside = [entity["type"] for _, entity in open_tags]
    if "code" in inside or ("pre" in inside and (name != "code" or inside[-1] != "pre")):
        raise _unparsed(f'tag "{name}" at byte offset {at} is not allowed inside of code')
    if name == "blockquote" and any(one.endswith("blockquote") for one in inside):
        raise _unparsed(f"blockquote at byte offset {at} can't be nested")
    return name, {"offset": here, **_meaning(name, attributes, at=at)}


def _meaning(name: str, attributes: dict[str, str], *, at: int) -> Entity:
    match name:
        case "a" if attributes.get("href"):
            return {"type": "text_link", "url": attributes["href"]}
        case "span" if attributes.get("class") == "tg-spoiler":
            return {"type": "spoiler"}
        case "tg-emoji" if attributes.get("emoji-id", "").isdigit():
            return {"type": "custom_emoji", "custom_emoji_id": attributes["emoji-id"]}
        case "blockquote" if "expandable" in attributes:
            return {"type": "expandable_blockquote"}
        case "code" if attributes.get("class", "").startswith("language-"):
            return {"type": "code", "language": attributes["class"].removeprefix("language-")}
        case _ if name in SIMPLE_TAGS and not attributes:
            return {"type": SIMPLE_TAGS[name]}
        case _:
            raise _unparsed(f'unsupported start tag "{name}" at byte offset {at}')


def _close(name: str, open_tags: list[tuple[str, Entity]], entities: list[Entity], *, here: int, at: int) -> None:
    if not open_tags:
        raise _unparsed(f"unexpected end tag at byte offset {at}")
    opened, entity = open_tags.pop()
    if name and name != opened:
        raise _unparsed(f'unmatched end tag at byte offset {at}, expected "</{opened}>", found "</{name}>"')
    if here == entity["offset"]:
        return
    entity = {"type": entity.pop("type"), "offset": entity["offset"], "length": here - entity["offset"], **entity}
    language = entity.pop("language", None)
    if opened == "code" and open_tags and open_tags[-1][1]["type"] == "pre":
        # `<pre><code class="language-…">` is one block with a language.
        if language:
            open_tags[-1][1]["language"] = language
        return
    entities.append(entity if opened == "code" or language is None else {**entity, "language": language})


def trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Cut white space at both ends, as the servers do, and move the entities accordingly."""
    kept = text.strip()
    if len(kept) == len(text):
        return text, entities
    cut = units(text[: len(text) - len(text.lstrip())])
    end = units(kept)
    moved = []
    for one in entities:
        start = max(one["offset"] - cut, 0)
        stop = min(one["offset"] - cut + one["length"], end)
        if stop > start:
            moved.append({**one, "offset": start, "length": stop - start})
    return kept, moved


def commands_in(text: str) -> Iterator[Entity]:
    """Find the commands that the servers mark in every text."""
    if "/" in text:
        for match in _COMMAND.finditer(text):
            yield {"type": "bot_command", "offset": units(text[: match.start()]), "length": units(match[0])}


def with_commands(text: str, entities: list[Entity]) -> list[Entity]:
    """Add the command entities that do not lie within other ones' code or links."""
    opaque = [(one["offset"], one["offset"] + one["length"]) for one in entities if one["type"] in _OPAQUE]
    found = [
        one
        for one in commands_in(text)
        if not any(start < one["offset"] + one["length"] and one["offset"] < stop for start, stop in opaque)
    ]
    return sorted([*entities, *found], key=lambda one: (one["offset"], -one["length"])) if found else entities


_OPAQUE = frozenset(("code", "pre", "text_link", "bot_command"))


def to_html(text: str, entities: Sequence[Entity]) -> str:
    """Write text and entities as HTML style again, for tests that look at formatting."""
    raw = text.encode("utf-16-le", "surrogatepass")
    marks: dict[int, tuple[list[str], list[str]]] = {}
    for one in entities:
        start, stop = one["offset"], one["offset"] + one["length"]
        opening, closing = _tags(one)
        marks.setdefault(start, ([], []))[0].append(opening)
        marks.setdefault(stop, ([], []))[1].insert(0, closing)
    out, last = [], 0
    for place in sorted(marks):
        out.append(html.escape(raw[2 * last : 2 * place].decode("utf-16-le", "surrogatepass"), quote=False))
        out += [*marks[place][1], *marks[place][0]]
        last = place
    out.append(html.escape(raw[2 * last :].decode("utf-16-le", "surrogatepass"), quote=False))
    return "".join(out)


def _tags(entity: Entity) -> tuple[str, str]:
    kind = entity["type"]
    if kind == "text_link":
        return f'<a href="{html.escape(entity["url"])}">', "</a>"
    if kind == "expandable_blockquote":
        return "<blockquote expandable>", "</blockquote>"
    tag = WRITTEN.get(kind)
    return (f"<{tag}>", f"</{tag}>") if tag else ("", "")


def _unparsed(text: str) -> Refusal:
    return violation(f"can't parse entities: {text}")
