"""Two contacts are one person: what has to be picked, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.domain.people import Company, ContactId, Role
from bot.forms.model import Texts

UNDO_WITHIN = timedelta(hours=24)

Which = Literal["kept", "gone"]
Obstacle = Literal["same", "merged", "staff", "roles"]
"""Why two contacts cannot become one: they are the same one; one has been merged away; one runs the hub and the other
takes part in it; both run it with different roles.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A response of a contact's own, as one compares two of them. `answered`: how many questions were dealt with."""

    response: int
    form: str
    title: Texts
    round: int
    status: Literal["partial", "submitted"]
    channel: str
    answered: int
    started_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """An interview of a contact. `company`: whose response it is about, None: their own."""

    interview: int
    response: int
    company: int | None
    open: bool
    touched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """A consent of a contact."""

    consent: int
    purpose: str
    given_at: datetime
    withdrawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two contacts. `used_at`: when they were last here; `merged`: they are another contact already."""

    contact: ContactId
    name: str
    language: str
    staff: bool
    pushes: bool
    used_at: datetime
    created_at: datetime
    mail: str = ""
    note: str = ""
    push_channel: str = ""
    admitted: bool = True
    joined_at: datetime | None = None
    merged: bool = False
    company: Company | None = None
    channels: tuple[str, ...] = ()
    roles: frozenset[Role] = frozenset()
    responses: tuple[Held, ...] = ()
    interviews: tuple[Walked, ...] = ()
    consents: tuple[Agreed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Collision:
    """Both have a response to the same form; one counts from now on, the other is kept aside."""

    form: str
    title: Texts
    kept: Held
    gone: Held


@dataclass(frozen=True, slots=True, kw_only=True)
class Picks:
    """What people decided: by form which response counts, and whose company it is."""

    responses: Mapping[str, Which]
    company: Which | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Union:
    """What the one contact is from now on, and what is laid aside for it.

    superseded: responses that count no more; finished: interviews that end; dropped: interviews of which the other
    contact has one about the same response; withdrawn: consents that fall with one that was withdrawn.
    """

    company: Company | None
    name: str
    mail: str
    note: str
    language: str
    pushes: bool
    push_channel: str
    admitted: bool
    joined_at: datetime | None
    superseded: tuple[int, ...]
    finished: tuple[int, ...]
    dropped: tuple[int, ...]
    withdrawn: tuple[int, ...]


def obstacle(kept: Side, gone: Side) -> Obstacle | None:
    """Return why the two cannot become one, None if they can.

    Roles belong to addresses, and staff are in no audience and no export: so that nobody wins or loses either by the
    way, only equals become one.
    """
    if kept.contact == gone.contact:
        return "same"
    if kept.merged or gone.merged:
        return "merged"
    if kept.staff != gone.staff:
        return "staff"
    return "roles" if kept.roles != gone.roles else None


def collisions(kept: Side, gone: Side) -> tuple[Collision, ...]:
    """Return the forms to which both have a response, in the order in which the kept one began them."""
    others = {(held.form, held.round): held for held in gone.responses}
    return tuple(
        Collision(form=held.form, title=held.title, kept=held, gone=others[held.form, held.round])
        for held in kept.responses
        if (held.form, held.round) in others
    )


def company_differs(kept: Side, gone: Side) -> bool:
    """Whether somebody has to say whose company it is."""
    return kept.company is not None and gone.company is not None and kept.company.id != gone.company.id


def further(collision: Collision) -> Which:
    """Return which of two responses goes further: sent in, more answers, changed later."""

    def reach(held: Held) -> tuple[bool, int, datetime]:
        return held.status == "submitted", held.answered, held.changed_at

    return "gone" if reach(collision.gone) > reach(collision.kept) else "kept"


def unite(kept: Side, gone: Side, picks: Picks) -> Union:
    """Return what the kept contact is once it is both.

    The stricter wins: pushes are on if both wanted them, a withdrawn consent stays so. The language is that of the
    later use; name and mail are the kept one's unless they are empty.
    """
    company = kept.company or gone.company
    if company_differs(kept, gone):
        company = gone.company if picks.company == "gone" else kept.company
    superseded = tuple(
        collision.kept.response if picks.responses[collision.form] == "gone" else collision.gone.response
        for collision in collisions(kept, gone)
    )
    dropped = _doubles(kept, gone)
    channels = {*kept.channels, *gone.channels}
    joined = [moment for moment in (kept.joined_at, gone.joined_at) if moment is not None]
    return Union(
        company=company,
        name=kept.name or gone.name,
        mail=kept.mail or gone.mail,
        note="\n".join(dict.fromkeys(note for note in (kept.note, gone.note) if note)),
        language=gone.language if gone.used_at > kept.used_at else kept.language,
        pushes=kept.pushes and gone.pushes,
        push_channel=next((name for name in (kept.push_channel, gone.push_channel) if name in channels), ""),
        admitted=kept.admitted or gone.admitted,
        joined_at=min(joined, default=None),
        superseded=superseded,
        finished=_ended(
            (each for each in (*kept.interviews, *gone.interviews) if each.interview not in dropped),
            superseded=superseded,
            company=company,
        ),
        dropped=dropped,
        withdrawn=_withdrawn((*kept.consents, *gone.consents)),
    )


def _doubles(kept: Side, gone: Side) -> tuple[int, ...]:
    """Colleagues share a response; of two interviews about it the later one stays."""
    own = {walked.response: walked for walked in kept.interviews}
    return tuple(
        (own[other.response] if other.touched_at > own[other.response].touched_at else other).interview
        for other in gone.interviews
        if other.response in own
    )


def _ended(walks: Iterable[Walked], *, superseded: tuple[int, ...], company: Company | None) -> tuple[int, ...]:
    """Return the interviews that end, so that one is open at most: the one that was touched last."""
    ended = []
    going_on: list[Walked] = []
    for walked in walks:
        foreign = walked.company is not None and (company is None or walked.company != company.id)
        if not walked.open:
            continue
        if walked.response in superseded or foreign:
            ended.append(walked.interview)
        else:
            going_on.append(walked)
    going_on.sort(key=lambda walked: (walked.touched_at, walked.interview))
    return (*ended, *(walked.interview for walked in going_on[:-1]))


def _withdrawn(consents: tuple[Agreed, ...]) -> tuple[int, ...]:
    """Return the consents that fall because one for the same purpose was withdrawn."""
    purposes = {each.purpose for each in consents if each.withdrawn}
    return tuple(each.consent for each in consents if each.purpose in purposes and not each.withdrawn)
