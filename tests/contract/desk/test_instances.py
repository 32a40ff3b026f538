"""Instances of repeats where everything about a person is told, checked or erased."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import select

from bot.desk import perform
from bot.domain.desk import NoteContact
from bot.domain.messages import Address, InboundMessage, Said
from bot.domain.scene import Scene, Turn
from bot.house import House
from bot.ports import Batch, Route, SetAside
from storage import integrity
from storage.codec import dump
from storage.erasure import erase
from storage.scenes import Surroundings
from storage.statements import Statement, Steps, insert, many, rows
from storage.tables import answers, repeat_instances
from storage.unit_of_work import SqlStore
from tests.contract.desk.conftest import People, form_ids
from tests.contract.desk.sheets import WISH, form, publish


class Looking:
    """Decides nothing, and remembers what it was shown of a person's data."""

    def __init__(self) -> None:
        self.shown: dict[str, Any] = {}

    def route(self, scene: Scene) -> Route:
        del scene
        return Route(name="my data", when=lambda _: True, handle=lambda _: None, needs=frozenset({"my_data"}))

    def turn(self, route: Route, scene: Scene) -> tuple[Turn, SetAside | None]:
        del route
        self.shown = orjson.loads(scene.my_data["json"])
        return Turn(), None


async def stored(house: House, people: People, *, instances: bool = True) -> int:
    """Store Eva's response with an answer in the second site; without `instances` the site's row is missing."""
    await perform(house, actor="somebody", command=publish(form(WISH)))
    contact = await people.contact("Eva")
    number = await people.response(contact, await form_ids(house), {"wish": "x"})
    common = {"response_id": number, "path": "sites", "parent_id": None}
    sites = [{**common, "id": 5, "ordinal": 1}, {**common, "id": 6, "ordinal": 3}]
    answer = {"response_id": number, "path": "sites/town", "instance": 6, "state": "given", "relevant": True,
              "value": dump("Unna"), "contact_id": contact, "answered_at": 1}  # fmt: skip

    def unit() -> Steps[None]:
        yield from many(insert(repeat_instances), sites if instances else [])
        yield from many(insert(answers), [answer])

    await house.database.write(unit)
    return contact


async def test_my_data_says_in_which_instance_an_answer_was_given_and_what_the_team_noted(
    house: House, people: People
) -> None:
    contact = await stored(house, people)
    await perform(house, actor="somebody", command=NoteContact(contact=contact, note="calls on Mondays"))
    around = Surroundings(
        hub=house.hub, catalogue=house.texts, library=house.library, next_id=house.next_id, code_in=lambda _: ""
    )
    looking = Looking()
    message = InboundMessage(
        address=Address("terminal", "eva"), account="terminal:local", native_id="1", sender="eva",
        received_at=house.clock.now(), content=Said(text="/mydata"),
    )  # fmt: skip
    store = SqlStore(house.database, around, clock=house.clock, owner="test")
    await store.process(Batch(messages=(message,), cursors={}), looking)
    assert (looking.shown["note"], looking.shown["mail"]) == ("calls on Mondays", "")
    (response,) = looking.shown["responses"]
    told = {answer["question"]: answer.get("in") for answer in response["answers"]}
    assert told == {"sites/town": [{"repeat": "sites", "number": 2}], "wish": None}


async def test_sound_instances_are_no_problem(house: House, people: People) -> None:
    await stored(house, people)
    assert await integrity.check(house.database) == []


async def test_instances_that_are_not_there_are_found(house: House, people: People) -> None:
    await stored(house, people, instances=False)
    lost = {"id": 9, "response_id": (await one_response(house)), "path": "a", "parent_id": 8, "ordinal": 1}
    await house.database.write(lambda: many(insert(repeat_instances), [lost]))
    assert await integrity.check(house.database) == [
        "answers.instance: 1 rows refer to an instance of their response that is not there",
        "repeat_instances.parent_id: 1 rows refer to an instance of their response that is not there",
    ]


async def one_response(house: House) -> int:
    ((number,),) = await house.database.read(lambda: rows(Statement(select(answers.c.response_id).distinct())))
    return int(number)


async def test_erasing_a_person_erases_the_instances_of_their_responses(house: House, people: People) -> None:
    contact = await stored(house, people)
    await house.database.write(
        lambda: erase(contact, erasure=1, now=1, person_hash="x", keyed=str, number=house.next_id)
    )
    assert await house.database.read(lambda: rows(Statement(select(repeat_instances.c.id)))) == []
    assert await house.database.read(lambda: rows(Statement(select(answers.c.path)))) == []
