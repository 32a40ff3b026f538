"""The one way in: the outcomes of a batch become rows, in a fixed order of statements whatever the batch's size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never

from bot.domain import outcomes as o
from bot.domain.messages import Outgoing
from bot.domain.people import ContactId
from bot.domain.scene import Reply, Scene, Turn
from bot.errors import Conflict
from storage import deliveries
from storage.codec import dump, to_micros
from storage.erasure import erase
from storage.statements import Statement, Steps, change, many, rows
from storage.writes import (
    ADDRESS,
    ANSWER,
    ANSWER_TAKEN_BACK,
    ANSWERED_BY,
    COMPANY,
    CONSENT,
    CONTACT,
    CONTACT_COMPANY,
    CONTACT_LANGUAGE,
    CONTACT_NAME,
    CONTACT_PUSHES,
    DELIVERIES_OF_CONTACT,
    DIALOGUE,
    DIALOGUE_GONE,
    FILE,
    FILE_GIVEN_UP,
    HISTORY,
    HOLD,
    INSTANCE,
    INSTANCE_ANSWERS_GONE,
    INSTANCE_FILES_GONE,
    INSTANCE_GONE,
    INTERVIEW,
    INTERVIEW_MOVED,
    JOB,
    ORDER,
    PAGE,
    PROMPT,
    PROMPTS_CLOSED,
    REACHABLE,
    RESPONSE,
    RESPONSES_COMPANY,
    REVISED,
    RIGHT,
    SELECTION,
    SUBMITTED,
    USE_INVITATION,
    VISITOR,
    VISITOR_DELIVERIES_GONE,
    VISITOR_GONE,
    VISITOR_PROMPTS_GONE,
)


class _Rows:
    """The rows that a batch gathers, by statement."""

    def __init__(self, *, owner: str, leased_until: int) -> None:
        self.by_statement: dict[Statement, list[dict[str, Any]]] = {statement: [] for statement in ORDER}
        self.uses: list[tuple[int, int]] = []
        self.erased: list[tuple[Scene, o.PersonErased]] = []
        self.deliveries: list[dict[str, Any]] = []
        self.outgoing: list[tuple[Outgoing, bool]] = []
        self.owner = owner
        self.leased_until = leased_until

    def add(self, statement: Statement, **row: Any) -> None:
        self.by_statement[statement].append(row)


def apply(turns: Sequence[tuple[Scene, Turn]], *, owner: str, leased_until: int) -> Steps[list[tuple[Outgoing, bool]]]:
    """Write all turns; return the replies to send, each with whether its address belongs to a contact.

    Raises:
        Conflict: somebody else took what one of the turns wanted; nothing of the batch may be kept.
    """
    gathered = _Rows(owner=owner, leased_until=leased_until)
    yield from _hold(turns)
    for scene, turn in turns:
        _gather(gathered, scene, turn)
    for scene, erased in gathered.erased:
        yield from erase(
            erased.contact, erasure=erased.erasure, now=to_micros(scene.now), person_hash=erased.person_hash
        )
    for invitation, now in gathered.uses:
        if (yield from change(USE_INVITATION, id_=invitation, now=now)) != 1:
            raise Conflict("the invitation was used up by somebody else")
    for statement in ORDER:
        yield from many(statement, gathered.by_statement[statement])
    yield from many(deliveries.PLAN_REPLY, gathered.deliveries)
    return gathered.outgoing


def _hold(turns: Sequence[tuple[Scene, Turn]]) -> Steps[None]:
    """Hold the responses that were read: what was decided on one version of a form is no answer to another one."""
    read = {
        (interview.response, interview.version)
        for scene, turn in turns
        if turn.outcomes or turn.replies
        for interview in scene.interviews.values()
    }
    if read and len((yield from rows(HOLD, read=sorted(read)))) != len(read):
        raise Conflict("a response moved to another version of its form")


def _gather(gathered: _Rows, scene: Scene, turn: Turn) -> None:
    contact = scene.contact.id if scene.contact is not None else None
    for outcome in turn.outcomes:
        if isinstance(outcome, o.ContactJoined):
            contact = outcome.contact
        elif isinstance(outcome, o.PersonErased):
            contact = None
        _outcome(gathered, scene, outcome)
    _replies(gathered, scene, turn.replies, contact)


def _replies(gathered: _Rows, scene: Scene, replies: Sequence[Reply], contact: ContactId | None) -> None:
    now, address = to_micros(scene.now), scene.address
    shown = [reply.prompt for reply in replies if reply.prompt is not None]
    if shown:
        gathered.add(PROMPTS_CLOSED, channel_=address.channel, chat_=address.chat, now=now)
    for prompt in shown:
        gathered.add(
            PROMPT,
            id=prompt.id,
            channel=address.channel,
            chat=address.chat,
            kind=prompt.kind,
            response_id=prompt.response,
            path=prompt.path,
            data=dump(prompt.data),
            selected=dump(prompt.selected),
            created_at=now,
            superseded_at=None if prompt is shown[-1] else now,  # typed text answers the last one
        )
    for reply in replies:
        row, outgoing = deliveries.reply_row(
            reply,
            address=address,
            contact=contact,
            number=scene.next_id(),
            now=now,
            owner=gathered.owner,
            leased_until=gathered.leased_until,
        )
        gathered.deliveries.append(row)
        gathered.outgoing.append((outgoing, contact is not None))


def _outcome(gathered: _Rows, scene: Scene, outcome: o.Outcome) -> None:  # noqa: C901, PLR0912, PLR0915 -- one arm an outcome
    add, now = gathered.add, to_micros(scene.now)
    message, channel, chat = scene.message, scene.address.channel, scene.address.chat
    here = {"channel_": channel, "chat_": chat}
    match outcome:
        case o.VisitorSeen():
            add(
                VISITOR,
                id=scene.next_id(),
                channel=channel,
                chat=chat,
                person=message.sender,
                account=message.account,
                language=outcome.language,
                code=outcome.code,
                step=outcome.step,
                created_at=now,
            )
        case o.VisitorLeft():
            for statement in (VISITOR_GONE, VISITOR_DELIVERIES_GONE, VISITOR_PROMPTS_GONE):
                add(statement, **here)
        case o.ContactJoined():
            _joined(gathered, scene, outcome, now=now)
        case o.AddressAdded(contact=contact):
            _here_too(gathered, scene, contact, now=now)
        case o.InvitationUsed(invitation=invitation):
            gathered.uses.append((invitation, now))
        case o.RoleGranted(role=role):
            add(RIGHT, channel=channel, person=message.sender, role=role, source="invitation", granted_at=now)
        case o.CompanyClaimed():
            add(COMPANY, id=outcome.company, name=outcome.name, state="claimed", created_at=now)
            add(CONTACT_COMPANY, id_=outcome.contact, company_id=outcome.company)
            add(RESPONSES_COMPANY, contact_id_=outcome.contact, company_id=outcome.company)
        case o.CompanyJoined():
            add(CONTACT_COMPANY, id_=outcome.contact, company_id=outcome.company)
            add(RESPONSES_COMPANY, contact_id_=outcome.contact, company_id=outcome.company)
        case o.ContactNamed():
            add(CONTACT_NAME, id_=outcome.contact, name=outcome.name)
        case o.LanguageChosen():
            add(CONTACT_LANGUAGE, id_=outcome.contact, language=outcome.language)
        case o.PushesSet():
            add(CONTACT_PUSHES, id_=outcome.contact, pushes=outcome.wanted)
        case o.ReachabilitySeen(reachable=reachable):
            add(REACHABLE, **here, reachable=reachable)
        case o.DialogueMoved():
            expires_at = None if outcome.expires_at is None else to_micros(outcome.expires_at)
            add(
                DIALOGUE,
                channel=channel,
                chat=chat,
                name=outcome.name,
                step=outcome.step,
                data=dump(outcome.data),
                expires_at=expires_at,
            )
        case o.DialogueEnded():
            add(DIALOGUE_GONE, **here)
        case o.ResponseBegun():
            add(
                RESPONSE,
                id=outcome.response,
                form_id=outcome.form,
                form_version_id=outcome.version,
                contact_id=outcome.contact,
                company_id=outcome.company,
                status="partial",
                channel=channel,
                language=outcome.language,
                started_at=now,
            )
            add(
                INTERVIEW,
                id=outcome.interview,
                contact_id=outcome.contact,
                response_id=outcome.response,
                state="open",
                touched_at=now,
            )
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
        case o.ResponseRevised(response=response):
            add(REVISED, id_=response, revised_at=now)
        case o.SelectionChanged(prompt=prompt, selected=selected):
            add(SELECTION, id_=prompt, selected=dump(selected))
        case o.PageTurned(prompt=prompt, data=data):
            add(PAGE, id_=prompt, data=dump(data))
        case o.PromptAnswered():
            add(ANSWERED_BY, id_=outcome.prompt, answered_by=outcome.message_id)
        case o.PromptsClosed():
            add(PROMPTS_CLOSED, **here, now=now)
        case o.PersonErased():
            gathered.erased.append((scene, outcome))
        case o.JobPlanned():
            add(
                JOB,
                id=outcome.job,
                kind=outcome.kind,
                channel=channel,
                chat=chat,
                data=dump(outcome.data),
                state="planned",
                created_at=now,
            )
        case _:
            assert_never(outcome)


def _joined(gathered: _Rows, scene: Scene, outcome: o.ContactJoined, *, now: int) -> None:
    gathered.add(CONTACT, id=outcome.contact, language=outcome.language, staff=outcome.staff, created_at=now)
    _here_too(gathered, scene, outcome.contact, now=now)
    gathered.add(
        CONSENT,
        id=outcome.consent,
        contact_id=outcome.contact,
        purpose=outcome.purpose,
        version=outcome.version,
        hash=outcome.hash,
        language=outcome.language,
        channel=scene.address.channel,
        given_at=now,
    )


def _here_too(gathered: _Rows, scene: Scene, contact: ContactId, *, now: int) -> None:
    """The chat is an address of the contact from now on, and nobody's visit any more."""
    message, address = scene.message, scene.address
    here = {"channel_": address.channel, "chat_": address.chat}
    gathered.add(VISITOR_GONE, **here)
    gathered.add(
        ADDRESS,
        id=scene.next_id(),
        channel=address.channel,
        chat=address.chat,
        person=message.sender,
        account=message.account,
        kind=message.chat_kind.value,
        contact_id=contact,
        reachable=True,
        seen_at=now,
    )
    gathered.add(DELIVERIES_OF_CONTACT, **here, contact_id=contact)


def _answer(gathered: _Rows, scene: Scene, outcome: o.AnswerStored, *, now: int) -> None:
    value = None if outcome.value is None else dump(outcome.value)
    row = {
        "response_id": outcome.response,
        "path": outcome.path,
        "instance": outcome.instance,
        "state": outcome.state,
        "value": value,
        "contact_id": outcome.contact,
        "answered_at": now,
    }
    gathered.add(ANSWER, relevant=outcome.relevant, **row)
    if outcome.by_person:
        gathered.add(HISTORY, id=scene.next_id(), **row)


def _file(gathered: _Rows, scene: Scene, outcome: o.FileReceived, *, now: int) -> None:
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
