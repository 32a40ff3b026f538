"""Several people of one company who answer its response together, each as strangely as a stranger would.

What they have answered is known to all of them; where each stands is their own. Before every message what the
database holds must be what all of them together have written.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, bindparam, select, update

from bot.adapters.plain import plain_text
from bot.desk import COMMAND_LINE, perform
from bot.domain.desk import PublishForm
from bot.domain.messages import Address, Content, InboundMessage, Said
from bot.domain.outcomes import AnswerStored
from bot.domain.scene import Scene, Turn
from bot.forms.model import Form
from bot.house import House
from bot.ports import Batch, Mark, Route, SetAside
from bot.runtime.clock import StandingClock
from bot.runtime.router import find
from handlers import ROUTES
from storage.codec import dump, to_micros
from storage.desk import preview as preview_rows
from storage.statements import Row, Statement, Steps, change, rows
from storage.tables import answer_history, answers, companies, contacts, interviews, repeat_instances, responses
from tests.conversations.strange_forms import StrangeForm
from tests.conversations.strangers import ACCOUNT, CHANNEL, Heard, Memory, Stranger, Town, check_reread

WORDY = ("text", "barcode")
IN_COMPANY = Statement(
    update(contacts)
    .where(contacts.c.id == bindparam("contact"))
    .values(company_id=bindparam("company"), name=bindparam("called"))
)
COMPANY = Statement(update(companies).where(companies.c.id == bindparam("company")).values(name=bindparam("called")))
Accepted = tuple[str, int, str, str | None, int]
"""Path, instance, state and value of an answer, and who gave it."""


@dataclass(slots=True)
class Team:
    """The people of one company: what they know together, what they said, what was accepted of it, in order."""

    name: str
    company: int
    people: list[Colleague] = field(default_factory=list)
    memory: Memory = field(default_factory=Memory)
    words: set[str] = field(default_factory=set)
    accepted: list[Accepted] = field(default_factory=list)


class Colleague(Stranger):
    """One of a team."""

    def __init__(self, office: Office, team: Team, *, name: str, form: StrangeForm, rnd: random.Random) -> None:
        super().__init__(office, name=name, types=form.types, rnd=rnd)
        self.team = team
        self.memory = team.memory
        self.contact = 0
        self._office = office

    async def does(self, content: Content, *, message_id: str | None = None) -> None:
        await super().does(content, message_id=message_id)
        await self._office.hand_out()

    def message(self, text: str) -> InboundMessage:
        """Return something typed, to be handled together with what somebody else types."""
        self.said.append(text)
        number = f"{self._name}-{len(self.said)}"
        return InboundMessage(
            account=ACCOUNT, native_id=number, address=Address(CHANNEL, self._name), sender=self._name,
            content=Said(text), received_at=self._town.clock.now(), message_id=number, language="de",
        )  # fmt: skip

    def word(self) -> str:
        """Return what fits the question shown, in words of one's own."""
        return self._word()

    def _word(self) -> str:
        asked = self._asked()
        if self._types.get(asked or "") in WORDY and self._rnd.random() < 0.8:
            word = f"wort{self._name}{len(self.said)}z"
            self.team.words.add(word)
            return word
        return super()._word()

    def route(self, scene: Scene) -> Route:
        interview = scene.interview
        if interview is not None:
            check_reread(replace(self.memory, moved=None), scene, interview)
        return find(ROUTES, scene)

    def turn(self, route: Route, scene: Scene) -> tuple[Turn, SetAside | None]:
        turn, aside = super().turn(route, scene)
        for fact in turn.outcomes:
            if isinstance(fact, AnswerStored) and fact.by_person:
                assert scene.contact is not None and fact.contact == scene.contact.id
                value = None if fact.value is None else dump(fact.value)
                self.team.accepted.append((fact.path, fact.instance, fact.state, value, scene.contact.id))
        return turn, aside


class Office(Town):
    """A house with teams in it."""

    def __init__(self, house: House, clock: StandingClock) -> None:
        super().__init__(house, clock)
        self.teams: list[Team] = []

    async def open(self, form: Form, made: StrangeForm, *, name: str) -> None:
        """Bring the form in as one that a company answers together."""
        command = PublishForm(
            form=replace(form, respondent="company"), name=name, file_name="strange.md", source=made.source.encode()
        )
        await perform(self.house, actor=COMMAND_LINE, command=command)

    async def team(self, name: str, people: Sequence[str], made: StrangeForm, *, rnd: random.Random) -> Team:
        """Let the people of a company in."""
        team = Team(name=name, company=0)
        for person in people:
            colleague = Colleague(self, team, name=person, form=made, rnd=rnd)
            colleague.contact = number = self.house.next_id()
            team.company = team.company or number
            language, now = rnd.choice(("de", "en")), to_micros(self.clock.now())

            def let_in(
                person: str = person, number: int = number, language: str = language, now: int = now
            ) -> Steps[None]:
                yield from preview_rows.let_in(
                    contact=number, address=self.house.next_id(), channel=CHANNEL, person=person, language=language,
                    now=now, company=True,
                )  # fmt: skip
                yield from change(IN_COMPANY, contact=number, company=team.company, called=f"Name{person}z")
                yield from change(COMPANY, company=team.company, called=f"Firma{name}z")

            await self.house.database.write(let_in)
            team.people.append(colleague)
            team.words.add(f"Name{person}z")
        self.teams.append(team)
        return team

    async def hand_out(self) -> None:
        """Show what was said to people of our own accord."""
        while claimed := await self.store.claim([CHANNEL]):
            marks = []
            for outgoing, known, _ in claimed:
                heard = Heard(f"b{outgoing.delivery}", outgoing.message)
                self._person(outgoing.address.chat).heard.append(heard)
                marks.append(
                    Mark(
                        delivery=outgoing.delivery, address=outgoing.address, state="sent", known=known,
                        message_ids=(heard.id,), prompt=outgoing.message.prompt,
                    )
                )  # fmt: skip
            await self.store.process(Batch(marks=tuple(marks), cursors={}), self)

    def _person(self, chat: str) -> Colleague:
        return next(one for team in self.teams for one in team.people if one._name == chat)

    async def at_once(self, people: Sequence[Colleague]) -> None:
        """Let several people type what fits in the same instant."""
        waiting = tuple(one.message(one.word()) for one in people)
        while waiting:
            handled = await self.store.process(Batch(messages=waiting, cursors={}), self)
            for outgoing, known in handled.sends:
                heard = Heard(f"b{outgoing.delivery}", outgoing.message)
                person = self._person(outgoing.address.chat)
                person.heard.append(heard)
                mark = Mark(
                    delivery=outgoing.delivery, address=outgoing.address, state="sent", known=known,
                    message_ids=(heard.id,), prompt=outgoing.message.prompt,
                )  # fmt: skip
                person._marks.append(mark)
            waiting = handled.later
        self.clock.pass_by(timedelta(seconds=20))
        await self.hand_out()

    def route(self, scene: Scene) -> Route:
        """See `bot.ports.Decide`."""
        return self._person(scene.address.chat).route(scene)

    def turn(self, route: Route, scene: Scene) -> tuple[Turn, SetAside | None]:
        """See `bot.ports.Decide`."""
        return self._person(scene.address.chat).turn(route, scene)

    # --- looking -----------------------------------------------------------------------------------------------------

    async def _table(self, query: Select[Any]) -> list[Row]:
        return await self.house.database.read(lambda: rows(Statement(query)))

    async def check(self) -> None:
        """Hold the tables against what was accepted, and what everybody saw against what their company said."""
        for team in self.teams:
            await self._check_answers(team)
        for team in self.teams:
            foreign = {
                word for other in self.teams if other is not team for word in (*other.words, f"Firma{other.name}z")
            }
            for person in team.people:
                seen = " ".join(plain_text(heard.message) for heard in person.heard)
                assert not [word for word in foreign if word in seen], f"{person._name} saw what is not theirs"

    async def _check_answers(self, team: Team) -> None:
        found = await self._table(
            select(responses.c.id, responses.c.status).where(responses.c.company_id == team.company)
        )
        assert len(found) <= 1, "a company has one response"
        if not found:
            return
        ((response, status),) = found
        columns = ("path", "instance", "state", "value", "contact_id")
        kept = await self._table(
            select(*(answer_history.c[name] for name in columns))
            .where(answer_history.c.response_id == response)
            .order_by(answer_history.c.id)
        )
        assert [tuple(row) for row in kept] == team.accepted, "the history is not what was accepted, in its order"
        last = {(path, instance): (state, value, by) for path, instance, state, value, by in team.accepted}
        there = {row[0] for row in await self._table(select(repeat_instances.c.id))} | {0}
        now = await self._table(select(*(answers.c[name] for name in columns)).where(answers.c.response_id == response))
        for path, instance, state, value, by in now:
            if state not in ("default", "calculated"):
                assert instance in there
                said = last[path, instance]
                assert (state, by) == (said[0], said[2]), f"{path} is not what was said last"
                assert value == said[1] or value is None or len(value) < len(said[1] or ""), f"{path}: another value"
        if status == "submitted":
            left = await self._table(select(interviews.c.state).where(interviews.c.response_id == response))
            assert {row[0] for row in left} <= {"finished", "open"}
