"""What the hub says and who runs it: its texts, forms and milestones entering the database, and read back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from bot.domain.filing import media_names
from bot.forms.model import Form
from bot.forms.store import to_json
from storage import form_files
from storage.codec import dump
from storage.statements import Statement, Steps, insert, many, one, rows, upsert
from storage.tables import form_versions, forms, hub_settings, hub_texts, milestones, rights

SETTING = upsert(hub_settings, keys=("key",), set_=("value", "changed_at"))
SETTINGS = Statement(select(hub_settings.c.key, hub_settings.c.value), name="hub settings")
TEXT = upsert(hub_texts, keys=("name", "language"), set_=("body", "hash", "changed_at"))
TEXTS = Statement(select(hub_texts.c.name, hub_texts.c.language, hub_texts.c.body), name="hub texts")
MILESTONE = upsert(milestones, keys=("key",), set_=("due_on", "status", "field", "title", "text"))
FORM_BY_NAME = Statement(
    select(forms.c.id, forms.c.state).where(forms.c.name == bindparam("form")), name="form by name"
)
FORM = insert(forms, ("id", "name", "state", "created_at"))
FORM_STATE = Statement(
    update(forms)
    .where(forms.c.id == bindparam("id_"))
    .values(state=bindparam("state"), closed_at=bindparam("closed_at")),
    name="form state",
)
VERSION = insert(form_versions)
LAST_VERSION = Statement(
    select(
        form_versions.c.number,
        form_versions.c.hash,
        form_versions.c.file_name,
        form_versions.c.source,
        form_versions.c.id,
    )
    .select_from(form_versions.join(forms))
    .where(forms.c.name == bindparam("form"))
    .order_by(form_versions.c.number.desc())
    .limit(1),
    name="last version",
)
RIGHT = upsert(rights, keys=("channel", "person", "role"))
SETTINGS_RIGHTS_GONE = Statement(delete(rights).where(rights.c.source == "settings"), name="rights of settings gone")


def entered() -> Steps[bool]:
    """Whether content has entered this database."""
    found = yield from rows(SETTINGS)
    return any(key == "content_entered" for key, _ in found)


def settings() -> Steps[dict[str, str]]:
    """Return what the hub's content set."""
    return dict((yield from rows(SETTINGS)))


def texts() -> Steps[dict[tuple[str, str], str]]:
    """Return the hub's texts by name and language, as they were written."""
    return {(name, language): body for name, language, body in (yield from rows(TEXTS))}


def enter_texts(written: Mapping[tuple[str, str], str], *, notice_version: str, now: int) -> Steps[None]:
    """Write the hub's texts and the version of its notice."""
    yield from many(
        TEXT,
        [
            {
                "name": name,
                "language": language,
                "body": body,
                "hash": hashlib.sha256(body.encode()).hexdigest(),
                "changed_at": now,
            }
            for (name, language), body in written.items()
        ],
    )
    values = {"notice_version": notice_version, "content_entered": "1"}
    yield from many(SETTING, [{"key": key, "value": value, "changed_at": now} for key, value in values.items()])


def enter_milestones(found: Sequence[Mapping[str, Any]], *, number: Any) -> Steps[None]:
    """Write the programme's milestones."""
    yield from many(
        MILESTONE,
        [
            {
                "id": number(),
                "key": item["key"],
                "due_on": str(item.get("due", "")),
                "status": item.get("status", "planned"),
                "field": item.get("field", ""),
                "title": dump(item.get("title", {})),
                "text": dump({"text": item.get("text", {}), "when": item.get("when", {})}),
            }
            for item in found
        ],
    )


def publish(
    form: Form,
    *,
    name: str,
    title: Mapping[str, str],
    file_name: str,
    source: bytes,
    now: int,
    number: Any,
    files: Mapping[str, bytes] | None = None,
) -> Steps[tuple[int, bool]]:
    """Publish a form as a new version, open; the same source and files again are no new version.

    Args:
        files: what it shows, by name; None: those of the version before that it still names.

    Returns:
        The version's number, and whether it is new.

    Raises:
        UsageError: the files are too large.
    """
    last = yield from one(LAST_VERSION, form=name)
    if files is None:
        before = {} if last is None else (yield from form_files.of_version(last[4]))
        files = {file: content for file, content in before.items() if file in media_names(form)}
    digest = _digest(source, files)
    known = yield from one(FORM_BY_NAME, form=name)
    if known is None:
        form_id = number()
        yield from many(FORM, [{"id": form_id, "name": name, "state": "open", "created_at": now}])
    else:
        form_id = known[0]
        yield from many(FORM_STATE, [{"id_": form_id, "state": "open", "closed_at": None}])
    if last is not None and last[1] == digest:
        return int(last[0]), False
    version = int(last[0]) + 1 if last is not None else 1
    row = {
        "id": number(),
        "form_id": form_id,
        "number": version,
        "version": form.version,
        "title": dump(dict(title or form.title)),
        "file_name": file_name,
        "source": source,
        "compiled": to_json(form),
        "hash": digest,
        "published_at": now,
    }
    yield from many(VERSION, [row])
    yield from form_files.keep(row["id"], files)
    return version, True


def _digest(source: bytes, files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256(source)
    for name, content in sorted(files.items()):
        digest.update(f"\0{name}\0".encode() + hashlib.sha256(content).digest())
    return digest.hexdigest()


def set_admins(persons: Sequence[tuple[str, str]], *, now: int, alone: bool) -> Steps[None]:
    """Make these (channel, person)s admins by the settings; with `alone` nobody else is one by the settings."""
    if alone:
        yield from many(SETTINGS_RIGHTS_GONE, [{}])
    yield from many(
        RIGHT,
        [
            {
                "channel": channel,
                "person": person,
                "role": "admin",
                "source": "settings",
                "granted_by": "",
                "granted_at": now,
            }
            for channel, person in persons
        ],
    )
