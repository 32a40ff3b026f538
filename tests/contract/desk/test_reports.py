from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from bot.desk import latest_row, look_ahead, perform, table_of
from bot.domain.desk import GrantRole, ReportedResponse, RevokeRole
from bot.domain.messages import Address
from bot.errors import UsageError
from bot.forms.model import Form
from bot.house import House
from storage import directory, reports
from storage.codec import from_micros
from storage.reported import PAGE, Selection
from tests.contract.desk.conftest import People, form_ids
from tests.contract.desk.sheets import FIRST, SIZE, TOPICS, WISH, form, publish


async def published(house: House, compiled: Form = FIRST, source: bytes = b"1") -> tuple[int, int]:
    await perform(house, actor="somebody", command=publish(compiled, source))
    return await form_ids(house)


async def found(house: House, selection: Selection | None = None, **which: Any) -> list[ReportedResponse]:
    chosen = await house.database.read(lambda: reports.versions("needs", **which))
    pages = reports.stream_responses(house.database, chosen, selection or Selection())
    return [response async for page in pages for response in page]


def ids(responses: Sequence[ReportedResponse]) -> list[int]:
    return [response.id for response in responses]


async def test_response_comes_with_its_people_and_relevant_answers(house: House, people: People) -> None:
    version = await published(house)
    company = await people.company("Muster")
    eva = await people.contact("Eva", company=company)
    given = {"size": 3, "topics": ("a", "c"), "wish": None}
    number = await people.response(eva, version, given, company=company, aside={"sum": 5})
    (response,) = await found(house)
    assert response == ReportedResponse(
        id=number,
        version=1,
        company_id=company,
        company="Muster",
        contact_id=eva,
        contact="Eva",
        channel="terminal",
        language="de",
        status="submitted",
        started_at=from_micros(people.now),
        submitted_at=from_micros(people.now + 60_000_000),
        answers={"size": 3, "topics": ("a", "c")},
    )


async def test_partial_responses_come_only_when_asked_for(house: House, people: People) -> None:
    version = await published(house)
    done = await people.response(await people.contact("Eva"), version, {"size": 1})
    begun = await people.response(await people.contact("Tom"), version, {"size": 2}, submitted=False)
    assert ids(await found(house)) == [done]
    assert ids(await found(house, Selection(partial=True))) == [done, begun]


async def test_response_that_another_one_replaced_is_in_no_report(house: House, people: People) -> None:
    version = await published(house)
    company = await people.company("Muster")
    eva, tom = await people.contact("Eva", company=company), await people.contact("Tom", company=company)
    for submitted in (True, False):
        await people.response(eva, version, {"size": 1}, company=company, submitted=submitted, superseded=True)
    kept = await people.response(tom, version, {"size": 2}, company=company)
    assert ids(await found(house, Selection(partial=True))) == [kept]
    (shown_form,) = await house.database.read(reports.list_forms)
    assert (shown_form["submitted"], shown_form["partial"]) == (1, 0)
    (shown_company,) = await house.database.read(directory.list_companies)
    assert shown_company["submitted"] == 1
    assert await house.database.read(lambda: reports.latest_response("terminal", "eva")) is None
    outlook = await look_ahead(house, publish(form(SIZE), b"2"))
    assert outlook is not None and (outlook.submitted, outlook.running) == (1, 0)


async def test_staff_is_never_exported(house: House, people: People) -> None:
    version = await published(house)
    await people.response(await people.contact("Ines", staff=True), version, {"size": 1})
    assert await found(house, Selection(partial=True)) == []
    (shown_form,) = await house.database.read(reports.list_forms)
    assert (shown_form["submitted"], shown_form["partial"]) == (0, 0)


async def test_contact_who_has_a_role_counts_as_staff_as_long_as_they_have_it(house: House, people: People) -> None:
    version = await published(house)
    number = await people.response(await people.contact("Eva"), version, {"size": 1})
    person = Address("terminal", "eva")
    await perform(house, actor="somebody", command=GrantRole(person=person, role="organiser"))
    assert await found(house) == []
    await perform(house, actor="somebody", command=RevokeRole(person=person, role="organiser"))
    assert ids(await found(house)) == [number]


async def test_default_that_nobody_has_passed_is_no_answer(house: House, people: People) -> None:
    version = await published(house)
    await people.response(await people.contact("Eva"), version, {"size": 1, "sum": 2}, submitted=False, state="default")
    (response,) = await found(house, Selection(partial=True))
    assert response.answers == {"sum": 2}


async def test_since_takes_what_was_sent_in_or_changed_from_then_on(house: House, people: People) -> None:
    version = await published(house)
    day = 86_400_000_000
    await people.response(await people.contact("Old"), version, {"size": 1})
    later = await people.response(await people.contact("Later"), version, {"size": 2}, at=people.now + 3 * day)
    changed = await people.response(
        await people.contact("Changed"), version, {"size": 3}, revised_at=people.now + 4 * day
    )
    since = from_micros(people.now) + timedelta(days=2)
    assert ids(await found(house, Selection(since=since))) == [later, changed]


async def test_versions_of_a_form_come_together_or_alone(house: House, people: People) -> None:
    old = await published(house)
    first = await people.response(await people.contact("Eva"), old, {"size": 1, "wish": "x"})
    new = await published(house, form(TOPICS, SIZE), b"2")
    second = await people.response(await people.contact("Tom"), new, {"size": 2})
    assert [(response.id, response.version) for response in await found(house)] == [(first, 1), (second, 2)]
    assert ids(await found(house, number=2)) == [second]
    chosen = await house.database.read(lambda: reports.versions("needs"))
    table = table_of(house, chosen, values="codes")
    assert [name for name in table.plain_names if "_" not in name][-4:] == ["topics", "size", "wish", "sum"]
    assert table.row((await found(house))[0])["wish"] == "x"


async def test_missing_form_and_version_are_named(house: House) -> None:
    with pytest.raises(UsageError, match="no form 'needs'"):
        await found(house)
    await published(house)
    with pytest.raises(UsageError, match="no version 7"):
        await found(house, number=7)


async def test_many_responses_come_in_pages_at_a_constant_price(house: House, people: People) -> None:
    version = await published(house)
    eva = await people.contact("Eva")
    count = 2 * PAGE + 1
    numbers = await house.database.write(lambda: people.many_responses(eva, version, count))
    before = house.database.statements
    chosen = await house.database.read(lambda: reports.versions("needs"))
    sizes, seen = [], []
    async for page in reports.stream_responses(house.database, chosen, Selection()):
        sizes.append(len(page))
        seen += [(response.id, response.answers["size"]) for response in page]
    assert sizes == [PAGE, PAGE, 1]
    assert seen == list(zip(numbers, range(count), strict=True))
    assert house.database.statements - before <= 1 + 2 * len(sizes) + 1


async def test_export_is_of_one_moment(house: House, people: People) -> None:
    version = await published(house)
    eva, tom = await people.contact("Eva"), await people.contact("Tom")
    await house.database.write(lambda: people.many_responses(eva, version, PAGE + 1))
    chosen = await house.database.read(lambda: reports.versions("needs"))
    pages = reports.stream_responses(house.database, chosen, Selection())
    count = len(await anext(pages))
    await people.response(tom, version, {"size": 1})
    count += sum([len(page) async for page in pages])
    assert count == PAGE + 1
    assert len(await found(house)) == PAGE + 2


async def test_pseudonyms_are_stable_and_say_nothing(house: House, people: People) -> None:
    version = await published(house)
    company = await people.company("Muster")
    eva = await people.contact("Eva", company=company)
    await people.response(eva, version, {"size": 1}, company=company)
    chosen = await house.database.read(lambda: reports.versions("needs"))
    rows = [
        table_of(house, chosen, values="codes", pseudonymise=True).row(response)
        for response in await found(house) + await found(house)
    ]
    assert rows[0] == rows[1]
    assert "Muster" not in str(rows) and "Eva" not in str(rows)
    assert str(rows[0]["company"]).startswith("C-") and str(rows[0]["contact"]).startswith("P-")


async def test_row_shown_at_the_end_is_the_one_last_sent_in_from_that_chat(house: House, people: People) -> None:
    version = await published(house, form(SIZE, WISH))
    eva, tom = await people.contact("Eva"), await people.contact("Tom")
    assert await latest_row(house, channel="terminal", chat="eva") is None
    await people.response(eva, version, {"size": 5, "wish": "=1"})
    await people.response(tom, version, {"size": 6})
    row = await latest_row(house, channel="terminal", chat="eva")
    assert row is not None
    name, cells = row
    assert name == "needs"
    assert cells[-2:] == [("size", "5"), ("wish", "=1")]
