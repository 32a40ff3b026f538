from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.desk import invite, perform
from bot.domain import desk
from bot.domain.codes import plain_code
from bot.domain.messages import Address
from bot.errors import UsageError
from bot.house import House, code_hash
from storage import directory, hub, reports
from storage.codec import to_micros
from storage.statements import Row, Statement, rows
from storage.tables import audit_log, companies, contacts, forms, invitations, responses
from tests.contract.desk.conftest import People, form_ids
from tests.contract.desk.sheets import FIRST, SIZE, WISH, form, publish

ACTOR = "somebody"
ADA, BOB = Address("matrix", "@ada:example.org"), Address("telegram", "4711")


async def table(house: House, *columns: Any) -> list[Row]:
    return await house.database.read(lambda: rows(Statement(select(*columns).order_by(columns[0]))))


async def audit(house: House) -> list[tuple[str, str]]:
    found = await table(house, audit_log.c.id, audit_log.c.actor, audit_log.c.action, audit_log.c.subject)
    assert {row[1] for row in found} <= {ACTOR}
    return [(row[2], row[3]) for row in found]


async def do(house: House, command: desk.Command[Any]) -> Any:
    return await perform(house, actor=ACTOR, command=command)


# --- forms -----------------------------------------------------------------------------------------------------------


async def test_changed_bytes_are_a_new_version_and_the_same_ones_are_not(house: House) -> None:
    assert await do(house, publish(FIRST)) == desk.Published(name="needs", number=1, new=True, state="open")
    assert await do(house, publish(FIRST)) == desk.Published(name="needs", number=1, new=False, state="open")
    assert (await do(house, publish(FIRST, b"2"))).number == 2
    assert await audit(house) == [("form published", "needs")] * 2
    assert (await house.database.read(lambda: reports.source_of("needs")))[:3] == ("needs.md", b"2", 2)


async def test_draft_stays_one_until_it_is_published(house: House) -> None:
    assert (await do(house, publish(FIRST, draft=True))).state == "draft"
    assert (await do(house, publish(FIRST, b"2", draft=True))).state == "draft"
    assert (await do(house, publish(FIRST, b"2"))).state == "open"
    with pytest.raises(UsageError, match="is open"):
        await do(house, publish(FIRST, b"3", draft=True))
    (shown,) = await house.database.read(reports.list_forms)
    assert (shown["state"], shown["version"]) == ("open", 2)


async def test_form_is_closed_and_opened(house: House) -> None:
    await do(house, publish(FIRST))
    assert await do(house, desk.SetFormState(name="needs", state="closed")) == "open"
    assert await do(house, desk.SetFormState(name="needs", state="closed")) == "closed"
    ((state, closed_at),) = await table(house, forms.c.state, forms.c.closed_at)
    assert (state, closed_at is not None) == ("closed", True)
    await do(house, desk.SetFormState(name="needs", state="open"))
    assert await table(house, forms.c.state, forms.c.closed_at) == [("open", None)]
    assert [action for action, _ in await audit(house)] == ["form published", "form closed", "form opened"]


async def test_form_that_is_not_there_is_named(house: House) -> None:
    with pytest.raises(UsageError, match="'nope'"):
        await do(house, desk.SetFormState(name="nope", state="open"))
    with pytest.raises(UsageError, match="'nope'"):
        await house.database.read(lambda: reports.source_of("nope"))


async def test_title_that_the_hub_gave_stays_while_the_sheet_keeps_its_own(house: House) -> None:
    given = {"de": "Was Sie brauchen", "en": "What you need"}
    await do(house, desk.PublishForm(form=FIRST, name="needs", file_name="f", source=b"1", title=given))
    await do(house, publish(form(SIZE), b"2"))
    assert (await house.database.read(reports.list_forms))[0]["title"] == given
    await do(house, publish(form(SIZE, title="Other"), b"3"))
    assert (await house.database.read(reports.list_forms))[0]["title"] == {"": "Other"}


# --- invitations -----------------------------------------------------------------------------------------------------


async def test_invitation_finds_a_confirmed_company_in_any_letter_case(house: House, people: People) -> None:
    typed = await people.company("müller ag", state="claimed")
    known = await people.company("Müller AG", state="confirmed")
    _, invited = await invite(house, actor=ACTOR, company=" MÜLLER AG", role=None, uses=10, expires_at=None)
    assert invited == desk.Invited(company="Müller AG", company_id=known, known=True, claimed=(typed,))
    ((company, role, uses),) = await table(house, invitations.c.company_id, invitations.c.role, invitations.c.uses_left)
    assert (company, role, uses) == (known, "", 10)


async def test_invitation_makes_the_company_that_is_not_there(house: House) -> None:
    _, invited = await invite(house, actor=ACTOR, company="Neu GmbH", role=None, uses=1, expires_at=None)
    assert (invited.company, invited.known) == ("Neu GmbH", False)
    assert await table(house, companies.c.id, companies.c.name, companies.c.state) == [
        (invited.company_id, "Neu GmbH", "confirmed")
    ]


async def test_of_a_code_only_the_keyed_hash_is_stored(house: House) -> None:
    expires_at = house.clock.now() + timedelta(days=30)
    code, _ = await invite(house, actor=ACTOR, company=None, role="admin", uses=1, expires_at=expires_at)
    assert plain_code(code)
    ((stored, role, until),) = await table(house, invitations.c.code_hash, invitations.c.role, invitations.c.expires_at)
    assert (stored, role, until) == (code_hash(house.keys, code.lower()), "admin", to_micros(expires_at))
    noted = await table(house, audit_log.c.subject, audit_log.c.detail)
    assert code not in str(noted) and stored not in str(noted)


@pytest.mark.parametrize("name", ["", " ", "...", "x" * 121])
async def test_invitation_for_no_name_is_refused_and_makes_nothing(house: House, name: str) -> None:
    with pytest.raises(UsageError, match="name"):
        await invite(house, actor=ACTOR, company=name, role=None, uses=1, expires_at=None)
    assert await table(house, companies.c.name) == []
    assert await table(house, invitations.c.id) == []


# --- roles -----------------------------------------------------------------------------------------------------------


async def test_role_is_granted_before_the_person_has_written_and_taken_again(house: House) -> None:
    assert await do(house, desk.GrantRole(person=BOB, role="organiser")) is True
    assert await do(house, desk.GrantRole(person=BOB, role="organiser")) is False
    found = {(each["address"], each["role"]): each["source"] for each in await house.database.read(reports.list_rights)}
    assert found == {("matrix:@ada:example.org", "admin"): "settings", ("telegram:4711", "organiser"): "command"}
    await do(house, desk.RevokeRole(person=BOB, role="organiser"))
    assert await audit(house) == [("role granted", "telegram:4711"), ("role revoked", "telegram:4711")]


async def test_admin_by_settings_is_not_revoked_but_said_where(house: House) -> None:
    with pytest.raises(UsageError, match="HUBTALK_ADMINS"):
        await do(house, desk.RevokeRole(person=ADA, role="admin"))
    assert len(await house.database.read(reports.list_rights)) == 1


async def test_revoking_says_how_many_admins_are_left(house: House) -> None:
    await do(house, desk.GrantRole(person=BOB, role="admin"))
    assert (await do(house, desk.RevokeRole(person=BOB, role="admin"))).admins_left == 1
    with pytest.raises(UsageError, match="is no admin"):
        await do(house, desk.RevokeRole(person=BOB, role="admin"))


# --- companies -------------------------------------------------------------------------------------------------------


async def test_merge_moves_contacts_responses_and_invitations(house: House, people: People) -> None:
    await do(house, publish(FIRST))
    version = await form_ids(house)
    claimed, real = await people.company("Muster"), await people.company("Muster GmbH", state="confirmed")
    contact = await people.contact("Eva", company=claimed)
    await people.response(contact, version, {"size": 3}, company=claimed)
    done = await do(house, desk.MergeCompanies(source=claimed, target=real))
    assert done == desk.Merged(source="Muster", target="Muster GmbH", contacts=1, responses=1)
    assert await table(house, companies.c.id) == [(real,)]
    assert await table(house, contacts.c.company_id) == [(real,)]
    assert await table(house, responses.c.company_id) == [(real,)]
    assert (await audit(house))[-1] == ("companies merged", desk.public_id("C", real))


async def test_confirmed_company_is_never_merged_into_a_claimed_one(house: House, people: People) -> None:
    real, other = await people.company("A", state="confirmed"), await people.company("B")
    for source, target in ((real, other), (other, other), (4711, real)):
        with pytest.raises(UsageError):
            await do(house, desk.MergeCompanies(source=source, target=target))
    assert len(await table(house, companies.c.id)) == 2


async def test_company_is_confirmed(house: House, people: People) -> None:
    number = await people.company("Muster")
    assert await do(house, desk.ConfirmCompany(company=number)) == "Muster"
    (shown,) = await house.database.read(directory.list_companies)
    assert (shown["name"], shown["state"]) == ("Muster", "confirmed")


async def test_contacts_are_listed_with_company_and_addresses(house: House, people: People) -> None:
    await people.contact("Eva", company=await people.company("Muster"))
    (shown,) = await house.database.read(directory.list_contacts)
    assert (shown["name"], shown["company"], shown["addresses"]) == ("Eva", "Muster", ["terminal:eva"])


# --- content ---------------------------------------------------------------------------------------------------------


async def test_content_enters_what_differs_and_nothing_twice(house: House) -> None:
    content = desk.ApplyContent(
        texts={("welcome", "de"): "Hallo", ("welcome", "en"): "Hello"},
        milestones=({"key": "start", "status": "done", "title": {"de": "Anfang"}},),
        forms=(desk.ContentForm(form=FIRST, name="needs", file_name="n", source=b"1", title={"de": "T"}),),
        notice_version="2",
    )
    done = await do(house, content)
    assert done.texts == ("welcome.de", "welcome.en")
    assert (done.milestones, [item.number for item in done.forms]) == (("start",), [1])
    again = await do(house, content)
    assert (again.texts, again.milestones, again.forms) == ((), (), ())
    assert (await house.database.read(hub.settings))["notice_version"] == "2"
    assert await audit(house) == [("content applied", "")]


async def test_content_does_not_open_a_closed_form(house: House) -> None:
    await do(house, publish(FIRST))
    await do(house, desk.SetFormState(name="needs", state="closed"))
    item = desk.ContentForm(form=form(WISH), name="needs", file_name="n", source=b"2", title={"de": "T"})
    done = await do(house, desk.ApplyContent(texts={}, milestones=(), forms=(item,), notice_version="1"))
    assert [(each.number, each.state) for each in done.forms] == [(2, "closed")]
    assert (await house.database.read(reports.list_forms))[0]["state"] == "closed"
