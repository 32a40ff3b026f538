"""Who takes part: companies, contacts, visitors, and what they may do."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NewType

CompanyId = NewType("CompanyId", int)
ContactId = NewType("ContactId", int)

Role = Literal["organiser", "admin"]
ROLES: tuple[Role, ...] = ("organiser", "admin")

NAME_LIMIT = 120  # longer than any name in the commercial register seen so far; a message may be 4096
VISITOR_LIFETIME = timedelta(days=7)  # invariant 7: without consent nothing stays longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """An organisation that takes part; a claimed one was typed by a contact and no organiser has confirmed it."""

    id: CompanyId
    name: str
    state: Literal["claimed", "confirmed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person who has consented. `staff` people run the hub: no company, no audience, no export.

    admitted: False while the team has to let them in.
    """

    id: ContactId
    name: str
    language: str
    company: Company | None
    staff: bool
    pushes: bool
    created_at: datetime
    admitted: bool = True


VisitorStep = Literal["language", "consent", "turned_away"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody who has written but not consented: the one row that exists of them."""

    language: str
    code_hash: str
    step: VisitorStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitee:
    """A person whom an organiser has entered to invite them, and who has not joined yet."""

    id: ContactId
    name: str


InvitationState = Literal["alive", "used_up", "expired", "revoked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A code that ties the one who opens it to a company or a role, or to what is known of them (`person`).

    code_hash: what is stored of the code.
    """

    id: int
    company: Company | None
    role: Role | None
    state: InvitationState = "alive"
    code_hash: str = ""
    person: Invitee | None = None

    @property
    def alive(self) -> bool:
        """Whether it still lets people in."""
        return self.state == "alive"


def clean_name(text: str) -> str:
    """Return a typed name on one line, without control or direction-changing characters and doubled spaces."""
    kept = "".join(
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", text)
        if _fits_a_name(character)
    )
    return re.sub(r" +", " ", kept).strip()


def _fits_a_name(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) not in {"Cc", "Cf", "Co", "Cs", "Cn"}


def hub_language(hint: str | None, languages: tuple[str, ...]) -> str | None:
    """Return the hub's language that a platform's hint such as `en-GB` means, or None."""
    code = (hint or "").replace("_", "-").partition("-")[0].lower()
    return code if code in languages else None


_LEGAL_FORM = re.compile(
    r"[\s,]+(gmbh( ?& ?co\.?( ?kg(aa)?)?)?|ag|se|kg|ohg|gbr|ug( ?\(haftungsbeschr[aä]nkt\))?|e\.? ?k\.?|e\.? ?v\.?|eg|"
    r"mbh|ggmbh|ltd\.?|inc\.?|llc|b\.?v\.?|s\.?a\.?|s\.?r\.?l\.?|co\.? ?kg)$"
)


def folded_company(name: str) -> str:
    """Return a company's name as duplicates are found by: lower case, without legal form, marks and doubled spaces."""
    folded = unicodedata.normalize("NFKC", name).casefold().strip()
    while (shorter := _LEGAL_FORM.sub("", folded)) != folded and shorter:
        folded = shorter
    return " ".join("".join(sign if sign.isalnum() else " " for sign in folded).split()) or name.casefold()
