"""All that is stored about a contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import orjson
from sqlalchemy import and_, select

from bot.domain.inquiries import Inquiry, first_name
from bot.domain.records import SAID
from bot.domain.scene import Need, Scene
from storage.codec import content_of, from_micros, maybe_moment
from storage.codec import load as from_json
from storage.inquiries import all_of
from storage.needs.loader import Loader
from storage.scenes import Surroundings
from storage.statements import Row, Statement, Steps, any_of, rows
from storage.tables import (
    addresses,
    answers,
    attachments,
    broadcasts,
    consents,
    contacts,
    deliveries,
    forms,
    interviews,
    repeat_instances,
    responses,
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
OF_THE_TEAM = Statement(
    select(contacts.c.id, contacts.c.mail, contacts.c.note).where(any_of(contacts.c.id, "contacts")),
    name="what the team entered",
)
_ANSWERS = (
    responses.c.id,
    forms.c.name,
    responses.c.respondent,
    responses.c.status,
    responses.c.started_at,
    responses.c.submitted_at,
    answers.c.path,
    answers.c.instance,
    answers.c.state,
    answers.c.value,
    answers.c.answered_at,
    responses.c.superseded_at,
)
OWN_ANSWERS = Statement(
    select(responses.c.contact_id, *_ANSWERS)
    .select_from(responses.join(forms).outerjoin(answers, answers.c.response_id == responses.c.id))
    .where(any_of(responses.c.contact_id, "contacts"))
    .order_by(responses.c.started_at, answers.c.path, answers.c.instance),
    name="own answers",
)
# Of what a company answers together, one's own answers alone.
OWN_SHARED_ANSWERS = Statement(
    select(interviews.c.contact_id, *_ANSWERS)
    .select_from(
        interviews.join(responses, responses.c.id == interviews.c.response_id)
        .join(forms, forms.c.id == responses.c.form_id)
        .outerjoin(
            answers,
            and_(
                answers.c.response_id == responses.c.id,
                answers.c.contact_id == interviews.c.contact_id,
                answers.c.state.in_(SAID),
            ),
        )
    )
    .where(any_of(interviews.c.contact_id, "contacts"), responses.c.respondent == "company")
    .order_by(responses.c.started_at, answers.c.path, answers.c.instance),
    name="own answers in shared responses",
)
OWN_INSTANCES = Statement(
    select(repeat_instances.c.id, repeat_instances.c.response_id, repeat_instances.c.path, repeat_instances.c.parent_id)
    .where(any_of(repeat_instances.c.response_id, "responses"))
    .order_by(repeat_instances.c.ordinal, repeat_instances.c.id),
    name="own instances",
)
_FILES = (
    forms.c.name,
    attachments.c.path,
    attachments.c.value,
    attachments.c.name,
    attachments.c.media_type,
    attachments.c.size,
    attachments.c.state,
    attachments.c.created_at,
)
_OF_RESPONSES = attachments.join(responses, responses.c.id == attachments.c.response_id).join(
    forms, forms.c.id == responses.c.form_id
)
OWN_FILES = Statement(
    select(responses.c.contact_id, *_FILES)
    .select_from(_OF_RESPONSES)
    .where(any_of(responses.c.contact_id, "contacts"))
    .order_by(attachments.c.id),
    name="own files",
)
OWN_SHARED_FILES = Statement(
    select(answers.c.contact_id, *_FILES)
    .select_from(
        _OF_RESPONSES.join(
            answers,
            and_(
                answers.c.response_id == attachments.c.response_id,
                answers.c.path == attachments.c.path,
                answers.c.instance == attachments.c.instance,
            ),
        )
    )
    .where(
        any_of(attachments.c.response_id, "responses"),
        any_of(answers.c.contact_id, "contacts"),
        responses.c.respondent == "company",
    )
    .order_by(attachments.c.id),
    name="own files in shared responses",
)
BROADCASTS = Statement(
    select(
        deliveries.c.contact_id,
        deliveries.c.broadcast_id,
        deliveries.c.channel,
        deliveries.c.state,
        deliveries.c.reason,
        deliveries.c.language,
        deliveries.c.params,
        deliveries.c.edition,
        deliveries.c.created_at,
        deliveries.c.finished_at,
        broadcasts.c.content,
    )
    .join_from(deliveries, broadcasts, broadcasts.c.id == deliveries.c.broadcast_id)
    .where(any_of(deliveries.c.contact_id, "contacts"))
    .order_by(deliveries.c.broadcast_id),
    name="own broadcasts",
)


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
    entered = {row[0]: row[1:] for row in (yield from rows(OF_THE_TEAM, contacts=people))}
    agreed = yield from rows(CONSENTS, contacts=people)
    places = yield from rows(ADDRESSES, contacts=people)
    shared = yield from rows(OWN_SHARED_ANSWERS, contacts=people)
    given = [*(yield from rows(OWN_ANSWERS, contacts=people)), *shared]
    sent = yield from rows(OWN_FILES, contacts=people)
    if shared:
        numbers = sorted({row[1] for row in shared})
        sent = [*sent, *(yield from rows(OWN_SHARED_FILES, contacts=people, responses=numbers))]
    instances = yield from rows(OWN_INSTANCES, responses=sorted({row[1] for row in given}))
    where = places_in_repeats(instances)
    asked = yield from all_of(people)
    written = yield from rows(BROADCASTS, contacts=people)
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
            respondent,
            status,
            started_at,
            submitted_at,
            path,
            instance,
            state,
            value,
            answered_at,
            superseded_at,
        ) in given:
            if person != contact.id:
                continue
            entry = own.setdefault(
                response,
                {
                    "form": form,
                    "respondent": respondent,
                    "status": status,
                    "started_at": from_micros(started_at),
                    "submitted_at": maybe_moment(submitted_at),
                    "superseded_at": maybe_moment(superseded_at),
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
        mail, note = entered.get(contact.id, ("", ""))
        everything = {
            "name": contact.name,
            "mail": mail,
            "note": note,
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
            "inquiries": (inquiries := [_inquiry(each) for each in asked if each.contact == contact.id]),
            "files": (files := [_file(row) for row in sent if row[0] == contact.id]),
            "broadcasts": (to_them := [_broadcast(row) for row in written if row[0] == contact.id]),
        }
        data = {
            "answers": count,
            "mail": mail,
            "note": note,
            "files": len(files),
            "inquiries": len(inquiries),
            "broadcasts": sum(each["state"] == "sent" for each in to_them),
            "addresses": [f"{row[1]}:{row[3]}" for row in places if row[0] == contact.id],
            "superseded": any(response["superseded_at"] is not None for response in own.values()),
            "shared": any(row[0] == contact.id for row in shared),
            "json": orjson.dumps(everything, option=orjson.OPT_INDENT_2),
        }
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


def _broadcast(row: Row) -> dict[str, object]:
    _, number, channel, state, reason, language, params, edition, created_at, finished_at, content = row
    name, company = from_json(params) or (None, None)
    return {
        "number": number,
        "state": state,
        "reason": reason,
        "channel": channel,
        "text": content_of(content).texts.get(language, ""),
        "fields": {"contact": name, "company": company},
        "taken_back": edition < 0,
        "planned_at": from_micros(created_at),
        "finished_at": maybe_moment(finished_at),
    }


def _inquiry(inquiry: Inquiry) -> dict[str, object]:
    return {
        "number": inquiry.number,
        "state": inquiry.state,
        "about": inquiry.quote,
        "opened_at": inquiry.opened_at,
        "messages": [
            {
                "from": first_name(post.name) or "team" if post.from_team else "you",
                "text": post.body,
                "files": post.files,
                "sent_at": post.sent_at,
            }
            for post in inquiry.posts
        ],
    }


LOADERS: dict[Need, Loader] = {"my_data": _my_data}
