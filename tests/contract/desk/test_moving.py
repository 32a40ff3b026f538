"""Running responses move to a new version, each as a whole or not at all, also while a turn is being written."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from sqlalchemy import select, text

from bot.desk import look_ahead, perform
from bot.domain import desk
from bot.domain.messages import Address, InboundMessage, Said
from bot.domain.outcomes import AnswerStored
from bot.domain.scene import Scene, Turn
from bot.errors import Conflict
from bot.forms.model import Choice, Form, Group, Question
from bot.house import House
from bot.ports import Batch, Route, SetAside
from storage.codec import dump
from storage.driver import Database, open_database
from storage.postgresql import connect
from storage.scenes import Surroundings
from storage.statements import Row, Statement, Step, Steps, insert, many, rows
from storage.tables import answer_history, answers, audit_log, interviews, prompts, repeat_instances, responses
from storage.unit_of_work import SqlStore
from storage.writes import HOLD
from tests.contract.desk.conftest import People, form_ids
from tests.contract.desk.sheets import SIZE, TOPICS, WISH, form, publish, question

T = TypeVar("T")
INTERVIEW = insert(interviews, ("id", "contact_id", "response_id", "state", "position", "touched_at"))
PROMPT = insert(prompts, ("id", "channel", "chat", "kind", "response_id", "path", "answered_by", "created_at"))
HISTORY = insert(answer_history, ("id", "response_id", "path", "state", "value", "answered_at"))
INSTANCE = insert(repeat_instances)
OLD = form(SIZE, TOPICS, WISH)
STAFF = replace(SIZE, path="staff", name="staff")
RENAMED = form(STAFF, TOPICS, WISH)
GATE = 4711


async def table(house: House, *columns: Any) -> list[Row]:
    return await house.database.read(lambda: rows(Statement(select(*columns).order_by(*columns[:3]))))


async def begun(house: House, people: People, name: str, given: Mapping[str, Any], **more: Any) -> int:
    await perform(house, actor="somebody", command=publish(OLD))
    number = await people.response(await people.contact(name), await form_ids(house), given, submitted=False, **more)
    return int(number)


async def migrate(house: House, compiled: Form, source: bytes = b"2") -> desk.Outlook:
    done = await perform(house, actor="somebody", command=replace(publish(compiled, source), migrate=True))
    assert done.outlook is not None
    return done.outlook


async def versions(house: House) -> dict[int, int]:
    """Return how the responses stand: by id, the place of their version among all."""
    found = await table(house, responses.c.id, responses.c.form_version_id)
    ids = sorted({row[1] for row in found} | {(await form_ids(house))[1]})
    return {row[0]: ids.index(row[1]) + 1 for row in found}


async def test_first_version_has_nothing_to_say(house: House) -> None:
    assert await look_ahead(house, publish(OLD)) is None
    assert (await perform(house, actor="somebody", command=publish(OLD))).outlook is None
    assert await look_ahead(house, publish(OLD)) is None, "the same bytes again"


async def test_publishing_moves_nobody_and_says_what_could_move(house: House, people: People) -> None:
    number = await begun(house, people, "Eva", {"size": 3})
    ahead = await look_ahead(house, publish(RENAMED, b"2"))
    done = await perform(house, actor="somebody", command=publish(RENAMED, b"2"))
    assert done.outlook == ahead
    assert ahead is not None and ahead.differences is not None
    assert (ahead.running, ahead.submitted, ahead.moves, ahead.moved) == (1, 0, 1, False)
    assert [change.kind for change in ahead.differences.changes] == ["renamed"]
    assert await versions(house) == {number: 1}


async def test_looking_ahead_changes_nothing(house: House, people: People) -> None:
    await begun(house, people, "Eva", {"size": 3})
    before = await table(house, answers.c.path, answers.c.value)
    await look_ahead(house, replace(publish(RENAMED, b"2"), migrate=True))
    assert await table(house, answers.c.path, answers.c.value) == before
    assert (await form_ids(house))[1] == (await table(house, responses.c.form_version_id))[0][0]


async def test_answers_go_along_under_their_new_name(house: House, people: People) -> None:
    number = await begun(house, people, "Eva", {"size": 3, "topics": ["a"]}, aside={"wish": "x"})
    history = {"id": 1, "response_id": number, "path": "size", "state": "given", "value": "2", "answered_at": 5}
    await house.database.write(lambda: many(HISTORY, [history]))
    outlook = await migrate(house, RENAMED)
    assert (outlook.moves, outlook.stays, outlook.moved) == (1, (), True)
    assert await versions(house) == {number: 1}, "one version is left, the newest"
    assert (await form_ids(house))[1] == (await table(house, responses.c.form_version_id))[0][0]
    found = await table(house, answers.c.path, answers.c.value, answers.c.state, answers.c.relevant)
    assert [(path, value, state, bool(relevant)) for path, value, state, relevant in found] == [
        ("staff", "3", "given", True),
        ("topics", '["a"]', "given", True),
        ("wish", '"x"', "given", False),
    ]
    assert await table(house, answer_history.c.path) == [("staff",)]
    assert [row[0] for row in await table(house, audit_log.c.action)].count("responses moved") == 1


async def test_question_that_went_into_a_group_takes_its_answer_along(house: House, people: People) -> None:
    one, two = question("one", "integer"), question("two", "integer")
    await perform(house, actor="somebody", command=publish(form(one, two)))
    await people.response(await people.contact("Eva"), await form_ids(house), {"one": 1, "two": 2}, submitted=False)
    new = form(replace(one, path="g/one", groups=("g",)), two)
    new = replace(new, groups=(Group(path="g", name="g"),))
    assert (await migrate(house, new)).moves == 1
    assert await table(house, answers.c.path, answers.c.value) == [("g/one", "1"), ("two", "2")]


async def test_who_would_lose_an_answer_stays_and_the_others_move(house: House, people: People) -> None:
    stays = await begun(house, people, "Eva", {"size": 3, "topics": ["a", "c"]})
    moves = await begun(house, people, "Tom", {"size": 4, "topics": ["a"]})
    passed = await begun(house, people, "Ida", {"topics": None}, state="skipped")
    fewer = replace(TOPICS, choices=tuple(choice for choice in TOPICS.choices if choice.name != "c"))
    outlook = await migrate(house, form(SIZE, fewer, WISH))
    assert (outlook.running, outlook.moves) == (3, 2)
    assert outlook.stays == (desk.Stay(version=1, path="topics", why="choice_removed", responses=1),)
    assert await versions(house) == {stays: 1, moves: 2, passed: 2}


async def test_what_was_sent_in_stays_on_its_version(house: House, people: People) -> None:
    await perform(house, actor="somebody", command=publish(OLD))
    done = await people.response(await people.contact("Eva"), await form_ids(house), {"size": 3})
    outlook = await migrate(house, RENAMED)
    assert (outlook.running, outlook.submitted, outlook.moves) == (0, 1, 0)
    assert await versions(house) == {done: 1}
    assert await table(house, answers.c.path) == [("size",)]


async def test_responses_of_all_earlier_versions_move_also_later(house: House, people: People) -> None:
    first = await begun(house, people, "Eva", {"size": 3})
    await perform(house, actor="somebody", command=publish(RENAMED, b"2"))
    second = await people.response(await people.contact("Tom"), await form_ids(house), {"staff": 4}, submitted=False)
    more = form(STAFF, TOPICS, WISH, question("more"))
    await perform(house, actor="somebody", command=publish(more, b"3"))
    outlook = await migrate(house, more, b"3")
    assert (outlook.differences, outlook.running, outlook.moves) == (None, 2, 2)
    assert len(set((await versions(house)).values())) == 1
    assert await table(house, answers.c.response_id, answers.c.path) == [(first, "staff"), (second, "staff")]


async def test_contact_goes_on_where_they_stood_if_it_reads_the_same(house: House, people: People) -> None:
    same = await begun(house, people, "Eva", {})
    other = await begun(house, people, "Tom", {})
    found: dict[int, int] = dict(await table(house, responses.c.id, responses.c.contact_id))
    standing = {same: "size", other: "topics"}
    await house.database.write(
        lambda: many(
            INTERVIEW,
            [
                {"id": number, "contact_id": found[number], "response_id": number, "state": "open", "position": path,
                 "touched_at": 1}
                for number, path in standing.items()
            ],
        )
    )  # fmt: skip
    await house.database.write(
        lambda: many(
            PROMPT,
            [
                {"id": number + 1, "channel": "terminal", "chat": "x", "kind": "question", "response_id": number,
                 "path": path, "answered_by": "7", "created_at": 1}
                for number, path in standing.items()
            ],
        )
    )  # fmt: skip
    turned = replace(TOPICS, choices=tuple(reversed(TOPICS.choices)))
    await migrate(house, form(STAFF, turned, WISH))
    assert dict(await table(house, interviews.c.response_id, interviews.c.position)) == {same: "staff", other: ""}
    shown = await table(
        house, prompts.c.id, prompts.c.response_id, prompts.c.path, prompts.c.answered_by, prompts.c.superseded_at
    )
    assert [row[1:4] for row in shown] == [(same, "staff", "7"), (None, "", None)], "a button must not mean another one"
    assert all(row[4] is not None for row in shown)


def repeated(path: str) -> Form:
    town = Question(path=f"{path}/town", name="town", type="text", label={"de": "Town?"}, groups=(path,))
    made = form(town, WISH)
    return replace(made, groups=(Group(path=path, name=path, label={"de": "Sites"}, repeats=True),))


async def with_instance(house: House, people: People, given: str | None) -> int:
    """Store a running response with one instance of `sites` in which somebody has answered, or not."""
    await perform(house, actor="somebody", command=publish(repeated("sites")))
    number = await people.response(await people.contact("Eva"), await form_ids(house), {"wish": "x"}, submitted=False)
    row = {"id": 77, "response_id": number, "path": "sites", "parent_id": None, "ordinal": 1}
    answer = {"response_id": number, "path": "sites/town", "instance": 77, "relevant": True, "contact_id": None,
              "state": "given" if given else "skipped", "value": dump(given) if given else None,
              "answered_at": 1}  # fmt: skip

    complete = {**answer, "path": "sites", "instance": 0, "state": "given", "value": dump("no")}

    def unit() -> Steps[None]:
        yield from many(INSTANCE, [row])
        yield from many(insert(answers), [answer, complete])

    await house.database.write(unit)
    return int(number)


async def test_instances_of_a_renamed_repeat_go_along(house: House, people: People) -> None:
    await with_instance(house, people, "Unna")
    assert (await migrate(house, repeated("places"))).moves == 1
    assert await table(house, repeat_instances.c.id, repeat_instances.c.path) == [(77, "places")]
    assert await table(house, answers.c.path, answers.c.instance) == [
        ("places", 0), ("places/town", 77), ("wish", 0),
    ]  # fmt: skip


async def test_instances_of_a_repeat_that_is_gone_go_only_if_nobody_answered_in_them(
    house: House, people: People
) -> None:
    number = await with_instance(house, people, "Unna")
    outlook = await migrate(house, form(WISH))
    assert outlook.stays == (desk.Stay(version=1, path="sites/town", why="removed", responses=1),)
    answered = replace_value(number)
    await house.database.write(lambda: many(answered, [{}]))
    assert (await migrate(house, form(WISH))).moves == 1
    assert await table(house, repeat_instances.c.id) == []
    assert await table(house, answers.c.path) == [("wish",)]


def replace_value(response: int) -> Statement:
    """Return the statement that makes the answer in the instance a skipped one."""
    change = answers.update().where(answers.c.response_id == response, answers.c.instance == 77)
    return Statement(change.values(state="skipped", value=None))


async def test_relabelled_choice_that_somebody_gave_holds_only_them(house: House, people: People) -> None:
    await begun(house, people, "Eva", {"topics": ["a"]})
    other = tuple(Choice(name=choice.name, label={"de": "Anderes"}) for choice in TOPICS.choices)
    outlook = await migrate(house, form(SIZE, replace(TOPICS, choices=other), WISH))
    assert [(stay.why, stay.responses) for stay in outlook.stays] == [("choice_reworded", 1)]


# --- a turn meanwhile ------------------------------------------------------------------------------------------------


class Answering:
    """Decides that what was said is the answer to the first question of the form as it was read."""

    def route(self, scene: Scene) -> Route:
        del scene
        return Route(name="answer", when=lambda _: True, handle=lambda _: None)

    def turn(self, route: Route, scene: Scene) -> tuple[Turn, SetAside | None]:
        del route
        interview, contact = scene.interview, scene.contact
        assert interview is not None and contact is not None
        first = interview.form.questions[0].path
        stored = AnswerStored(
            response=interview.response, path=first, state="given", value=9, relevant=True, by_person=True,
            contact=contact.id,
        )  # fmt: skip
        return Turn(outcomes=(stored,)), None


class Slow:
    """A database whose turns wait between reading and writing until they may go on."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.reached = threading.Event()
        self.may_go_on = threading.Event()

    async def write(self, steps: Callable[[], Steps[T]]) -> T:
        return await self.database.write(lambda: self._slowly(steps()))

    def _slowly(self, unit: Steps[T]) -> Steps[T]:
        answer: Any = None
        try:
            while True:
                step: Step = unit.send(answer)
                if step.statement is HOLD:
                    yield from self._wait()
                answer = yield step
        except StopIteration as end:
            result: T = end.value
            return result

    def _wait(self) -> Steps[None]:
        self.reached.set()
        if self.database.kind == "sqlite":  # in the connection's own thread
            assert self.may_go_on.wait(30)
        else:
            yield from rows(Statement(text(f"SELECT pg_advisory_xact_lock({GATE})")))


@asynccontextmanager
async def closed_gate(house: House) -> AsyncIterator[Callable[[], Any]]:
    """Hold what a slow turn on PostgreSQL waits for; gives how to let it through."""
    if house.database.kind == "sqlite":
        yield lambda: asyncio.sleep(0)
        return
    holder = await connect(house.database.url, name="gate")
    try:
        await holder.execute(f"SELECT pg_advisory_lock({GATE})")
        yield lambda: holder.execute(f"SELECT pg_advisory_unlock({GATE})")
    finally:
        await holder.close()


def store_on(house: House, database: Any) -> SqlStore:
    around = Surroundings(
        hub=house.hub, catalogue=house.texts, library=house.library, next_id=house.next_id, code_in=lambda _: ""
    )
    return SqlStore(database, around, clock=house.clock, owner="test")


def said(house: House, number: int) -> Batch:
    message = InboundMessage(
        address=Address("terminal", "eva"), account="terminal:local", native_id=str(number), sender="eva",
        received_at=house.clock.now(), content=Said(text="9"),
    )  # fmt: skip
    return Batch(messages=(message,), cursors={})


async def test_a_turn_never_answers_a_version_that_its_response_has_left(house: House, people: People) -> None:
    number = await begun(house, people, "Eva", {})
    ((contact,),) = await table(house, responses.c.contact_id)
    row = {"id": 5, "contact_id": contact, "response_id": number, "state": "open", "position": "size", "touched_at": 1}
    await house.database.write(lambda: many(INTERVIEW, [row]))
    async with await open_database(house.database.url) as other, closed_gate(house) as let_through:
        slow = Slow(other)
        turn = asyncio.create_task(store_on(house, slow).process(said(house, 1), Answering()))
        await asyncio.to_thread(slow.reached.wait, 30)
        moving = asyncio.create_task(migrate(house, RENAMED))
        if house.database.kind == "sqlite":
            slow.may_go_on.set()  # SQLite has one writer: the migration waits for the turn
            await turn
            assert (await moving).moves == 1
        else:
            assert (await moving).moves == 1, "nothing was held yet, so the migration went ahead"
            await let_through()
            with pytest.raises(Conflict):
                await turn
            await store_on(house, other).process(said(house, 1), Answering())
    assert await table(house, answers.c.path, answers.c.value) == [("staff", "9")]
    assert (await form_ids(house))[1] == (await table(house, responses.c.form_version_id))[0][0]
