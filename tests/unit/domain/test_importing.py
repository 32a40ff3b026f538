"""What a list changes: who is new, who is known, what is filled in, and what may be there twice."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.importing import CompanyEntry, ContactEntry, Import, Imported, Known, Suspect, Tally, hashes, mail_hash
from bot.domain.listed import ListedRow, RowError
from bot.domain.mail import own_domain, read_mail
from bot.domain.people import folded_company
from bot.domain.tags import read_tag

MUSTER = {"id": 1, "name": "Muster GmbH", "domain": "muster.example.org"}


def muster(**more: object) -> CompanyEntry:
    return CompanyEntry(**(MUSTER | more))  # type: ignore[arg-type]


def taken(*rows: ListedRow, known: Known | None = None) -> tuple[Import, Imported]:
    numbers = count(100)
    found = Import(known or Known(), number=lambda: next(numbers), language="de")
    found.take(rows)
    return found, found.done()


def row(company: str = "Muster", number: int = 2, **said: object) -> ListedRow:
    return ListedRow(row=number, company=company, **said)  # type: ignore[arg-type]


def test_rows_of_one_company_are_one_company_whatever_their_spelling() -> None:
    found, done = taken(row("Muster GmbH"), row("MUSTER", town="Kamen"), row("Muster AG", town="Unna", note="groß"))
    ((company,),) = (found.companies.values(),)
    assert (company.name, company.town, company.note) == ("Muster GmbH", "Kamen", "groß")
    assert (done.companies, done.contacts) == (Tally(new=1, known=0, changed=0), Tally(new=0, known=0, changed=0))


def test_what_is_known_only_gets_what_is_empty() -> None:
    ada = ContactEntry(id=5, company=1, name="Ada Muster", language="en")
    known = Known(companies=[muster(town="Kamen", tags={"size": "1"})], contacts=[ada])
    said = row(
        town="Unna", name="ada  MUSTER", mail="a@b.example.org", language="de", tags={"size": "2", "sector": "x"}
    )
    found, done = taken(said, known=known)
    (company,) = found.companies.values()
    assert (company.town, company.tags, company.added_tags) == ("Kamen", {"size": "1", "sector": "x"}, {"sector": "x"})
    assert (ada.name, ada.mail, ada.language) == ("Ada Muster", "a@b.example.org", "en")
    assert done.companies == done.contacts == Tally(new=0, known=1, changed=1)
    assert done.suspects == ()


def test_person_is_known_by_mail_before_name_and_never_under_another_mail() -> None:
    ada = ContactEntry(id=5, company=1, name="Ada", mail="ada@muster.example.org")
    known = Known(companies=[muster()], contacts=[ada])
    _, done = taken(
        row(name="A. Muster", mail="ada@muster.example.org"),
        row(name="Ada", mail="other@muster.example.org"),
        known=known,
    )
    assert done.contacts == Tally(new=1, known=1, changed=0)
    assert ada.name == "Ada"


def test_mail_that_is_known_elsewhere_makes_nobody_twice() -> None:
    ada = ContactEntry(id=5, company=1, name="Ada", mail="ada@muster.example.org")
    _, done = taken(row("Anders AG", 7, name="Ada", mail=ada.mail), known=Known(companies=[muster()], contacts=[ada]))
    assert done.contacts == Tally(new=0, known=1, changed=0)
    assert Suspect(row=7, why="elsewhere", name="Ada", other="Muster GmbH") in done.suspects
    assert ada.company == 1


def test_same_mail_domain_under_another_name_is_said_and_entered() -> None:
    _, done = taken(row("Anders", 3, mail="eva@muster.example.org"), known=Known(companies=[muster()]))
    assert done.suspects == (Suspect(row=3, why="domain", name="Anders", other="Muster GmbH"),)
    assert done.companies.new == 1
    _, done = taken(row("A", mail="a@web.de"), row("B", 3, mail="b@web.de"))
    assert done.suspects == ()


def test_row_without_a_company_goes_by_its_mail_domain_if_that_is_one_companys() -> None:
    known = Known(companies=[muster()])
    found, done = taken(row("", mail="eva@muster.example.org"), row("", 3, mail="a@web.de"), known=known)
    assert [contact.company for contact in found.contacts.values()] == [1]
    assert done.errors == (RowError(3, "company"),)
    twice = Known(companies=[muster(), muster(id=2, name="Anders")])
    assert taken(row("", mail="eva@muster.example.org"), known=twice)[1].errors == (RowError(2, "company"),)


def test_nobody_is_put_beside_one_who_only_typed_the_name() -> None:
    known = Known(companies=[muster(claimed=True)])
    found, done = taken(row(name="Ada"), row("", 3, mail="e@muster.example.org"), known=known)
    assert [company.id for company in found.companies.values()] == [100]
    assert done.suspects == (Suspect(row=2, why="claimed", name="Muster", other="Muster GmbH"),)
    assert done.errors == (RowError(3, "company"),)


def test_who_asked_to_be_forgotten_stays_so_and_is_not_named() -> None:
    _, done = taken(row(mail="a@b.example.org", name="Ada"), known=Known(erased=frozenset({"a@b.example.org"})))
    assert done.errors == (RowError(2, "erased"),)
    assert (done.companies.new, done.contacts.new) == (0, 0)
    assert hashes([row(mail="a@b.de")], str.upper) == {"MAIL:A@B.DE": "a@b.de"}
    assert mail_hash("", str.upper) == ""


NAMES = st.sampled_from(["", "Muster", "Muster GmbH", "Anders", "Ada", "Eva"])
MAILS = st.sampled_from(["", "a@x.example.org", "b@x.example.org", "c@y.example.org", "d@web.de"])
ROWS = st.lists(
    st.builds(ListedRow, row=st.integers(2, 99), company=NAMES, name=NAMES, mail=MAILS, town=NAMES), max_size=12
)


@given(ROWS)
def test_a_list_taken_twice_changes_nothing_the_second_time(rows: list[ListedRow]) -> None:
    first, done = taken(*rows)
    companies = [replace(each, new=False, changed=False) for each in first.companies.values()]
    people = [replace(each, new=False, changed=False) for each in first.contacts.values()]
    again, second = taken(*rows, known=Known(companies=companies, contacts=people))
    assert (again.companies.keys(), again.contacts.keys()) == (first.companies.keys(), first.contacts.keys())
    assert (second.companies.new, second.contacts.new, second.errors) == (0, 0, done.errors)


@given(ROWS)
def test_no_company_and_no_mail_is_there_twice(rows: list[ListedRow]) -> None:
    found, _ = taken(*rows)
    names = [folded_company(company.name) for company in found.companies.values()]
    mails = [contact.mail for contact in found.contacts.values() if contact.mail]
    assert len(names) == len(set(names)) and len(mails) == len(set(mails))
    assert all(contact.company in found.companies for contact in found.contacts.values())


@pytest.mark.parametrize(
    ("text", "mail"),
    [
        (" Ada@Muster.DE ", "ada@muster.de"),
        ("mailto:a.b+c@x-y.example.org", "a.b+c@x-y.example.org"),
        ("ä@müller.de", "ä@müller.de"),
        ("a@b", None),
        ("a b@c.de", None),
        ("a@b.de, c@d.de", None),
        ("<a@b.de>", None),
        ("a@-b.de", None),
        (f"{'x' * 65}@b.de", None),
        ("", None),
    ],
)
def test_mail_is_read_strictly_enough_that_it_can_be_compared(text: str, mail: str | None) -> None:
    assert read_mail(text) == mail


def test_only_a_companys_own_domain_says_who_belongs_together() -> None:
    assert [own_domain(mail) for mail in ("a@muster.de", "a@gmx.de", "")] == ["muster.de", "", ""]


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("Branche=Maschinenbau", ("sector", "Maschinenbau")),
        ("größe: 10-49", ("size", "10-49")),
        ("Netz Werk = Nord  West", ("netz_werk", "Nord West")),
        ("pilot", ("pilot", "")),
    ],
)
def test_tag_is_read_by_its_key_in_either_language(text: str, tag: tuple[str, str]) -> None:
    assert read_tag(text) == tag


@pytest.mark.parametrize("text", ["", "=x", "a/b=c", f"a={'x' * 101}"])
def test_tag_without_a_key_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="sector"):
        read_tag(text)
