"""Golden conversations: what is said, heard and stored, in a file that reads like the chat.

A file begins with `forms: …` and `language: …`, then comes a line a step:

    > text              the person writes
    [label]             presses the newest button of that name
    [label] @ words     presses the button of that name on the message that had these words, as it looked at first
    ~ old => new        edits their message `old`
    ? kind              sends something that is no text (sticker, voice …)
    < words             the bot writes a new message with these words
    ^ words             some message looks so now, as after an edit
    ! words             the answer to the last press says so
    = path value        stored: the answer as JSON, `-` for a skipped one, `aside …` for one kept aside
    @ days              that many days pass

Before everything the person does the whole bot is closed and begun anew from what is stored.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bot.domain.messages import InboundMessage, OutboundMessage, Outgoing, Pressed
from tests.contract.channels.memory import MemoryPerson, MemoryStage

STEP = re.compile(r"(?P<kind>[>\[~?<^!=@]) ?(?P<rest>.*)")
OLD_BUTTON = re.compile(r"(?P<label>[^\]]+)\](?: @ (?P<words>.+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A conversation as a file tells it: steps are (line number, kind, rest)."""

    forms: tuple[str, ...]
    language: str | None
    steps: tuple[tuple[int, str, str], ...]


def read_talk(path: Path) -> Talk:
    """Read a conversation's file; a line that is no step is a mistake of its author."""
    headers: dict[str, str] = {}
    steps = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        step = STEP.fullmatch(line.strip())
        if step is None:
            name, colon, value = line.partition(":")
            assert colon and name in ("forms", "language"), f"{path.name}:{number}: {line!r} is no step"
            headers[name] = value.strip()
            continue
        steps.append((number, step["kind"], step["rest"]))
    forms = tuple(headers["forms"].replace(",", " ").split())
    language = headers.get("language", "de")
    return Talk(forms=forms, language=None if language == "-" else language, steps=tuple(steps))


@dataclass(slots=True)
class Teller:
    """Takes one person through a conversation."""

    stage: MemoryStage
    person: MemoryPerson
    written: dict[str, InboundMessage] = field(default_factory=dict)
    first_looks: list[tuple[str, OutboundMessage]] = field(default_factory=list)

    def listen(self) -> None:
        """Keep how each message looked when it came, since edits take its buttons away."""

        def keep(outgoing: Outgoing) -> None:
            self.first_looks.append((str(outgoing.delivery), outgoing.message))

        self.stage.channel.fail = keep

    async def take(self, kind: str, rest: str) -> None:
        """Take one step."""
        if kind in ">[~?":
            await self.stage.settled()
            await self.stage.restart()
        match kind:
            case ">":
                self.written[rest] = self.stage.channel.says(rest, language=self.person.language)
            case "[":
                await self._press(rest)
            case "~":
                old, _, new = rest.partition(" => ")
                self.written[new] = self.stage.channel.edits(self.written[old], new)
            case "?":
                self.stage.channel.sends(rest)
            case "<":
                await self.person.hears(rest)
            case "^":
                await self.person.sees(rest)
            case "!":
                await self.stage.settled()
                assert rest in self.stage.channel.acknowledged[-1].text
            case "@":
                self.stage.clock.ahead += timedelta(days=float(rest))
            case _:
                await self._stored(rest)

    async def _press(self, rest: str) -> None:
        button = OLD_BUTTON.fullmatch(rest)
        assert button is not None, rest
        if button["words"] is None:
            self.stage.channel.presses(button["label"])
            return
        found = next(
            (number, message)
            for number, (_, message) in enumerate(self.first_looks)
            if button["words"] in f"{message.where}\n{message.text}"
        )
        place, message = found
        choice = next((one for one in message.choices if one.label == button["label"]), None)
        way = next((one for one in message.ways if one.label == button["label"]), None)
        key = choice.key if choice is not None else way.key if way is not None else ""
        assert key, f"{button['words']!r} had no button {button['label']!r}"
        on = None if choice is None or choice.selected is None else not choice.selected
        shown = self.stage.channel.chat()[place]
        self.stage.channel.put(Pressed(message.prompt, key, on, shown.id))

    async def _stored(self, rest: str) -> None:
        path, _, wanted = rest.partition(" ")
        await self.stage.settled()
        state, relevant, value = (await self.stage.answers())[path]
        aside = wanted.startswith("aside ")
        wanted = wanted.removeprefix("aside ")
        assert relevant is not aside, f"{path} is {'counted' if relevant else 'aside'}"
        if wanted == "-":
            assert (state, value) == ("skipped", None)
        else:
            assert value == json.loads(wanted), f"{path} is {value!r}"
