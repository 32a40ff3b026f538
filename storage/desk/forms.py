"""Publishing, opening and closing forms."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from bot.domain import desk
from bot.errors import UsageError
from storage import hub, moving
from storage.codec import load
from storage.desk.order import Doers, Order
from storage.statements import Row, Statement, Steps, many, one
from storage.tables import form_versions, forms, responses

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
ANY_RESPONSE = Statement(
    select(responses.c.id).where(responses.c.form_id == bindparam("form")).limit(1), name="any response of form"
)


def _publish(order: Order, command: desk.PublishForm) -> Steps[desk.Published]:
    known: Row | None = yield from one(FORM, form=command.name)
    if command.draft and known is not None and known[1] == "open":
        raise UsageError(f"the form {command.name!r} is open; close it first, or publish without --draft")
    yield from _same_respondent(command, known)
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
        yield from move(command.name, state, closed_at=None)
    if new or known is None or known[1] != state:
        yield from order.note("form published", subject=command.name, detail=f"version {number}, {state}")
    outlook = yield from moving.look_back(
        command.form, name=command.name, new=new, migrate=command.migrate, now=order.now
    )
    if outlook is not None and outlook.moved and outlook.moves:
        detail = f"{outlook.moves} to version {number}, {outlook.running - outlook.moves} stayed"
        yield from order.note("responses moved", subject=command.name, detail=detail)
    return desk.Published(name=command.name, number=number, new=new, state=state, outlook=outlook)


def _same_respondent(command: desk.PublishForm, known: Row | None) -> Steps[None]:
    """Refuse to make of people's responses those of companies, or the other way round."""
    newest = (yield from one(NEWEST, form=known[0])) if known is not None else None
    if known is None or newest is None:
        return
    before = load(newest[2]).get("respondent", "contact")
    if before != command.form.respondent and (yield from one(ANY_RESPONSE, form=known[0])) is not None:
        raise UsageError(
            f"the form {command.name!r} has responses with respondent {before!r}, which cannot become those of a "
            f"{command.form.respondent}; leave the setting as it was, or publish under another name (form_id)"
        )


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
        yield from move(command.name, command.state, closed_at=order.now if command.state == "closed" else None)
        yield from order.note(f"form {'closed' if command.state == 'closed' else 'opened'}", subject=command.name)
    return before


def move(name: str, state: desk.FormState, *, closed_at: int | None) -> Steps[None]:
    """Give a form another state."""
    known = yield from one(FORM, form=name)
    assert known is not None
    yield from many(hub.FORM_STATE, [{"id_": known[0], "state": state, "closed_at": closed_at}])


DOERS: Doers = {desk.PublishForm: _publish, desk.SetFormState: _set_state}
