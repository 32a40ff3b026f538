"""What a list of companies and people changes: who is new, who is known, and which rows cannot be taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bot.domain.choosing import folded
from bot.domain.listed import TAGS_A_COMPANY, ListedRow, RowError
from bot.domain.mail import own_domain
from bot.domain.people import folded_company


@dataclass(slots=True, kw_only=True)
class CompanyEntry:
    """A company as it will be. `new`: it was not there; `changed`: something empty was filled in."""

    id: int
    name: str
    town: str = ""
    domain: str = ""
    note: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    claimed: bool = False
    new: bool = False
    changed: bool = False
    added_tags: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class ContactEntry:
    """A contact as they will be. `company` None: they belong to none."""

    id: int
    company: int | None
    name: str = ""
    mail: str = ""
    language: str = ""
    note: str = ""
    new: bool = False
    changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is there already: companies of the list's names and mail domains, contacts of its mails and of these
    companies; `erased`: the list's mails whose owners asked to be forgotten.
    """

    companies: Sequence[CompanyEntry] = ()
    contacts: Sequence[ContactEntry] = ()
    erased: frozenset[str] = frozenset()


Doubt = Literal["domain", "claimed", "elsewhere"]
"""Why something may be there twice: a company's mail domain belongs to one of another name; a contact typed a company
of this name, which nobody has confirmed; a contact's mail is known at another company.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """Two that may be one: what the row says, and what is there (or stands in an earlier row)."""

    row: int
    why: Doubt
    name: str
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many are new, were there, and of those, got something that was empty."""

    new: int
    known: int
    changed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What a list did, or would do."""

    companies: Tally
    contacts: Tally
    errors: tuple[RowError, ...] = ()
    suspects: tuple[Suspect, ...] = ()


class Import:
    """A list on its way in, row by row.

    Args:
        known: what is there; its entries are changed.
        number: makes ids.
        language: of people whose row names none.
    """

    def __init__(self, known: Known, *, number: Callable[[], int], language: str) -> None:
        self._number = number
        self._language = language
        self._erased = known.erased
        self._by_id = {company.id: company for company in known.companies}
        self._by_name: dict[str, CompanyEntry] = {}
        self._claimed: dict[str, CompanyEntry] = {}
        self._by_domain: dict[str, list[CompanyEntry]] = {}
        for company in sorted(known.companies, key=lambda each: each.id):
            # Whoever typed a name is not yet of that company: nobody is put beside them before a person has looked.
            names = self._claimed if company.claimed else self._by_name
            names.setdefault(folded_company(company.name), company)
            if not company.claimed:
                self._meet(company)
        self._by_mail: dict[str, ContactEntry] = {}
        self._by_person: dict[tuple[int | None, str], list[ContactEntry]] = {}
        for contact in sorted(known.contacts, key=lambda each: each.id):
            self._meet_person(contact)
        self.companies: dict[int, CompanyEntry] = {}
        self.contacts: dict[int, ContactEntry] = {}
        self.errors: list[RowError] = []
        self.suspects: list[Suspect] = []

    def take(self, rows: Sequence[ListedRow]) -> None:
        """Take rows, in their order; those of one company or person fill each other up."""
        # A row that names no company goes by its mail, wherever in the list that company stands.
        for row in sorted(rows, key=lambda each: not each.company):
            company = None if row.mail in self._erased else self._company(row)
            if company is None:
                why: Literal["erased", "company"] = "erased" if row.mail in self._erased else "company"
                self.errors.append(RowError(row.row, why))
                continue
            self.companies[company.id] = company
            self._fill_company(company, row)
            if row.person:
                self._person(company, row)

    def done(self) -> Imported:
        """Return what came of it."""
        return Imported(
            companies=_tally(self.companies.values()),
            contacts=_tally(self.contacts.values()),
            errors=tuple(sorted(self.errors, key=lambda error: error.row)),
            suspects=tuple(sorted(self.suspects, key=lambda suspect: suspect.row)),
        )

    # --- companies ---------------------------------------------------------------------------------------------------

    def _company(self, row: ListedRow) -> CompanyEntry | None:
        domain = own_domain(row.mail)
        if not row.company:
            owners = self._by_domain.get(domain, []) if domain else []
            return owners[0] if len(owners) == 1 else None
        key = folded_company(row.company)
        known = self._by_name.get(key)
        if known is not None:
            return known
        company = CompanyEntry(id=self._number(), name=row.company, new=True)
        if key in self._claimed:
            self._suspect(row, "claimed", row.company, self._claimed[key].name)
        for other in self._by_domain.get(domain, [])[:1] if domain else []:
            self._suspect(row, "domain", row.company, other.name)
        self._by_name[key] = self._by_id[company.id] = company
        return company

    def _fill_company(self, company: CompanyEntry, row: ListedRow) -> None:
        if not company.town and row.town:
            company.town, company.changed = row.town, True
        domain = own_domain(row.mail)
        if not company.domain and domain:
            company.domain, company.changed = domain, True
            self._meet(company)
        if not company.note and row.note and not row.person:
            company.note, company.changed = row.note, True
        for key, value in row.tags.items():
            if key not in company.tags and len(company.tags) < TAGS_A_COMPANY:
                company.tags[key] = company.added_tags[key] = value
                company.changed = True

    def _meet(self, company: CompanyEntry) -> None:
        if company.domain:
            self._by_domain.setdefault(company.domain, []).append(company)

    # --- people ------------------------------------------------------------------------------------------------------

    def _person(self, company: CompanyEntry, row: ListedRow) -> None:
        contact = self._known_person(company, row)
        if contact is None:
            contact = ContactEntry(
                id=self._number(), company=company.id, language=row.language or self._language, new=True
            )
        elif contact.company != company.id:
            other = self._by_id.get(contact.company) if contact.company is not None else None
            self._suspect(row, "elsewhere", row.name or row.mail, other.name if other is not None else "")
        self.contacts[contact.id] = contact
        for what, said in (("name", row.name), ("mail", row.mail), ("note", row.note)):
            if said and not getattr(contact, what):
                setattr(contact, what, said)
                contact.changed = True
        self._meet_person(contact)

    def _known_person(self, company: CompanyEntry, row: ListedRow) -> ContactEntry | None:
        if row.mail and row.mail in self._by_mail:
            return self._by_mail[row.mail]
        namesakes = self._by_person.get((company.id, folded(row.name)), []) if row.name else []
        return next((each for each in namesakes if not row.mail or not each.mail), None)

    def _meet_person(self, contact: ContactEntry) -> None:
        if contact.mail:
            self._by_mail.setdefault(contact.mail, contact)
        if contact.name:
            namesakes = self._by_person.setdefault((contact.company, folded(contact.name)), [])
            if not any(each is contact for each in namesakes):
                namesakes.append(contact)

    def _suspect(self, row: ListedRow, why: Doubt, name: str, other: str) -> None:
        self.suspects.append(Suspect(row=row.row, why=why, name=name, other=other))


def _tally(entries: Iterable[CompanyEntry | ContactEntry]) -> Tally:
    found = list(entries)
    known = [each for each in found if not each.new]
    return Tally(new=len(found) - len(known), known=len(known), changed=sum(each.changed for each in known))


def hashes(rows: Iterable[ListedRow], keyed: Callable[[str], str]) -> Mapping[str, str]:
    """Return the mails of rows by the keyed hash that an erasure leaves of one."""
    return {mail_hash(row.mail, keyed): row.mail for row in rows if row.mail}


def mail_hash(mail: str, keyed: Callable[[str], str]) -> str:
    """Return what an erasure leaves of a mail address, "" of none."""
    return keyed(f"mail:{mail}") if mail else ""
