"""The figures of a form's progress. One look at each contact says how far they have come; the rest is adding up.

Answers and their history are never read: where a response stands is in `responses` and `interviews`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.domain.interviews import END
from bot.domain.progress import STAGES, STALLED_AFTER, Absentee, By, Counts, FormShown, Group, Overview, Stall
from bot.errors import UsageError
from bot.forms.model import Form
from storage.codec import from_micros, load, to_micros
from storage.standing import (
    ABSENTEES,
    ANY_SHARED,
    BY_CHANNEL,
    BY_COMPANY,
    BY_ENTRY,
    BY_TAG,
    COMPANIES,
    COMPANY_PAGE,
    CONTACTS,
    COUNT_COMPANIES,
    FORMS,
    HOLDERS,
    MISSING,
    NAMES,
    OF_COMPANIES,
    OWN_RESPONSES,
    STAFF,
    STALLED,
    TAGS,
)
from storage.statements import Row, Steps, one, rows


def find_form(name: str) -> Steps[FormShown]:
    """Return a form that was ever open; without a name the newest open one.

    Raises:
        UsageError: there is none.
    """
    found = yield from rows(FORMS)
    chosen = next((row for row in found if not name or row[2] == name), None)
    if chosen is None:
        called = f"there is no form {name!r}" if name else "there is no form yet"
        raise UsageError(f"{called}; `hubtalk forms list` names those there are")
    shown = tuple((row[2], load(row[3]), row[4]) for row in found)
    form, version, called, title, state = chosen
    return FormShown(id=form, version=version, name=called, title=load(title), state=state, all=shown)


def counts(form: FormShown, *, now: datetime) -> Steps[tuple[Counts, int]]:
    """Return the counts of contacts, and how many entered contacts are not invited yet."""
    found = yield from _stages(form, now=to_micros(now))
    waiting = int(found.get(None, 0))
    return Counts.adding_up(_known_stages(found)), waiting


def _staff() -> Steps[list[int]]:
    """Return who has a role, at any address of theirs: they count nowhere."""
    holders = yield from rows(HOLDERS)
    return sorted({row[0] for row in (yield from rows(STAFF, holders=[(row[0], row[1]) for row in holders]))})


def _stages(form: FormShown, *, now: int) -> Steps[dict[int | None, int]]:
    """Return how many contacts stand at each stage, by its place in `STAGES`; None: entered, and not invited yet."""
    team = yield from _staff()
    if (yield from one(ANY_SHARED, form=form.id)) is not None:
        return dict((yield from rows(CONTACTS, form=form.id, now=now, staff=team)))
    found: dict[int | None, int] = dict((yield from rows(BY_ENTRY, now=now, staff=team)))
    joined = found.pop(-1, 0)
    by_status: dict[str, int] = dict((yield from rows(OWN_RESPONSES, form=form.id, staff=team)))
    submitted = by_status.get("submitted", 0)
    begun = sum(by_status.values())
    more = {STAGES.index("consented"): joined - begun, STAGES.index("started"): begun - submitted}
    return found | more | {STAGES.index("submitted"): submitted}


def company_counts(form: FormShown, *, now: datetime) -> Steps[Counts]:
    """Return how many companies came how far: as far as the contact of theirs who came furthest."""
    found: dict[int | None, int] = dict(
        (yield from rows(COMPANIES, form=form.id, now=to_micros(now), staff=(yield from _staff())))
    )
    return Counts.adding_up(_known_stages(found))


def _known_stages(found: Mapping[int | None, int]) -> dict[int, int]:
    return {stage: count for stage, count in found.items() if stage is not None}


def company_page(form: FormShown, *, now: datetime, many: int, before: int) -> Steps[tuple[tuple[Group, ...], int]]:
    """Return the counts of some companies in the order of their names, and how many companies there are."""
    total = (yield from one(COUNT_COMPANIES)) or (0,)
    page = yield from rows(COMPANY_PAGE, many=many, before=before)
    found = yield from rows(
        OF_COMPANIES, form=form.id, now=to_micros(now), companies=[row[0] for row in page], staff=(yield from _staff())
    )
    standing: dict[int, dict[int, int]] = {}
    for company, stage, count in found:
        standing.setdefault(company, {})[stage] = count
    groups_ = tuple(Group(name=name, counts=Counts.adding_up(standing.get(number, {}))) for number, name in page)
    return groups_, int(total[0])


def stalled(form: FormShown, compiled: Form | None, *, now: datetime) -> Steps[tuple[Stall, ...]]:
    """Return at which questions responses stand still, those with the most first."""
    by_path: dict[str, int] = {}
    since = to_micros(now - STALLED_AFTER)
    team = yield from _staff()
    for position, count in (yield from rows(STALLED, form=form.id, since=since, staff=team)):
        path = "" if position in ("", END) else position.partition("@")[0]
        by_path[path] = by_path.get(path, 0) + count
    labels = {} if compiled is None else {question.path: question.label for question in compiled.questions}
    order = sorted(by_path.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Stall(path=path, label=labels.get(path, {}), responses=count) for path, count in order)


def groups(form: FormShown, by: By, key: str, *, now: datetime) -> Steps[tuple[Group, ...]]:
    """Return the counts a company, value of a tag or channel, those with the most invited first."""
    moment, team = to_micros(now), (yield from _staff())
    match by:
        case "company":
            found = yield from rows(BY_COMPANY, form=form.id, now=moment, staff=team)
            found = yield from _with_names(found)
        case "tag":
            found = yield from rows(BY_TAG, form=form.id, now=moment, staff=team, key=key)
        case "channel":
            found = yield from rows(BY_CHANNEL, form=form.id, now=moment, staff=team)
    standing: dict[Any, dict[int, int]] = {}
    for name, stage, count in found:
        standing.setdefault(name or "", {})[stage] = count
    made = [Group(name=_name(name), counts=Counts.adding_up(each)) for name, each in standing.items()]
    return tuple(sorted(made, key=lambda group: (-group.counts.invited, group.name)))


def _name(name: Any) -> str:
    """Two companies of one name are two groups: what tells them apart here is their id."""
    return name[0] if isinstance(name, tuple) else str(name)


def _with_names(found: Sequence[Row]) -> Steps[list[Row]]:
    ids = sorted({row[0] for row in found if row[0] is not None})
    names: dict[int, str] = dict((yield from rows(NAMES, companies=ids)))
    return [((names.get(number, ""), number) if number is not None else "", *rest) for number, *rest in found]


def tags() -> Steps[tuple[str, ...]]:
    """Return what companies are tagged by."""
    return tuple(row[0] for row in (yield from rows(TAGS)))


def missing(form: FormShown, *, now: datetime, many: int, before: int = 0) -> Steps[tuple[Absentee, ...]]:
    """Return people who are invited and have not submitted, `many` of them after the first `before`."""
    found = yield from rows(
        MISSING, form=form.id, now=to_micros(now), many=many, before=before, staff=(yield from _staff())
    )
    details = {row[0]: row for row in (yield from rows(ABSENTEES, form=form.id, contacts=[row[0] for row in found]))}
    return tuple(
        Absentee(
            contact=number,
            name=details[number][1],
            company=details[number][2] or "",
            stage=STAGES[stage],
            since=from_micros(details[number][3]),
        )
        for number, stage in found
    )


def overview(form: FormShown, compiled: Form | None, *, now: datetime) -> Steps[Overview]:
    """Return all that one message says of a form's progress."""
    found, waiting = yield from counts(form, now=now)
    standing_still = yield from stalled(form, compiled, now=now)
    return Overview(form=form, counts=found, waiting=waiting, stalled=standing_still, tags=(yield from tags()))
