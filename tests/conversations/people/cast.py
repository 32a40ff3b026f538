"""Conversations of several people, in a file that reads like a play; told on every channel.

First the cast, a line a person; who joins does so before the play begins:

    forms: types
    person ada: de contact Testwerk GmbH / Ada Muster     invited to that company, has joined
    person ben: en visitor                                 has not written yet
    person olga: de organiser Olga Org                     (or `admin`) has joined as staff

A code that is good, or not any more, gets a name in braces:

    code good: Testwerk GmbH
    code late: Testwerk GmbH / expired                     or `revoked`, `used up`

Then a line a step, with who does or sees it:

    ada > text              writes
    ada [label]             picks what the newest message that offers it calls so
    olga < words            gets a new message with these words, after the one heard last
    olga < Anfrage {n}: …   the same, and from now on {n} stands for what was there
    olga ^ words            some message of theirs looks so now
    olga - words            no message of theirs has these words, ever
    olga & words => text    replies with the text to the message that has these words (not at the terminal)
    @ days                  that many days pass, 0 too, and what is due by then is done

`{hub}` and other words in braces that were met before are filled in.
"""

from __future__ import annotations

import re
import typing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy import update

from bot.desk import invite, perform
from bot.domain.desk import GrantRole
from bot.domain.messages import Address
from bot.domain.people import Role
from storage.tables import invitations
from tests.contract.channels.stage import Person, Stage
from tests.contract.channels.terminal import TerminalPerson, TerminalStage

PERSON = re.compile(r"person (?P<name>\w+): (?P<language>\w+) (?P<kind>contact|visitor|organiser|admin) ?(?P<rest>.*)")
INVITED = re.compile(r"code (?P<name>\w+): (?P<company>[^/]+?)(?: / (?P<state>expired|revoked|used up))?")
STEP = re.compile(r"(?P<name>\w+) (?P<kind>[>\[<^&-]) ?(?P<rest>.*)")
PAUSE = re.compile(r"@ (?P<days>[0-9.]+)")
HOLE = re.compile(r"\\\{(\w+)\\\}")
WHERE = ("memory", "telegram", "matrix", "terminal")

Kind = Literal["contact", "visitor", "organiser", "admin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One line of the cast."""

    name: str
    language: str
    kind: Kind
    company: str
    called: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """A conversation of several people; steps are (line number, who, kind, rest)."""

    forms: tuple[str, ...]
    settings: dict[str, str]
    cast: tuple[Part, ...]
    steps: tuple[tuple[int, str, str, str], ...]
    codes: tuple[tuple[str, str, str], ...]  # name, company, what is wrong with it
    only: tuple[str, ...]


def read_play(path: Path) -> Play:
    """Read a conversation's file; a line that is no step is a mistake of its author."""
    headers: dict[str, str] = {}
    cast: list[Part] = []
    steps: list[tuple[int, str, str, str]] = []
    codes: list[tuple[str, str, str]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if found := PERSON.fullmatch(line.strip()):
            company, _, called = found["rest"].rpartition(" / ")
            kind = typing.cast("Kind", found["kind"])
            cast.append(Part(name=found["name"], language=found["language"], kind=kind, company=company, called=called))
        elif found := INVITED.fullmatch(line.strip()):
            codes.append((found["name"], found["company"], found["state"] or ""))
        elif found := PAUSE.fullmatch(line.strip()):
            steps.append((number, "", "@", found["days"]))
        elif (found := STEP.fullmatch(line.strip())) and found["name"] in {each.name for each in cast}:
            steps.append((number, found["name"], found["kind"], found["rest"]))
        else:
            name, colon, value = line.partition(":")
            assert colon and re.fullmatch(r"forms|only|registration", name), (
                f"{path.name}:{number}: {line!r} is no step"
            )
            headers[name] = value.strip()
    return Play(
        forms=tuple(headers.pop("forms", "types").replace(",", " ").split()),
        only=tuple(headers.pop("only", " ".join(WHERE)).split()),
        settings=headers,
        cast=tuple(cast),
        steps=tuple(steps),
        codes=tuple(codes),
    )


@dataclass(slots=True)
class Troupe:
    """Plays a conversation on a stage."""

    stage: Stage
    play: Play
    persons: dict[str, Person] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)

    async def gather(self) -> None:
        """Make the codes, and let everybody of the cast come who has joined before."""
        for name, company, state in self.play.codes:
            self.known[name] = await self._code(company, state)
        for part in self.play.cast:
            person = self.persons[part.name] = self.stage.person(part.name, language=part.language)
            if part.kind in ("organiser", "admin"):
                await self._joins_team(part, person)
            elif part.kind == "contact":
                await self._joins_company(part, person)

    async def _code(self, company: str, state: str) -> str:
        house = self.stage.house
        late = house.clock.now() - timedelta(days=1) if state == "expired" else None
        code, _ = await invite(house, actor="command line", company=company, uses=1, expires_at=late)
        spoilt = {"revoked": {"revoked_at": 1}, "used up": {"uses_left": 0}}.get(state)
        if spoilt is not None:
            here = invitations.c.code_hash == house.hub.code_hash(code)
            await self.stage.write(update(invitations).where(here).values(spoilt))
        return code

    async def _joins_team(self, part: Part, person: Person) -> None:
        role: Role = "admin" if part.kind == "admin" else "organiser"
        command = GrantRole(person=Address.parse(person.address), role=role)
        await perform(self.stage.house, actor="command line", command=command)
        await self._consents(part, person)
        await person.hears(self._says(part, "joining.name"))
        await person.says(part.called)
        await person.hears(self._says(part, "joining.done_staff", name=part.called))

    async def _joins_company(self, part: Part, person: Person) -> None:
        if part.company not in self.codes:
            self.codes[part.company], _ = await invite(
                self.stage.house, actor="command line", company=part.company, role=None, uses=10, expires_at=None
            )
        await self._consents(part, person, code=self.codes[part.company])
        await person.hears(self._says(part, "joining.company_right", company=part.company))
        await person.picks(self._says(part, "joining.company_yes"))
        await person.hears(self._says(part, "joining.name"))
        await person.says(part.called)
        await person.hears(part.called)

    async def _consents(self, part: Part, person: Person, *, code: str = "") -> None:
        await person.starts(code)
        await self.stage.settled()
        await person.hears(self._says(part, "consent.title"))
        await person.picks(self._says(part, "consent.yes"))

    def _says(self, part: Part, key: str, **parameters: object) -> str:
        return self.stage.says(key, language=part.language, **parameters)

    async def take(self, name: str, kind: str, rest: str) -> None:
        """Take one step."""
        if kind == "@":
            self.stage.clock.ahead += timedelta(days=float(rest))
            await self.stage.due()
            return
        person = self.persons[name]
        rest = self._filled(rest) if kind != "<" else rest
        if kind in "<^-" and isinstance(self.stage, TerminalStage) and isinstance(person, TerminalPerson):
            await self.stage.turn_to(person)
        match kind:
            case ">" if rest == "/start":
                await person.starts()
            case ">":
                await person.says(rest)
            case "[":
                await person.picks(rest.removesuffix("]"))
            case "<":
                await self._hears(person, rest)
            case "^":
                await person.sees(rest)
            case "&":
                words, _, text = rest.partition(" => ")
                await person.answers_to(words, text)
            case _:
                await self.stage.settled()
                assert not any(rest in text for text in person.seen()), f"{name} was shown {rest!r}"

    async def _hears(self, person: Person, wanted: str) -> None:
        """Wait for a message; what stands in braces for the first time is learned from it."""
        pattern = re.escape(wanted)
        new = [hole for hole in HOLE.findall(pattern) if hole not in self.known]
        if not new:
            await person.hears(self._filled(wanted))
            return
        beginning = self._filled(wanted.partition("{" + new[0] + "}")[0])
        message = await person.hears(beginning)
        for hole in HOLE.findall(pattern):
            value = re.escape(self.known[hole]) if hole in self.known else rf"(?P<{hole}>[^\s]+)"
            pattern = pattern.replace(rf"\{{{hole}\}}", value, 1)
        found = re.search(pattern, message.text)
        assert found is not None, f"{wanted!r} is not in {message.text!r}"
        self.known.update(found.groupdict())

    def _filled(self, text: str) -> str:
        for name, value in self.known.items():
            text = text.replace("{" + name + "}", value)
        return text

    async def bow(self) -> None:
        """Let everybody look once more, where one window at a time is in front: what was said to them is told then."""
        if isinstance(self.stage, TerminalStage):
            for person in self.persons.values():
                assert isinstance(person, TerminalPerson)
                if person.window.read_lines:
                    await self.stage.turn_to(person)
                    await self.stage.settled()
