"""What becomes of answers."""

from __future__ import annotations

from typing import assert_never

from bot.domain import outcomes as o
from bot.domain.scene import Scene
from storage.apply.gathered import Rows
from storage.codec import dump, to_micros
from storage.writes import (
    ANSWER,
    ANSWER_TAKEN_BACK,
    COLLEAGUES_FINISHED,
    FILE,
    FILE_GIVEN_UP,
    HISTORY,
    INSTANCE,
    INSTANCE_ANSWERS_GONE,
    INSTANCE_FILES_GONE,
    INSTANCE_GONE,
    INTERVIEW,
    INTERVIEW_MOVED,
    INTERVIEWS_LEFT,
    RESPONSE,
    REVISED,
    SHARED_CHANGED,
    SHARED_SUBMITTED,
    SUBMITTED,
)


def gather(gathered: Rows, scene: Scene, outcome: o.ResponseOutcome) -> None:  # noqa: C901, PLR0912 -- one arm an outcome
    """Note the rows of one outcome."""
    add, now = gathered.add, to_micros(scene.now)
    channel = scene.address.channel
    match outcome:
        case o.ResponseBegun():
            add(
                RESPONSE,
                id=outcome.response,
                form_id=outcome.form,
                form_version_id=outcome.version,
                contact_id=None if outcome.shared else outcome.contact,
                company_id=outcome.company,
                respondent="company" if outcome.shared else "contact",
                begun_by=outcome.contact if outcome.shared else None,
                status="partial",
                channel=channel,
                language=outcome.language,
                started_at=now,
            )
            _interview(gathered, scene, outcome, now=now)
        case o.InterviewBegun():
            _interview(gathered, scene, outcome, now=now)
        case o.AnswerStored():
            _answer(gathered, scene, outcome, now=now)
        case o.InstanceAdded():
            add(
                INSTANCE,
                id=outcome.instance,
                response_id=outcome.response,
                path=outcome.path,
                parent_id=outcome.parent or None,
                ordinal=outcome.ordinal,
            )
        case o.InstanceRemoved(response=response, instance=instance):
            add(INSTANCE_FILES_GONE, response_id_=response, instance_=instance)
            add(INSTANCE_ANSWERS_GONE, response_id_=response, instance_=instance)
            add(INSTANCE_GONE, id_=instance)
        case o.AnswerTakenBack():
            add(
                ANSWER_TAKEN_BACK,
                response_id_=outcome.response,
                path_=outcome.path,
                instance_=outcome.instance,
            )
        case o.FileReceived():
            _file(gathered, scene, outcome, now=now)
        case o.FileGivenUp():
            add(FILE_GIVEN_UP, id_=outcome.attachment, reason=outcome.why)
        case o.InterviewMoved():
            if outcome.state != "finished" and scene.contact is not None:
                _leave_others(gathered, scene, contact=scene.contact.id)
            add(
                INTERVIEW_MOVED,
                id_=outcome.interview,
                state=outcome.state,
                position=outcome.position,
                tries=outcome.tries,
                touched_at=now,
            )
        case o.ResponseSubmitted(response=response):
            add(SUBMITTED, id_=response, status="submitted", submitted_at=now)
        case o.SharedSubmitted():
            add(SHARED_SUBMITTED, id_=outcome.response, submitted_by=outcome.contact)
            add(COLLEAGUES_FINISHED, response_id_=outcome.response, own=outcome.interview)
        case o.SharedChanged(response=response):
            add(SHARED_CHANGED, id_=response)
        case o.ResponseRevised(response=response):
            add(REVISED, id_=response, revised_at=now)
        case _:
            assert_never(outcome)


def _interview(gathered: Rows, scene: Scene, outcome: o.ResponseBegun | o.InterviewBegun, *, now: int) -> None:
    _leave_others(gathered, scene, contact=outcome.contact)
    gathered.add(
        INTERVIEW,
        id=outcome.interview,
        contact_id=outcome.contact,
        response_id=outcome.response,
        state="finished" if isinstance(outcome, o.InterviewBegun) and outcome.finished else "open",
        touched_at=now,
    )


def _leave_others(gathered: Rows, scene: Scene, *, contact: int) -> None:
    """At most one interview is open a contact: those about a company that they left end."""
    if scene.lost and scene.contact is not None:
        company = scene.contact.company
        gathered.add(INTERVIEWS_LEFT, contact_id_=contact, company_id_=company.id if company is not None else 0)


def _answer(gathered: Rows, scene: Scene, outcome: o.AnswerStored, *, now: int) -> None:
    value = None if outcome.value is None else dump(outcome.value)
    row = {
        "response_id": outcome.response,
        "path": outcome.path,
        "instance": outcome.instance,
        "state": outcome.state,
        "value": value,
        "contact_id": outcome.contact,
        "answered_at": now if outcome.answered_at is None else to_micros(outcome.answered_at),
    }
    gathered.add(ANSWER, relevant=outcome.relevant, **row)
    if outcome.by_person:
        gathered.add(HISTORY, id=scene.next_id(), **row)


def _file(gathered: Rows, scene: Scene, outcome: o.FileReceived, *, now: int) -> None:
    gathered.add(
        FILE,
        id=outcome.attachment,
        response_id=outcome.response,
        path=outcome.path,
        instance=outcome.instance,
        value=outcome.value,
        name=outcome.name,
        media_type=outcome.media_type,
        size=outcome.size,
        state="waiting",
        channel=scene.address.channel,
        file_id=outcome.file_id,
        created_at=now,
    )
