"""Tells hubtalk's own words from a form's: notes what the catalogue was asked for, and names it by its key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from bot.cli.transcripts import Message, plain_lines

if TYPE_CHECKING:
    from bot.domain.messages import OutboundMessage
    from bot.domain.speech import Catalogue, Speaker

_OPTIONAL = "{optional}"
_BARE = re.compile(r"\{[\w.]+\}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SENT = re.compile(r"\b(photo|audio|video|file)-\d{10,}(?=\.\w)")
"""Names that the bot gives to files it is sent."""


class Noted:
    """A catalogue that remembers what it said."""

    def __init__(self, texts: Catalogue) -> None:
        self._texts = texts
        self._marks: dict[str, str] = {}

    def speaker(self, language: str) -> Speaker:
        """See `bot.domain.speech.Catalogue`."""
        return _NotedSpeaker(self._texts.speaker(language), self._marks)

    def forget(self) -> None:
        """Begin a new turn: what was said before is no word of hubtalk's any more."""
        self._marks.clear()

    def seen(self, message: OutboundMessage) -> Message:
        """Return what a person sees of a message, with keys in the place of hubtalk's own words.

        Small print that is hubtalk's alone is left out, and so are the ways on, but for whether one may skip.
        """
        lines = [*plain_lines(self.named(message.where)), *plain_lines(self.named(message.text))]
        lines += [line for line in plain_lines(self.named(message.hint)) if not _BARE.fullmatch(line)]
        lines += [*self._choices(message)]
        lines += [f"file {attachment.name}" for attachment in message.attachments]
        if any(way.key == "skip" for way in message.ways):
            lines.append(_OPTIONAL)
        return tuple(lines)

    def _choices(self, message: OutboundMessage) -> Iterator[str]:
        from bot.adapters.plain import numbered

        for number, choice in numbered(message.choices):
            yield " ".join(f"{number} {'✓ ' if choice.selected else ''}{self.named(choice.label)}".split())

    def named(self, text: str) -> str:
        """Return a text with keys in the place of hubtalk's own words."""
        text = _SENT.sub(r"\1-{number}", _UUID.sub("{uuid}", text))
        phrases = sorted(self._marks, key=len, reverse=True)
        if not phrases:
            return text
        pattern = rf"(?<!\w)(?:{'|'.join(map(re.escape, phrases))})(?!\w)"
        return re.sub(pattern, lambda found: self._marks[found[0]], text)


class _NotedSpeaker:
    """Speaks as another speaker does, and writes down what."""

    def __init__(self, speaker: Speaker, marks: dict[str, str]) -> None:
        self._speaker = speaker
        self._marks = marks

    @property
    def language(self) -> str:
        return self._speaker.language

    def __call__(self, key: str, **parameters: object) -> str:
        return self._note(self._speaker(key, **parameters), key, parameters)

    def count(self, key: str, number: int, **parameters: object) -> str:
        text = self._speaker.count(key, number, **parameters)
        return self._note(text, key, {"number": number, **parameters})

    def day(self, moment: datetime) -> str:
        text = self._speaker.day(moment)
        self._marks[text] = moment.date().isoformat()
        return text

    def clock(self, moment: datetime) -> str:
        text = self._speaker.clock(moment)
        self._marks[text] = text
        return text

    def _note(self, text: str, key: str, parameters: Mapping[str, object]) -> str:
        shown = "".join(f" {name}={self._shown(value)}" for name, value in sorted(parameters.items()))
        if len(text) > 1:
            self._marks[text] = f"{{{key}{shown}}}"
        return text

    def _shown(self, value: object) -> str:
        text = self._marks.get(str(value), str(value))
        return text if re.fullmatch(r"[\w.:+-]+|\{.*\}", text) else json.dumps(text, ensure_ascii=False)
