"""Entering a content folder, and noting an export."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select, update

from bot.domain import desk
from storage import hub
from storage.codec import dump, load
from storage.desk import forms
from storage.desk.order import Doers, Order
from storage.statements import Row, Statement, Steps, change, one, rows
from storage.tables import form_versions, milestones

TITLE = Statement(
    update(form_versions).where(form_versions.c.id == bindparam("id_")).values(title=bindparam("title")),
    name="title of version",
)
MILESTONES = Statement(
    select(*(milestones.c[name] for name in ("key", "due_on", "status", "field", "title", "text"))),
    name="milestones",
)


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
    known: Row | None = yield from one(forms.FORM, form=item.name)
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
        yield from forms.move(item.name, state, closed_at=known[2])
        newest = yield from one(forms.NEWEST, form=known[0])
        if not new and newest is not None and item.title and load(newest[1]) != dict(item.title):
            yield from change(TITLE, id_=newest[0], title=dump(dict(item.title)))
            return desk.Published(name=item.name, number=number, new=False, state=state)
    return desk.Published(name=item.name, number=number, new=True, state=state) if new else None


def _note_export(order: Order, command: desk.NoteExport) -> Steps[None]:
    yield from order.note("export", subject=command.form, detail=command.detail)


DOERS: Doers = {desk.ApplyContent: _apply, desk.NoteExport: _note_export}
