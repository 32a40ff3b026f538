"""What some routes need beyond the base, loaded once a kind for the whole batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import orjson
from sqlalchemy import and_, func, select

from bot.domain.people import Company, CompanyId, Invitation
from bot.domain.scene import Need, OfferedForm, Scene
from storage.codec import from_micros, to_micros
from storage.codec import load as from_json
from storage.scenes import Surroundings, load_interviews, with_more_interviews
from storage.statements import Row, Statement, Steps, any_of, rows
from storage.tables import (
    addresses,
    answers,
    attachments,
    companies,
    consents,
    form_versions,
    forms,
    invitations,
    repeat_instances,
    responses,
)

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
    .where(any_of(responses.c.contact_id, "contacts"))
    .order_by(responses.c.started_at),
    name="own responses",
)
INVITATIONS = Statement(
    select(
        invitations.c.code_hash,
        invitations.c.id,
        invitations.c.role,
        invitations.c.uses_left,
        invitations.c.expires_at,
        companies.c.id,
        companies.c.name,
        companies.c.state,
    )
    .select_from(invitations.outerjoin(companies, companies.c.id == invitations.c.company_id))
    .where(any_of(invitations.c.code_hash, "hashes")),
    name="invitations",
)
CONSENTS = Statement(
    select(
        consents.c.contact_id,
        consents.c.purpose,
        consents.c.version,
        consents.c.hash,
        consents.c.language,
        consents.c.channel,
        consents.c.given_at,
    )
    .where(any_of(consents.c.contact_id, "contacts"))
    .order_by(consents.c.given_at),
    name="consents",
)
ADDRESSES = Statement(
    select(addresses.c.contact_id, addresses.c.channel, addresses.c.chat, addresses.c.person).where(
        any_of(addresses.c.contact_id, "contacts")
    ),
    name="addresses",
)
OWN_ANSWERS = Statement(
    select(
        responses.c.contact_id,
        responses.c.id,
        forms.c.name,
        responses.c.status,
        responses.c.started_at,
        responses.c.submitted_at,
        answers.c.path,
        answers.c.instance,
        answers.c.state,
        answers.c.value,
        answers.c.answered_at,
    )
    .select_from(responses.join(forms).outerjoin(answers, answers.c.response_id == responses.c.id))
    .where(any_of(responses.c.contact_id, "contacts"))
    .order_by(responses.c.started_at, answers.c.path, answers.c.instance),
    name="own answers",
)
OWN_INSTANCES = Statement(
    select(repeat_instances.c.id, repeat_instances.c.response_id, repeat_instances.c.path, repeat_instances.c.parent_id)
    .select_from(repeat_instances.join(responses))
    .where(any_of(responses.c.contact_id, "contacts"))
    .order_by(repeat_instances.c.ordinal, repeat_instances.c.id),
    name="own instances",
)


OWN_FILES = Statement(
    select(
        responses.c.contact_id,
        forms.c.name,
        attachments.c.path,
        attachments.c.value,
        attachments.c.name,
        attachments.c.media_type,
        attachments.c.size,
        attachments.c.state,
        attachments.c.created_at,
    )
    .select_from(
        attachments.join(responses, responses.c.id == attachments.c.response_id).join(
            forms, forms.c.id == responses.c.form_id
        )
    )
    .where(any_of(responses.c.contact_id, "contacts"))
    .order_by(attachments.c.id),
    name="own files",
)


def load(scenes: Sequence[Scene], needs: Sequence[frozenset[Need]], around: Surroundings) -> Steps[list[Scene]]:
    """Return the scenes with what their routes need."""
    result = list(scenes)
    for kind, loader in _LOADERS.items():
        places = [place for place, wanted in enumerate(needs) if kind in wanted]
        if places:
            loaded = yield from loader([result[place] for place in places], around)
            for place, scene in zip(places, loaded, strict=True):
                result[place] = scene
    return result


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


def _invitations(scenes: list[Scene], around: Surroundings) -> Steps[list[Scene]]:
    hashes = []
    for scene in scenes:
        code = around.code_in(scene) or (scene.visitor.code if scene.visitor else "")
        hashes.append(around.hub.code_hash(code) if code else "")
    found = {row[0]: row for row in (yield from rows(INVITATIONS, hashes=[item for item in hashes if item]))}
    result = []
    for scene, code_hash in zip(scenes, hashes, strict=True):
        row = found.get(code_hash)
        if row is None:
            result.append(scene)
            continue
        _, number, role, uses_left, expires_at, company, company_name, state = row
        expired = expires_at is not None and expires_at <= to_micros(scene.now)
        invitation = Invitation(
            id=number,
            company=None if company is None else Company(id=CompanyId(company), name=company_name, state=state),
            role=role or None,
            alive=(uses_left is None or uses_left > 0) and not expired,
        )
        result.append(replace(scene, invitation=invitation))
    return result


def places_in_repeats(instances: Sequence[Row]) -> Mapping[int, list[dict[str, object]]]:
    """Return for each instance in which repeats it is, outermost first, and as which one of its siblings.

    Args:
        instances: id, response, path and parent, in the order of their ordinals; those may have gaps.
    """
    own: dict[int, tuple[int | None, dict[str, object]]] = {}
    counts: dict[tuple[int, str, int | None], int] = {}
    for number, response, path, parent in instances:
        siblings = (response, path, parent)
        counts[siblings] = counts.get(siblings, 0) + 1
        own[number] = (parent, {"repeat": path, "number": counts[siblings]})
    found: dict[int, list[dict[str, object]]] = {}
    for number in own:
        line: list[dict[str, object]] = []
        inside: int | None = number
        while inside in own and len(line) < len(own):
            inside, place = own[inside]
            line.insert(0, place)
        found[number] = line
    return found


def _my_data(scenes: list[Scene], around: Surroundings) -> Steps[list[Scene]]:
    del around
    people = sorted({scene.contact.id for scene in scenes if scene.contact is not None})
    agreed = yield from rows(CONSENTS, contacts=people)
    places = yield from rows(ADDRESSES, contacts=people)
    given = yield from rows(OWN_ANSWERS, contacts=people)
    sent = yield from rows(OWN_FILES, contacts=people)
    instances = yield from rows(OWN_INSTANCES, contacts=people)
    where = places_in_repeats(instances)
    result = []
    for scene in scenes:
        contact = scene.contact
        if contact is None:
            result.append(scene)
            continue
        own: dict[int, dict[str, object]] = {}
        count = 0
        for (
            person,
            response,
            form,
            status,
            started_at,
            submitted_at,
            path,
            instance,
            state,
            value,
            answered_at,
        ) in given:
            if person != contact.id:
                continue
            entry = own.setdefault(
                response,
                {
                    "form": form,
                    "status": status,
                    "started_at": from_micros(started_at),
                    "submitted_at": None if submitted_at is None else from_micros(submitted_at),
                    "answers": [],
                },
            )
            if path is not None:
                count += state in ("given", "skipped", "unknown")
                kept = entry["answers"]
                assert isinstance(kept, list)
                kept.append(
                    {
                        "question": path,
                        **({"in": where.get(instance, [])} if instance else {}),
                        "state": state,
                        "value": from_json(value),
                        "answered_at": from_micros(answered_at),
                    }
                )
        everything = {
            "name": contact.name,
            "company": contact.company.name if contact.company else None,
            "language": contact.language,
            "staff": contact.staff,
            "pushes": contact.pushes,
            "since": contact.created_at,
            "addresses": [
                {"channel": row[1], "chat": row[2], "person": row[3]} for row in places if row[0] == contact.id
            ],
            "consents": [
                {
                    "purpose": row[1],
                    "version": row[2],
                    "hash": row[3],
                    "language": row[4],
                    "channel": row[5],
                    "given_at": from_micros(row[6]),
                }
                for row in agreed
                if row[0] == contact.id
            ],
            "responses": list(own.values()),
            "files": (files := [_file(row) for row in sent if row[0] == contact.id]),
        }
        data = {"answers": count, "files": len(files), "json": orjson.dumps(everything, option=orjson.OPT_INDENT_2)}
        result.append(replace(scene, my_data=data))
    return result


def _file(row: Row) -> dict[str, object]:
    _, form, path, value, name, media_type, size, state, created_at = row
    return {
        "form": form,
        "question": path,
        "value": value,
        "name": name,
        "media_type": media_type,
        "size": size,
        "state": state,
        "sent_at": from_micros(created_at),
    }


_LOADERS = {
    "forms": _forms,
    "last_response": _last_response,
    "invitation": _invitations,
    "my_data": _my_data,
}
