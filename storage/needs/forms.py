"""The forms that a contact may meet, and responses of theirs beyond the open one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import and_, func, select

from bot.domain.scene import Need, OfferedForm, Scene
from storage.codec import load as from_json
from storage.needs.loader import Loader
from storage.reported import COUNTS
from storage.scenes import Surroundings, load_interviews, with_more_interviews
from storage.statements import Statement, Steps, any_of, rows
from storage.tables import form_versions, forms, responses

_NEWEST = (
    select(form_versions.c.form_id, func.max(form_versions.c.number).label("number"))
    .group_by(form_versions.c.form_id)
    .subquery()
)
FORMS = Statement(
    select(forms.c.id, forms.c.name, forms.c.state, form_versions.c.id, form_versions.c.title)
    .select_from(
        forms.join(_NEWEST, _NEWEST.c.form_id == forms.c.id).join(
            form_versions,
            and_(form_versions.c.form_id == _NEWEST.c.form_id, form_versions.c.number == _NEWEST.c.number),
        )
    )
    .order_by(forms.c.created_at, forms.c.id),
    name="forms",
)
OWN_RESPONSES = Statement(
    select(responses.c.contact_id, responses.c.form_id, responses.c.id, responses.c.status)
    .where(any_of(responses.c.contact_id, "contacts"), COUNTS)
    .order_by(responses.c.started_at),
    name="own responses",
)


def _forms(scenes: list[Scene], around: Surroundings) -> Steps[list[Scene]]:
    found = yield from rows(FORMS)
    compiled = yield from around.library.get(row[3] for row in found)
    people = sorted({scene.contact.id for scene in scenes if scene.contact is not None})
    own = {(row[0], row[1]): row[2:] for row in (yield from rows(OWN_RESPONSES, contacts=people))}
    result = []
    for scene in scenes:
        offered = []
        for form_id, name, state, version, title in found:
            response, status = own.get((scene.contact.id if scene.contact else 0, form_id), (None, ""))
            offered.append(
                OfferedForm(
                    id=form_id,
                    version=version,
                    name=name,
                    title=from_json(title),
                    state=state,
                    form=compiled[version],
                    response=response,
                    status=status,
                )
            )
        result.append(replace(scene, forms=tuple(offered)))
    # A menu may lead to a response that was sent in.
    wanted = [form.response for scene in result for form in scene.forms if form.status == "submitted" and form.response]
    return (yield from _with_responses(result, wanted, around))


def _with_responses(scenes: list[Scene], wanted: Sequence[int], around: Surroundings) -> Steps[list[Scene]]:
    if not wanted:
        return scenes
    more = yield from load_interviews(contact_ids=[], response_ids=wanted, library=around.library)
    return [
        with_more_interviews(scene, more.get(scene.contact.id, [])) if scene.contact is not None else scene
        for scene in scenes
    ]


def _last_response(scenes: list[Scene], around: Surroundings) -> Steps[list[Scene]]:
    people = sorted({scene.contact.id for scene in scenes if scene.contact is not None})
    newest = {row[0]: row[2] for row in (yield from rows(OWN_RESPONSES, contacts=people))}
    return (yield from _with_responses(scenes, list(newest.values()), around))


LOADERS: dict[Need, Loader] = {"forms": _forms, "last_response": _last_response}
