"""Whatever people do: nobody sees or does what their rights do not allow, and what works once works once."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from bot.domain.commands import COMMANDS
from bot.domain.messages import Pressed, PromptId, Said
from bot.house import open_house
from bot.runtime.clock import StandingClock
from storage import tables
from tests.contract.channels.staging import prepared
from tests.conversations.townspeople import COMPANIES, EVERYBODY, KEPT, STAFF, STRANGERS, Shown, Townspeople, words_of

T = TypeVar("T")

WHO = st.sampled_from(EVERYBODY)
NAMES = st.sampled_from([name for command in COMMANDS for name in (command.name, command.german)])
WORDS = ("", "", "1", "2", "1 word", "word", "here", "off", "memory:sid admin", "grant memory:sid admin", "Adawerk")
ARGUMENTS = st.sampled_from(WORDS)


class Hub(RuleBasedStateMachine):
    """One hub, and everything that can be done to it by chat."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="hubtalk-town-"))
        self.town = self.wait(self._open())

    async def _open(self) -> Townspeople:
        chosen = self.stack.enter_context(prepared(folder=self.folder, registration="invitation"))
        clock = StandingClock(datetime.now(UTC))
        house = await self.stack.enter_async_context(open_house(chosen, clock=clock))
        return await Townspeople.settle(house, clock)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.wait(self.stack.aclose())
        self.loop.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- what people do ----------------------------------------------------------------------------------------------

    @rule(who=WHO, name=NAMES, argument=ARGUMENTS)
    def command(self, who: str, name: str, argument: str) -> None:
        """Anybody writes any command."""
        argument = argument.replace("word", self.town.word(who))
        self._do(who, Said(f"/{name} {argument}".strip()))

    @rule(who=WHO, number=st.integers(min_value=1, max_value=6))
    def number(self, who: str, number: int) -> None:
        """Anybody picks by number."""
        self._do(who, Said(str(number)))

    @rule(who=WHO)
    def text(self, who: str) -> None:
        """Anybody writes something of their own."""
        self._do(who, Said(self.town.word(who)))

    @rule(who=WHO, place=st.integers(min_value=0), choice=st.integers(min_value=0), forged=st.booleans())
    def press(self, who: str, place: int, choice: int, forged: bool) -> None:
        """Anybody presses what they were shown, or forges the button of somebody else."""
        offered = [one for one in self.town.shown if one.message.choices and (forged or one.chat == who)]
        if offered:
            one = offered[-1 - place % min(len(offered), 8)]
            picked = one.message.choices[choice % len(one.message.choices)]
            self._do(who, Pressed(PromptId(one.message.prompt or 0), picked.key, None, one.id))

    @rule(who=WHO, place=st.integers(min_value=0))
    def reply(self, who: str, place: int) -> None:
        """Anybody replies to any message."""
        one = self.town.shown[-1 - place % min(len(self.town.shown), 8)]
        self._do(who, Said(self.town.word(who), reply_to=one.id))

    @rule(who=WHO, which=st.integers(min_value=0, max_value=1))
    def code(self, who: str, which: int) -> None:
        """Anybody tries one of the codes that go round."""
        self._do(who, Said(f"/start {self.town.codes[which]}"))

    @rule(who=st.sampled_from(STRANGERS), other=st.sampled_from([*STRANGERS, "new"]))
    def code_at_once(self, who: str, other: str) -> None:
        """Two strangers bring the same code, and agree in the same instant."""
        code = self.town.codes[0]
        for name in (who, other):
            self._do(name, Said(f"/start {code}"))
        yes = [one for one in self.town.shown if any(choice.key == "yes" for choice in one.message.choices)]
        last = {one.chat: one for one in yes}
        if who != other and who in last and other in last:
            presses = [Pressed(last[name].message.prompt, "yes", None, last[name].id) for name in (who, other)]
            self.wait(self.town.both((who, presses[0]), (other, presses[1])))

    @rule(who=WHO, name=NAMES)
    def in_the_group(self, who: str, name: str) -> None:
        """Anybody writes a command in a group with the bot."""
        self._do(who, Said(f"/{name}"), chat=self.town.group)

    @rule()
    def later(self) -> None:
        """Hours pass."""
        self.town.clock.pass_by(timedelta(hours=7))

    # --- what must be true -------------------------------------------------------------------------------------------

    def _do(self, who: str, content: Any, *, chat: str | None = None) -> None:
        rights = self.wait(self.town.rights(who))
        before = [(query, right, self.wait(self.town.table(query))) for query, right in KEPT]
        own = self.wait(self._belongings(who))
        shown = self.wait(self.town.act(who, content, chat=chat))
        for query, right, rows in before:
            now = self.wait(self.town.table(query))
            if right not in rights:
                changed = set(map(tuple, rows)) ^ set(map(tuple, now))
                assert all(who in row for row in changed), f"{who} without {right!r} changed {changed}"
        if not rights:
            assert self.wait(self._belongings(who)) == own
        for one in shown:
            self._may_see(one)

    async def _belongings(self, who: str) -> list[str]:
        """Return what belongs to others: their contacts, companies and answers."""
        company = await self.town.company(who)
        people = await self.town.table(
            select(tables.addresses.c.chat, tables.contacts.c.name, tables.contacts.c.company_id)
            .select_from(tables.addresses.join(tables.contacts, tables.contacts.c.id == tables.addresses.c.contact_id))
            .where(tables.addresses.c.chat != who)
        )
        answers = await self.town.table(
            select(tables.answers.c.response_id, tables.answers.c.path, tables.answers.c.value)
            .select_from(tables.answers.join(tables.responses))
            .where(tables.responses.c.company_id != (company or 0))
        )
        return sorted(map(repr, [*people, *answers]))

    def _may_see(self, one: Shown) -> None:
        """Look that a message shows nobody's words to somebody who may not see them."""
        chat = one.chat
        rights = self.wait(self.town.rights(chat))
        if rights or chat == self.town.group:
            return
        for word in words_of(one.message):
            author = self.town.author[word]
            if author == chat or author in STAFF:
                continue
            colleagues = chat in COMPANIES and COMPANIES.get(author) == COMPANIES[chat]
            assert colleagues, f"{chat} was shown a word of {author}"

    @invariant()
    def what_works_once_works_once(self) -> None:
        """No code was used more often than it may be."""
        used = (
            select(func.count())
            .select_from(tables.invitation_uses)
            .where(tables.invitation_uses.c.invitation_id == tables.invitations.c.id)
            .scalar_subquery()
        )
        for uses, left, count in self.wait(
            self.town.table(select(tables.invitations.c.uses, tables.invitations.c.uses_left, used))
        ):
            assert left is None or (left >= 0 and count <= (uses or 0))

    @invariant()
    def no_handler_failed(self) -> None:
        """Nothing was set aside."""
        assert self.wait(self.town.table(select(tables.set_aside.c.error))) == []

    @invariant()
    def an_admin_remains(self) -> None:
        """The last admin cannot be removed, by nobody."""
        admins = select(func.count()).select_from(tables.rights).where(tables.rights.c.role == "admin")
        assert self.wait(self.town.table(admins))[0][0] >= 1


@pytest.mark.parametrize(("examples", "steps"), [(12, 25), pytest.param(150, 50, marks=pytest.mark.soak)])
def test_nobody_sees_or_does_what_they_may_not(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Hub,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
