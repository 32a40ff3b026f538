"""The forms that a contact may meet, and responses of theirs beyond the open one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import and_, func, select, union_all

from bot.domain.scene import Need, OfferedForm, Scene
from storage.codec import load as from_json
from storage.needs.loader import Loader
from storage.reported import COUNTS
from storage.scenes import Surroundings, load_begun, load_interviews, with_more_interviews
from storage.statements import Row, Statement, Steps, any_of, rows
from storage.tables import form_versions, forms, interviews, responses

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
# Of a person, or of their company: whose each is says the last column.
_RESPONSE = select(responses.c.form_id, responses.c.id, responses.c.status, responses.c.started_at).where(COUNTS)
RESPONSES = Statement(
    union_all(
        _RESPONSE.add_columns(responses.c.contact_id, responses.c.respondent).where(
            any_of(responses.c.contact_id, "contacts")
        ),
        _RESPONSE.add_columns(responses.c.company_id, responses.c.respondent).where(
            any_of(responses.c.company_id, "companies"), responses.c.respondent == "company"
        ),
    ),
    name="own responses",
)
SHARING = Statement(
    select(interviews.c.contact_id)
    .select_from(interviews.join(responses, responses.c.id == interviews.c.response_id))
    .where(any_of(interviews.c.contact_id, "contacts"), responses.c.respondent == "company"),
    name="who shares a response",
)


def _responses(scenes: list[Scene]) -> Steps[dict[tuple[str, int], list[Row]]]:
    """Return the responses of all contacts and of their companies, by whose they are, oldest first."""
    people = sorted({scene.contact.id for scene in scenes if scene.contact is not None})
    firms = sorted({scene.contact.company.id for scene in scenes if scene.contact and scene.contact.company})
    found: dict[tuple[str, int], list[Row]] = {}
    for form, number, status, started_at, whose, respondent in (
        yield from rows(RESPONSES, contacts=people, companies=firms)
    ):
        found.setdefault((respondent, whose), []).append((started_at, form, number, status))
    return {whose: sorted(of_one) for whose, of_one in found.items()}


def _of(scene: Scene, found: Mapping[tuple[str, int], list[Row]]) -> list[Row]:
    if scene.contact is None:
        return []
    company = scene.contact.company
    together = found.get(("company", company.id), []) if company is not None else []
    return sorted([*found.get(("contact", scene.contact.id), []), *together])


def _forms(scenes: list[Scene], around: Surroundings) -> Steps[list[Scene]]:
    found = yield from rows(FORMS)
    compiled = yield from around.library.get(row[3] for row in found)
    given = yield from _responses(scenes)
    result = []
    for scene in scenes:
        own = {form: (number, status) for _, form, number, status in _of(scene, given)}
        offered = []
        for form_id, name, state, version, title in found:
            response, status = own.get(form_id, (None, ""))
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
    # A menu may lead to a response that was sent in, or laid aside when two contacts became one.
    wanted = [
        form.response
        for scene in result
        for form in scene.forms
        if form.response and (form.status == "submitted" or form.response not in scene.interviews)
    ]
    together = {
        number for (respondent, _), of_one in given.items() if respondent == "company" for _, _, number, _ in of_one
    }
    loaded = yield from _with_responses(result, sorted({*wanted, *together}), around)
    return (yield from _with_begun(loaded, together, around))


def _with_begun(scenes: list[Scene], together: Collection[int], around: Surroundings) -> Steps[list[Scene]]:
    """Add what colleagues began, where the contact has no interview in it yet."""
    missing = [
        {form.response for form in scene.forms if form.response in together} - set(scene.interviews) for scene in scenes
    ]
    begun = yield from load_begun(
        sorted({number for each in missing for number in each if number}), library=around.library
    )
    return [
        replace(scene, begun={number: begun[number] for number in each if number in begun}) if each else scene
        for scene, each in zip(scenes, missing, strict=True)
    ]


def _with_responses(scenes: list[Scene], wanted: Sequence[int], around: Surroundings) -> Steps[list[Scene]]:
    if not wanted:
        return scenes
    more = yield from load_interviews(contact_ids=[], response_ids=wanted, library=around.library)
    return [
        with_more_interviews(scene, more.get(scene.contact.id, [])) if scene.contact is not None else scene
        for scene in scenes
    ]


def _last_response(scenes: list[Scene], around: Surroundings) -> Steps[list[Scene]]:
    given = yield from _responses(scenes)
    newest = [of_one[-1][2] for of_one in (_of(scene, given) for scene in scenes) if of_one]
    return (yield from _with_responses(scenes, newest, around))


def _shares(scenes: list[Scene], around: Surroundings) -> Steps[list[Scene]]:
    del around
    people = sorted({scene.contact.id for scene in scenes if scene.contact is not None})
    sharing = {row[0] for row in (yield from rows(SHARING, contacts=people))}
    return [replace(scene, shares=scene.contact is not None and scene.contact.id in sharing) for scene in scenes]


LOADERS: dict[Need, Loader] = {"forms": _forms, "last_response": _last_response, "shares": _shares}
