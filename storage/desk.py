"""Carries out what staff order (`bot.domain.desk`), and writes it into the audit log in the same transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, select, update

from bot.domain import desk
from bot.domain.people import NAME_LIMIT, clean_name
from bot.errors import UsageError
from storage import hub, moving
from storage.codec import dump, load, to_micros
from storage.statements import Row, Statement, Steps, change, insert, many, one, rows
from storage.tables import (
    addresses,
    audit_log,
    companies,
    contacts,
    form_versions,
    forms,
    invitations,
    milestones,
    responses,
    rights,
)

AUDIT = insert(audit_log)
FORM = Statement(
    select(forms.c.id, forms.c.state, forms.c.closed_at).where(forms.c.name == bindparam("form")), name="state of form"
)
NEWEST = Statement(
    select(form_versions.c.id, form_versions.c.title, form_versions.c.compiled)
    .where(form_versions.c.form_id == bindparam("form"))
    .order_by(form_versions.c.number.desc())
    .limit(1),
    name="newest version",
)
TITLE = Statement(
    update(form_versions).where(form_versions.c.id == bindparam("id_")).values(title=bindparam("title")),
    name="title of version",
)
COMPANIES = Statement(
    select(companies.c.id, companies.c.name, companies.c.state).order_by(companies.c.id), name="companies by age"
)
COMPANY = Statement(
    select(companies.c.name, companies.c.state).where(companies.c.id == bindparam("company")), name="company"
)
NEW_COMPANY = insert(companies, ("id", "name", "state", "created_at"))
CONFIRM = Statement(
    update(companies).where(companies.c.id == bindparam("company")).values(state="confirmed"), name="confirm company"
)
_MOVES = {
    table.name: Statement(
        update(table).where(table.c.company_id == bindparam("source")).values(company_id=bindparam("target")),
        name=f"move {table.name}",
    )
    for table in (contacts, responses, invitations)
}
COMPANY_GONE = Statement(delete(companies).where(companies.c.id == bindparam("company")), name="company gone")
INVITATION = insert(invitations)
RIGHT = insert(rights)
_THIS_RIGHT = and_(*(rights.c[name] == bindparam(name) for name in ("channel", "person", "role")))
ONE_RIGHT = Statement(select(rights.c.source).where(_THIS_RIGHT), name="one right")
RIGHT_GONE = Statement(delete(rights).where(_THIS_RIGHT), name="right gone")
ADMINS = Statement(select(func.count()).select_from(rights).where(rights.c.role == "admin"), name="count admins")
MILESTONES = Statement(
    select(*(milestones.c[name] for name in ("key", "due_on", "status", "field", "title", "text"))),
    name="milestones",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Who orders, when, and where new ids come from."""

    actor: str
    now: int
    number: Callable[[], int]

    def note(self, action: str, *, subject: str = "", detail: str = "") -> Steps[None]:
        """Write a line into the audit log."""
        yield from change(
            AUDIT,
            id=self.number(),
            actor=self.actor,
            action=action,
            subject=subject,
            detail=detail,
            done_at=self.now,
        )


def carry_out(order: Order, command: desk.Command[Any]) -> Steps[Any]:
    """Carry out one command; returns what the command's class names.

    Raises:
        UsageError: it cannot be done as things are; nothing was changed.
    """
    match command:
        case desk.PublishForm():
            return (yield from _publish(order, command))
        case desk.SetFormState():
            return (yield from _set_state(order, command))
        case desk.Invite():
            return (yield from _invite(order, command))
        case desk.GrantRole():
            return (yield from _grant(order, command))
        case desk.RevokeRole():
            return (yield from _revoke(order, command))
        case desk.ConfirmCompany(company=company):
            name, _ = yield from _company(company)
            yield from change(CONFIRM, company=company)
            yield from order.note("company confirmed", subject=desk.public_id("C", company))
            return name
        case desk.MergeCompanies():
            return (yield from _merge(order, command))
        case desk.ApplyContent():
            return (yield from _apply(order, command))
        case desk.NoteExport(form=form, detail=detail):
            yield from order.note("export", subject=form, detail=detail)
            return None
        case _:
            raise TypeError(f"nobody carries out {type(command).__name__}")


# --- forms -----------------------------------------------------------------------------------------------------------


def _publish(order: Order, command: desk.PublishForm) -> Steps[desk.Published]:
    known: Row | None = yield from one(FORM, form=command.name)
    if command.draft and known is not None and known[1] == "open":
        raise UsageError(f"the form {command.name!r} is open; close it first, or publish without --draft")
    title = command.title or (yield from _title_so_far(command, known))
    number, new = yield from hub.publish(
        command.form,
        name=command.name,
        title=title,
        file_name=command.file_name,
        source=command.source,
        files=command.files,
        now=order.now,
        number=order.number,
    )
    state: desk.FormState = "open"
    if command.draft:
        state = "draft"
        yield from _move(command.name, state, closed_at=None)
    if new or known is None or known[1] != state:
        yield from order.note("form published", subject=command.name, detail=f"version {number}, {state}")
    outlook = yield from moving.look_back(
        command.form, name=command.name, new=new, migrate=command.migrate, now=order.now
    )
    if outlook is not None and outlook.moved and outlook.moves:
        detail = f"{outlook.moves} to version {number}, {outlook.running - outlook.moves} stayed"
        yield from order.note("responses moved", subject=command.name, detail=detail)
    return desk.Published(name=command.name, number=number, new=new, state=state, outlook=outlook)


def _title_so_far(command: desk.PublishForm, known: Row | None) -> Steps[Any]:
    """A hub may call a form otherwise than its sheet does; that name stays while the sheet's own does."""
    newest = (yield from one(NEWEST, form=known[0])) if known is not None else None
    if newest is None or load(newest[2]).get("title") != dict(command.form.title):
        return {}
    return load(newest[1])


def _set_state(order: Order, command: desk.SetFormState) -> Steps[desk.FormState]:
    known: Row | None = yield from one(FORM, form=command.name)
    if known is None:
        raise UsageError(f"there is no form {command.name!r}; `hubtalk forms list` names them")
    before: desk.FormState = known[1]
    if before != command.state:
        yield from _move(command.name, command.state, closed_at=order.now if command.state == "closed" else None)
        yield from order.note(f"form {'closed' if command.state == 'closed' else 'opened'}", subject=command.name)
    return before


def _move(name: str, state: desk.FormState, *, closed_at: int | None) -> Steps[None]:
    known = yield from one(FORM, form=name)
    assert known is not None
    yield from many(hub.FORM_STATE, [{"id_": known[0], "state": state, "closed_at": closed_at}])


# --- people ----------------------------------------------------------------------------------------------------------


def _invite(order: Order, command: desk.Invite) -> Steps[desk.Invited]:
    company: int | None = None
    invited = desk.Invited()
    if command.company is not None:
        company, invited = yield from _company_called(order, command.company)
    number = order.number()
    yield from change(
        INVITATION,
        id=number,
        code_hash=command.code_hash,
        company_id=company,
        role=command.role or "",
        uses_left=command.uses,
        expires_at=None if command.expires_at is None else to_micros(command.expires_at),
        created_by=order.actor,
        created_at=order.now,
    )
    whom = f"role {command.role}" if command.role else f"company {desk.public_id('C', company or 0)}"
    uses = "any number of uses" if command.uses is None else f"{command.uses} uses"
    yield from order.note("invitation made", subject=whom, detail=uses)
    return invited


def _company_called(order: Order, text: str) -> Steps[tuple[int, desk.Invited]]:
    """Find a confirmed company by its exact name in any letter case, or make one."""
    name = clean_name(text)
    if not 1 <= len(name) <= NAME_LIMIT or not any(sign.isalnum() for sign in name):
        raise UsageError(f"a company's name has 1 to {NAME_LIMIT} characters and at least a letter or digit")
    # Compared here, as the databases do not agree on the case of umlauts.
    same: list[Row] = [row for row in (yield from rows(COMPANIES)) if row[1].casefold() == name.casefold()]
    claimed = tuple(row[0] for row in same if row[2] == "claimed")
    for number, known, state in same:
        if state == "confirmed":
            return number, desk.Invited(company=known, company_id=number, known=True, claimed=claimed)
    number = order.number()
    yield from change(NEW_COMPANY, id=number, name=name, state="confirmed", created_at=order.now)
    return number, desk.Invited(company=name, company_id=number, claimed=claimed)


def _grant(order: Order, command: desk.GrantRole) -> Steps[bool]:
    person = {"channel": command.person.channel, "person": command.person.chat, "role": command.role}
    if (yield from one(ONE_RIGHT, **person)) is not None:
        return False
    yield from change(RIGHT, **person, source="command", granted_at=order.now)
    yield from order.note("role granted", subject=str(command.person), detail=command.role)
    return True


def _revoke(order: Order, command: desk.RevokeRole) -> Steps[desk.Revoked]:
    person = {"channel": command.person.channel, "person": command.person.chat, "role": command.role}
    found = yield from one(ONE_RIGHT, **person)
    if found is None:
        raise UsageError(f"{command.person} is no {command.role}; `hubtalk roles list` shows who is")
    if found[0] == "settings":
        raise UsageError(f"{command.person} is an admin by HUBTALK_ADMINS; take the address out of that setting")
    yield from change(RIGHT_GONE, **person)
    yield from order.note("role revoked", subject=str(command.person), detail=command.role)
    left = yield from one(ADMINS)
    return desk.Revoked(admins_left=int(left[0]) if left else 0)


def _company(number: int) -> Steps[tuple[str, str]]:
    found = yield from one(COMPANY, company=number)
    if found is None:
        raise UsageError(f"there is no company {desk.public_id('C', number)}; `hubtalk companies list` shows their ids")
    return str(found[0]), str(found[1])


def _merge(order: Order, command: desk.MergeCompanies) -> Steps[desk.Merged]:
    if command.source == command.target:
        raise UsageError("a company cannot be merged into itself")
    source, state = yield from _company(command.source)
    target, target_state = yield from _company(command.target)
    if state == "confirmed" and target_state == "claimed":
        raise UsageError(f"{source!r} is confirmed and {target!r} is not; say them the other way round")
    moved = {}
    for name, statement in _MOVES.items():
        moved[name] = yield from change(statement, source=command.source, target=command.target)
    yield from change(COMPANY_GONE, company=command.source)
    yield from order.note(
        "companies merged",
        subject=desk.public_id("C", command.target),
        detail=f"from {desk.public_id('C', command.source)}, "
        f"{moved['contacts']} contacts, {moved['responses']} responses",
    )
    return desk.Merged(source=source, target=target, contacts=moved["contacts"], responses=moved["responses"])


# --- content ---------------------------------------------------------------------------------------------------------


def _apply(order: Order, command: desk.ApplyContent) -> Steps[desk.Applied]:
    before = yield from hub.texts()
    texts = {key: body for key, body in command.texts.items() if before.get(key) != body}
    version = (yield from hub.settings()).get("notice_version")
    if texts or version != command.notice_version:
        yield from hub.enter_texts(texts, notice_version=command.notice_version, now=order.now)
    keys = yield from _apply_milestones(order, command)
    published = []
    for item in command.forms:
        done = yield from _apply_form(order, item)
        if done is not None:
            published.append(done)
    applied = desk.Applied(
        texts=tuple(f"{name}.{language}" for name, language in sorted(texts)),
        milestones=keys,
        forms=tuple(published),
        notice_version=command.notice_version,
    )
    if applied.texts or applied.milestones or applied.forms or version != command.notice_version:
        detail = f"{len(texts)} texts, {len(keys)} milestones, {len(published)} forms"
        yield from order.note("content applied", detail=detail)
    return applied


def _apply_milestones(order: Order, command: desk.ApplyContent) -> Steps[tuple[str, ...]]:
    known = {row[0]: (row[1], row[2], row[3], load(row[4]), load(row[5])) for row in (yield from rows(MILESTONES))}
    changed = [item for item in command.milestones if known.get(item["key"]) != _milestone(item)]
    yield from hub.enter_milestones(changed, number=order.number)
    return tuple(str(item["key"]) for item in changed)


def _milestone(item: Any) -> tuple[Any, ...]:
    return (
        str(item.get("due", "")),
        item.get("status", "planned"),
        item.get("field", ""),
        dict(item.get("title", {})),
        {"text": item.get("text", {}), "when": item.get("when", {})},
    )


def _apply_form(order: Order, item: desk.ContentForm) -> Steps[desk.Published | None]:
    """Publish a form whose sheet changed; a form's state (closed, draft) is not the folder's affair."""
    known: Row | None = yield from one(FORM, form=item.name)
    number, new = yield from hub.publish(
        item.form,
        name=item.name,
        title=item.title,
        file_name=item.file_name,
        source=item.source,
        files=item.files,
        now=order.now,
        number=order.number,
    )
    state: desk.FormState = "open" if known is None else known[1]
    if known is not None:
        yield from _move(item.name, state, closed_at=known[2])
        newest = yield from one(NEWEST, form=known[0])
        if not new and newest is not None and item.title and load(newest[1]) != dict(item.title):
            yield from change(TITLE, id_=newest[0], title=dump(dict(item.title)))
            return desk.Published(name=item.name, number=number, new=False, state=state)
    return desk.Published(name=item.name, number=number, new=True, state=state) if new else None


# --- a house for a preview -------------------------------------------------------------------------------------------

CONTACT = insert(contacts, ("id", "name", "language", "created_at"))
ADDRESS = insert(addresses, ("id", "channel", "chat", "person", "account", "contact_id", "seen_at"))


def let_in(*, contact: int, address: int, channel: str, person: str, language: str, now: int) -> Steps[None]:
    """Make somebody a contact without a word of theirs: only where nothing is kept, as in a preview."""
    yield from change(CONTACT, id=contact, name=person, language=language, created_at=now)
    yield from change(
        ADDRESS,
        id=address,
        channel=channel,
        chat=person,
        person=person,
        account=f"{channel}:local",
        contact_id=contact,
        seen_at=now,
    )
