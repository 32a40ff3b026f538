"""Whom an audience's rules name, against a plain reading of the same town in Python; on both databases."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, bindparam, select

from bot.desk import perform
from bot.domain.broadcasts.model import Content
from bot.domain.people import folded_company
from bot.errors import UsageError
from bot.house import House
from bot.work.audiences import among
from storage import audience, planning, preview, tables
from storage.codec import dump, to_micros
from storage.statements import Statement, insert, many, rows
from tests.contract.desk.conftest import form_ids
from tests.contract.desk.sheets import FIRST, SIZE, form, publish

DAY = 86_400_000_000
PEOPLE, AUDIENCES = 40, 30
NAMES = ("Adawerk GmbH", "Bär & Söhne", "O'Hara: %s AG", "Cemwerk")
SECTORS = ("Bau", "bau", "Öffentlicher Dienst", "IT: Netze")
CHANNELS = ("telegram", "matrix", "memory")
STATES = ("sent", "failed", "unknown", "skipped", "planned")
EARLIER = 3
PLANNED = Statement(
    select(tables.deliveries.c.contact_id).where(tables.deliveries.c.broadcast_id == bindparam("number"))
)


@dataclass(slots=True, kw_only=True)
class Answered:
    """A response: what it says, to which version, and whether it was sent in."""

    version: int
    submitted: bool
    given: Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Person:
    """One contact, as a reader of the town would note them."""

    id: int
    company: int | None
    language: str
    staff: bool
    joined: bool
    admitted: bool
    merged: bool
    places: list[tuple[str, bool, int, str]] = field(default_factory=list)
    roles: set[str] = field(default_factory=set)
    responses: list[Answered] = field(default_factory=list)
    got: str = ""


Truth = Callable[[Person], bool]
Rule = tuple[str, str, Truth]
"""How it is written, of which kind it is, and of whom it is true."""


class Town:
    """A random town, in the database and in plain values."""

    def __init__(self, house: House, chance: random.Random) -> None:
        self.house, self.chance = house, chance
        self.now = to_micros(house.clock.now())
        self.people: list[Person] = []
        self.tags: dict[int, dict[str, str]] = {}
        self.shared: dict[int, Answered] = {}
        self.versions: list[tuple[int, int]] = []

    async def build(self) -> None:
        for number, made in enumerate((form(SIZE), FIRST), start=1):
            command = publish(replace(made, version=f"V{number}"), str(number).encode())
            await perform(self.house, actor="test", command=command)
            self.versions.append(await form_ids(self.house))
        await self._companies()
        self.people = [self._person(number) for number in range(1, PEOPLE + 1)]
        await self._people()
        await self._responses()

    async def _companies(self) -> None:
        made, tags = [], []
        for number, name in enumerate(NAMES, start=1):
            folded = folded_company(name)
            made.append({"id": number, "name": name, "folded": folded, "state": "confirmed", "created_at": 1})
            self.tags[number] = {
                key: self.chance.choice(SECTORS)
                for key in ("sector", "size")
                if number == 1 or self.chance.random() < 0.6
            }
            tags += [{"company_id": number, "key": key, "value": value} for key, value in self.tags[number].items()]
            if self.chance.random() < 0.5:
                self.shared[number] = self._answered()
        await self.add(tables.companies, made)
        await self.add(tables.company_tags, tags)

    def _answered(self) -> Answered:
        chance, version = self.chance, self.chance.choice([1, 2])
        given: dict[str, Any] = {"size": chance.randrange(6)} if chance.random() < 0.7 else {}
        if version == 2 and chance.random() < 0.6:
            given["topics"] = tuple(sorted(chance.sample("abc", chance.randrange(1, 3))))
        if version == 2 and chance.random() < 0.5:
            given["wish"] = "mehr"
        return Answered(version=version, submitted=chance.random() < 0.5, given=given)

    def _person(self, number: int) -> Person:
        chance = self.chance
        made = Person(
            id=number,
            company=chance.choice([None, *range(1, len(NAMES) + 1)]),
            language=chance.choice(["de", "en"]),
            staff=chance.random() < 0.1,
            joined=chance.random() < 0.9,
            admitted=chance.random() < 0.9,
            merged=chance.random() < 0.05,
            got=chance.choice(["", *STATES]),
        )
        for channel in chance.sample(CHANNELS, chance.randrange(3)):
            kind = chance.choice(["private"] * 5 + ["group"])
            made.places.append((channel, chance.random() < 0.7, self.now - chance.randrange(60) * DAY - 1000, kind))
        if made.places and chance.random() < 0.2:
            made.roles.add(chance.choice(["organiser", "admin"]))
        if chance.random() < 0.5:
            made.responses.append(self._answered())
        return made

    async def _people(self) -> None:
        place: list[dict[str, Any]] = []
        sent: list[dict[str, Any]] = []
        contacts = [
            {
                "id": each.id, "name": f"P{each.id}", "company_id": each.company, "language": each.language,
                "mail": self.chance.choice(["", "", f"{each.id % 7}@example.org"]), "staff": each.staff,
                "admitted": each.admitted, "joined_at": 1 if each.joined else None, "created_at": 1,
                "merged_into": 1_000 if each.merged else None, "pushes": self.chance.random() < 0.8,
            }
            for each in self.people
        ]  # fmt: skip
        for each in self.people:
            for channel, reachable, seen_at, kind in each.places:
                place.append(
                    {
                        "id": len(place) + 1, "channel": channel, "chat": f"c{each.id}", "person": f"p{each.id}",
                        "account": "bot", "kind": kind, "contact_id": each.id, "reachable": reachable,
                        "seen_at": seen_at,
                    }
                )  # fmt: skip
            if each.got:
                sent.append(
                    {
                        "id": each.id, "channel": "memory", "chat": "", "contact_id": each.id, "priority": "push",
                        "state": each.got, "broadcast_id": EARLIER, "created_at": 1,
                    }
                )  # fmt: skip
        rights = [
            {
                "channel": each.places[0][0], "person": f"p{each.id}", "role": role, "source": "command",
                "granted_by": "", "granted_at": 1,
            }
            for each in self.people
            for role in each.roles
        ]  # fmt: skip
        await self.add(tables.contacts, contacts)
        await self.add(tables.addresses, place)
        await self.add(tables.rights, rights)
        await self.add(tables.deliveries, sent)

    async def _responses(self) -> None:
        owned: list[tuple[int | None, int | None, Answered]] = [
            (each.id, each.company, answered) for each in self.people for answered in each.responses
        ]
        owned += [(None, company, answered) for company, answered in self.shared.items()]
        responses, answers = [], []
        for number, (contact, company, answered) in enumerate(owned, start=1):
            form_id, version = self.versions[answered.version - 1]
            responses.append(
                {
                    "id": number, "form_id": form_id, "form_version_id": version, "contact_id": contact,
                    "company_id": company, "respondent": "company" if contact is None else "contact",
                    "status": "submitted" if answered.submitted else "partial", "channel": "memory", "language": "de",
                    "started_at": 1,
                }
            )  # fmt: skip
            answers += [
                {
                    "response_id": number, "path": path, "instance": 0, "state": "given", "value": dump(value),
                    "answered_at": 1,
                }
                for path, value in answered.given.items()
            ]  # fmt: skip
        await self.add(tables.responses, responses)
        await self.add(tables.answers, answers)

    async def add(self, table: Table, made: Sequence[Mapping[str, Any]]) -> None:
        if made:
            await self.house.database.write(lambda: many(insert(table, tuple(made[0])), made))

    # --- rules, and of whom they are true -----------------------------------------------------------------------------

    def audience(self) -> list[tuple[Rule, bool]]:
        """Return some rules, each with whether it leaves out."""
        makers = (
            self._company, self._tag, self._role, self._language, self._channel, self._form, self._answer, self._last,
            self._got,
        )  # fmt: skip
        chosen = [self.chance.choice(makers)() for _ in range(self.chance.randrange(1, 5))]
        return [(rule, self.chance.random() < 0.3) for rule in chosen]

    def members(self, rules: Sequence[tuple[Rule, bool]]) -> set[int]:
        """Return whom they name: of one kind any, of each kind one, and none that is left out."""
        named: dict[str, list[Truth]] = {}
        for (_, kind, truth), left_out in rules:
            if not left_out:
                named.setdefault(kind, []).append(truth)
        left = [truth for (_, _, truth), left_out in rules if left_out]
        return {
            each.id
            for each in self.people
            if each.joined and each.admitted and not each.merged and (not each.staff or "role" in named)
            if all(any(truth(each) for truth in of_kind) for of_kind in named.values())
            and not any(truth(each) for truth in left)
        }

    def _company(self) -> Rule:
        number = self.chance.randrange(1, len(NAMES) + 1)
        name = NAMES[number - 1]
        written = self.chance.choice([name, name.upper(), f" {name}"])
        return f"company={written}", "company", lambda each: each.company == number

    def _tag(self) -> Rule:
        key, value = self.chance.choice([pair for theirs in self.tags.values() for pair in theirs.items()])
        word = self.chance.choice([key, key.upper(), {"sector": "Branche", "size": "Größe"}[key]])
        written = self.chance.choice([value, value.upper(), value.lower()])

        def truth(each: Person) -> bool:
            theirs = self.tags.get(each.company or 0, {}).get(key)
            return theirs is not None and theirs.casefold() == value.casefold()

        return f"tag={word}:{written}", "tag", truth

    def _role(self) -> Rule:
        role = self.chance.choice(["organiser", "admin"])
        return f"role={role}", "role", lambda each: role in each.roles

    def _language(self) -> Rule:
        language = self.chance.choice(["de", "en"])
        return f"language={language}", "language", lambda each: each.language == language

    def _channel(self) -> Rule:
        wanted = self.chance.choice(CHANNELS)

        def truth(each: Person) -> bool:
            return any((channel, reachable, kind) == (wanted, True, "private")
                       for channel, reachable, _, kind in each.places)  # fmt: skip

        return f"channel={wanted}", "channel", truth

    def _counting(self, each: Person) -> list[Answered]:
        shared = self.shared.get(each.company or 0)
        return [*each.responses, *([shared] if shared is not None else [])]

    def _form(self) -> Rule:
        state, version = self.chance.choice(["never", "unfinished", "submitted"]), self.chance.choice([0, 0, 1, 2])
        submitted = {"never": (True, False), "unfinished": (False,), "submitted": (True,)}[state]

        def truth(each: Person) -> bool:
            met = any(
                answered.submitted in submitted and answered.version in ((version,) if version else (1, 2))
                for answered in self._counting(each)
            )
            return not met if state == "never" else met

        return f"form=needs:{state}{f':v{version}' if version else ''}", "form", truth

    def _answer(self) -> Rule:
        text, truth = self.chance.choice(EXPRESSIONS)

        def of(each: Person) -> bool:
            # The first version has no topics and no wish: what asks for them is true of none of its responses.
            return any(
                truth(answered.given)
                for answered in self._counting(each)
                if answered.version == 2 or not ("topics" in text or "wish" in text)
            )

        return f"answer=needs:{text}", "answer", of

    def _last(self) -> Rule:
        days, longer = self.chance.randrange(1, 60), self.chance.random() < 0.5
        since = self.now - timedelta(days=days) // timedelta(microseconds=1)

        def truth(each: Person) -> bool:
            lately = any(seen_at >= since for _, _, seen_at, kind in each.places if kind == "private")
            return lately != longer

        return f"last{'>' if longer else '='}{days}d", "last", truth

    def _got(self) -> Rule:
        kind, states = self.chance.choice([("got", ("sent",)), ("missed", ("failed", "unknown"))])
        return f"{kind}={EARLIER}", kind, lambda each: each.got in states

    # --- planned ------------------------------------------------------------------------------------------------------

    async def planned(self, number: int, texts: Sequence[str]) -> list[int]:
        """Plan a broadcast to them as the bot does; return for whom there is a delivery."""
        house, now = self.house, self.house.clock.now()
        row = {
            "id": number, "state": "planning", "content": dump(Content(texts={"de": "Guten Tag"})),
            "audience": dump(list(texts)), "created_at": 1,
        }  # fmt: skip
        await self.add(tables.broadcasts, [row])
        rules = await house.database.read(lambda: audience.resolved(texts))
        chosen, most = await among(house, rules), self.chance.choice([1, 7, 1_000])
        where = audience.conditions(rules, now=now)
        while not await house.database.write(
            lambda: planning.plan_piece(
                number, where=where, among=chosen, languages=("de",), now=self.now, block=house.next_id.block, most=most
            )
        ):
            pass
        counted = await house.database.read(
            lambda: preview.count(rules, now=now, courtesy=house.courtesy, among=chosen)
        )
        gone = counted.excluded["no_consent"] + counted.excluded["waiting"]
        found = [row[0] for row in await house.database.read(lambda: rows(PLANNED, number=number))]
        assert sum(counted.goes.values()) + sum(counted.excluded.values()) - gone == len(found), texts
        return found


Given = Mapping[str, Any]
EXPRESSIONS: list[tuple[str, Callable[[Given], bool]]] = [
    ("${size} > 2", lambda given: given.get("size", 0) > 2),
    ("${size} != 3", lambda given: given.get("size", 3) != 3),
    ("not(${size} = 3)", lambda given: given.get("size", 3) != 3),
    ("not(${size} > 1 and ${size} < 4)", lambda given: given.get("size", 2) not in (2, 3)),
    ("${size} = ''", lambda given: "size" not in given),
    ("selected(${topics}, 'a')", lambda given: "a" in given.get("topics", ())),
    ("not(selected(${topics}, 'b'))", lambda given: "b" not in given.get("topics", "b")),
    ("${size} < 3 or selected(${topics}, 'c')",
     lambda given: given.get("size", 9) < 3 or "c" in given.get("topics", ())),
    ("${size} > 1 and ${wish} != ''", lambda given: given.get("size", 0) > 1 and "wish" in given),
    ("count-selected(${topics}) < 2", lambda given: len(given.get("topics", "ab")) < 2),
]  # fmt: skip


async def test_rules_name_whom_a_plain_reading_of_the_town_names(house: House, rng: random.Random) -> None:
    town = Town(house, rng)
    await town.build()
    met: set[int] = set()
    for number in range(EARLIER + 1, EARLIER + 1 + AUDIENCES):
        rules = town.audience()
        texts = [("not " if left_out else "") + text for (text, _, _), left_out in rules]
        found = await town.planned(number, texts)
        assert sorted(found) == sorted(town.members(rules)), texts
        met.update(found)
    assert len(met) > PEOPLE // 4, "hardly anybody was ever in an audience"


COMPLAINTS = [
    ("answer=needs:1 = 1 and ${sise} > 2", r"no question \$\{sise\}, at character 11. Did you mean.*size"),
    ("answer=needs:${size} >", "too early, at character 10"),
    ("answer=wishes:${size} > 2", "there is no such form; there is needs"),
    ("answer=needs", "write it like answer=needs:"),
]


async def test_a_wrong_expression_says_where(house: House) -> None:
    await perform(house, actor="test", command=publish(FIRST))

    async def asked(rule: str) -> None:
        await among(house, await house.database.read(lambda: audience.resolved([rule])))

    for rule, complaint in COMPLAINTS:
        with pytest.raises(UsageError, match=complaint):
            await asked(rule)
