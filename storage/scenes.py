"""Loads all that a batch of messages needs: a base of at most 8 statements, then each kind of need once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import or_, select, union_all

from bot.domain.colleagues import Together
from bot.domain.interviews import Interview
from bot.domain.messages import Abilities, Edited, FileLost, InboundMessage, Located, Pressed, PromptId, Said, SentMedia
from bot.domain.people import Contact, Role, Visitor
from bot.domain.records import Answer, Repeated, key_of
from bot.domain.scene import Dialogue, Hub, Prompt, Scene
from bot.domain.speech import Catalogue
from bot.forms.model import Form
from storage.codec import from_micros, maybe_moment, value_of
from storage.codec import load as from_json
from storage.colleagues import load_together
from storage.library import Library
from storage.people import PEOPLE, Chat, People, contact_of, is_unseen, load_guests
from storage.rights import load_roles
from storage.statements import Row, Statement, Steps, any_of, rows
from storage.tables import (
    answers,
    forms,
    inbox_seen,
    interviews,
    prompts,
    repeat_instances,
    responses,
)

NOWHERE = ("", "")
SHARED = "broadcast"
"""The kind of prompt that may be answered from any chat: all readers of a broadcast have the same one."""

SEEN = Statement(
    select(inbox_seen.c.account, inbox_seen.c.native_id).where(
        any_of((inbox_seen.c.account, inbox_seen.c.native_id), "keys")
    ),
    name="seen",
)
_PROMPT = (
    prompts.c.id,
    prompts.c.channel,
    prompts.c.chat,
    prompts.c.kind,
    prompts.c.response_id,
    prompts.c.path,
    prompts.c.data,
    prompts.c.selected,
    prompts.c.message_id,
    prompts.c.answered_by,
    prompts.c.superseded_at,
    prompts.c.created_at,
)
PROMPTS = Statement(
    union_all(
        select(*_PROMPT).where(any_of((prompts.c.channel, prompts.c.chat), "chats"), prompts.c.superseded_at.is_(None)),
        select(*_PROMPT).where(any_of(prompts.c.id, "ids")),
    ),
    name="prompts",
)
PROMPTS_OF_MESSAGES = Statement(
    select(*_PROMPT)
    .where(
        or_(
            any_of((prompts.c.channel, prompts.c.chat, prompts.c.message_id), "replied_to"),
            any_of((prompts.c.channel, prompts.c.chat, prompts.c.answered_by), "edited"),
        )
    )
    .order_by(prompts.c.id),
    name="prompts of messages",
)
_RESPONSE = (
    responses.c.id,
    responses.c.form_version_id,
    responses.c.status,
    responses.c.submitted_at,
    responses.c.language,
    responses.c.revision,
    responses.c.respondent,
    forms.c.state,
)
# Whoever supersedes a response ends the interviews about it as well.
_INTERVIEW = (
    select(
        interviews.c.id,
        interviews.c.contact_id,
        interviews.c.state,
        interviews.c.position,
        interviews.c.tries,
        interviews.c.touched_at,
        *_RESPONSE,
    )
    .select_from(
        interviews.join(responses, responses.c.id == interviews.c.response_id).join(
            forms, forms.c.id == responses.c.form_id
        )
    )
    .where(responses.c.superseded_at.is_(None))
)
INTERVIEWS = Statement(
    union_all(
        _INTERVIEW.where(any_of(interviews.c.contact_id, "contacts"), interviews.c.state != "finished"),
        _INTERVIEW.where(any_of(interviews.c.response_id, "responses"), interviews.c.state == "finished"),
    ),
    name="interviews",
)
BEGUN = Statement(
    select(responses.c.started_at, *_RESPONSE)
    .select_from(responses.join(forms, forms.c.id == responses.c.form_id))
    .where(any_of(responses.c.id, "responses")),
    name="begun responses",
)
ANSWERS = Statement(
    select(
        answers.c.response_id,
        answers.c.path,
        answers.c.instance,
        answers.c.state,
        answers.c.relevant,
        answers.c.value,
        answers.c.answered_at,
        answers.c.contact_id,
    ).where(any_of(answers.c.response_id, "responses")),
    name="answers",
)
INSTANCES = Statement(
    select(
        repeat_instances.c.response_id,
        repeat_instances.c.id,
        repeat_instances.c.path,
        repeat_instances.c.parent_id,
        repeat_instances.c.ordinal,
    ).where(any_of(repeat_instances.c.response_id, "responses")),
    name="repeat instances",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What every scene of a process shares. abilities: of the channels it serves, which say how long a message is."""

    hub: Hub
    catalogue: Catalogue
    library: Library
    next_id: Callable[[], int]
    code_in: Callable[[Scene], str]
    abilities: Mapping[str, Abilities] = field(default_factory=dict)


def load(messages: Sequence[InboundMessage], around: Surroundings, *, now: datetime) -> Steps[list[Scene]]:
    """Return a scene for each message that was not handled before."""
    keys = [(message.account, message.native_id) for message in messages]
    seen = {(row[0], row[1]) for row in (yield from rows(SEEN, keys=keys))}
    fresh = [message for message in messages if (message.account, message.native_id) not in seen]
    if not fresh:
        return []
    chats = sorted({(message.address.channel, message.address.chat) for message in fresh})
    persons = sorted({(message.address.channel, message.sender) for message in fresh})
    people = People((yield from rows(PEOPLE, chats=chats, persons=persons)))
    guests = yield from load_guests(sorted({*chats, *people.chats}), now=now)
    roles = yield from load_roles(persons)
    shown = yield from _prompts(fresh, chats)
    interviews_of = yield from load_interviews(
        contact_ids=people.contacts,
        response_ids=[
            *(prompt.response for prompt in shown.all() if prompt.response is not None),
            *(message.content.response for message in fresh if isinstance(message.content, FileLost)),
        ],
        library=around.library,
    )
    return [_scene(message, people, guests, roles, shown, interviews_of, around, now) for message in fresh]


def _scene(
    message: InboundMessage,
    people: People,
    guests: Mapping[tuple[str, str, str], Visitor | Dialogue],
    roles: Mapping[Chat, frozenset[Role]],
    shown: _Shown,
    interviews_of: Mapping[int, list[Interview]],
    around: Surroundings,
    now: datetime,
) -> Scene:
    chat = (message.address.channel, message.address.chat)
    person, is_new = people.who(message)
    contact = contact_of(person) if person is not None and person[3] is not None else None
    visitor = guests.get(("visitor", *chat))
    dialogue = guests.get(("dialogue", person[0], person[1]) if is_new and person is not None else ("dialogue", *chat))
    own, lost = theirs(contact, interviews_of.get(contact.id, [])) if contact is not None else ([], ())
    referred, answered = shown.referred(message)
    walks = {interview.response: interview for interview in own}
    return Scene(
        hub=around.hub,
        catalogue=around.catalogue,
        message=message,
        now=now,
        next_id=around.next_id,
        contact=contact,
        visitor=visitor if isinstance(visitor, Visitor) and contact is None else None,
        roles=roles.get((message.address.channel, message.sender), frozenset()),
        new_address=is_new,
        reachable=bool(person[2]) if person is not None and not is_new else True,
        dialogue=dialogue if isinstance(dialogue, Dialogue) else None,
        unseen=contact is not None and not is_new and person is not None and is_unseen(person, now=now),
        interviews=walks,
        lost=lost,
        current=_still_current(shown.current.get(chat), walks),
        referred=_still_current(referred, walks),
        answered=answered,
        person=people.sender(message),
    )


def _still_current(prompt: Prompt | None, walks: Mapping[int, Interview]) -> Prompt | None:
    """A question that the person has left in another chat of theirs is an old one in this chat too."""
    own = walks.get(prompt.response) if prompt is not None and prompt.response is not None else None
    if prompt is None or own is None or prompt.kind != "question":
        return prompt
    return prompt if own.position == prompt.path else replace(prompt, current=False)


class _Shown:
    """The prompts that a batch can refer to."""

    def __init__(self) -> None:
        self.current: dict[Chat, Prompt] = {}
        self._by_id: dict[int, tuple[Chat, Prompt]] = {}
        self._by_message: dict[tuple[str, str, str], Prompt] = {}
        self._by_answer: dict[tuple[str, str, str], Prompt] = {}

    def add(self, row: Row) -> None:
        number, channel, chat, kind, response, path, data, selected, message_id, answered_by, superseded_at, at = row
        prompt = Prompt(
            id=PromptId(number),
            kind=kind,
            response=response,
            path=path,
            data=from_json(data),
            selected=tuple(from_json(selected)),
            message_id=message_id,
            current=superseded_at is None,
            shown_at=from_micros(at),
        )
        self._by_id[number] = ((channel, chat), prompt)
        if superseded_at is None:
            self.current[channel, chat] = prompt
        if message_id is not None:
            self._by_message[channel, chat, message_id] = prompt
        if answered_by is not None:
            self._by_answer[channel, chat, answered_by] = prompt

    def all(self) -> Iterable[Prompt]:
        return (prompt for _, prompt in self._by_id.values())

    def referred(self, message: InboundMessage) -> tuple[Prompt | None, Prompt | None]:
        """Return the prompt pressed or replied to, and the one answered by the message that was edited.

        A prompt of another chat is nobody's: a button's data could be forged. One that all readers share is in no chat.
        """
        chat = (message.address.channel, message.address.chat)
        match message.content:
            case Pressed(prompt=number) if number is not None:
                where, prompt = self._by_id.get(number, (None, None))
                shared = where == NOWHERE and prompt is not None and prompt.kind == SHARED
                return (prompt if where == chat or shared else None), None
            case Said(reply_to=replied_to) | SentMedia(reply_to=replied_to) | Located(reply_to=replied_to) if (
                replied_to
            ):
                return self._by_message.get((*chat, replied_to)), None
            case Edited() if message.message_id is not None:
                return None, self._by_answer.get((*chat, message.message_id))
            case _:
                return None, None


def _prompts(messages: Sequence[InboundMessage], chats: list[Chat]) -> Steps[_Shown]:
    shown = _Shown()
    ids = [
        message.content.prompt
        for message in messages
        if isinstance(message.content, Pressed) and message.content.prompt
    ]
    for row in (yield from rows(PROMPTS, chats=chats, ids=ids)):
        shown.add(row)
    replied_to = [
        (message.address.channel, message.address.chat, message.content.reply_to)
        for message in messages
        if isinstance(message.content, Said | SentMedia | Located) and message.content.reply_to is not None
    ]
    edited = [
        (message.address.channel, message.address.chat, message.message_id)
        for message in messages
        if isinstance(message.content, Edited) and message.message_id is not None
    ]
    if replied_to or edited:
        for row in (yield from rows(PROMPTS_OF_MESSAGES, replied_to=replied_to, edited=edited)):
            shown.add(row)
    return shown


def load_interviews(
    *, contact_ids: Sequence[int], response_ids: Sequence[int], library: Library
) -> Steps[dict[int, list[Interview]]]:
    """Return, by contact, the interviews that are open, and those of the given responses."""
    found = yield from rows(INTERVIEWS, contacts=contact_ids, responses=sorted(set(response_ids)))
    result: dict[int, list[Interview]] = {}
    for contact, interview in (yield from _read(found, library)):
        result.setdefault(contact, []).append(interview)
    return result


def load_begun(numbers: Sequence[int], *, library: Library) -> Steps[dict[int, Interview]]:
    """Return, by response, what an interview would be that goes on with it; it has no id yet."""
    found = (yield from rows(BEGUN, responses=sorted(numbers))) if numbers else []
    rows_of = [(0, 0, "finished", "", 0, started_at, *response) for started_at, *response in found]
    return {interview.response: interview for _, interview in (yield from _read(rows_of, library))}


def _read(found: Sequence[Row], library: Library) -> Steps[list[tuple[int, Interview]]]:
    """Return contacts and interviews of rows, with the answers."""
    if not found:
        return []
    compiled = yield from library.get({row[7] for row in found})
    stored: dict[int, dict[str, Answer]] = {}
    for response, path, instance, state, relevant, value, answered_at, by in (
        yield from rows(ANSWERS, responses=sorted({row[6] for row in found}))
    ):
        stored.setdefault(response, {})[key_of(path, instance)] = Answer(
            state=state, value=value_of(value), relevant=bool(relevant), answered_at=from_micros(answered_at), by=by
        )
    made = yield from _instances({row[6]: compiled[row[7]] for row in found})
    together = yield from load_together([row[6] for row in found if row[12] == "company"])
    return [
        (row[1], _interview(row, compiled[row[7]], stored.get(row[6], {}), made.get(row[6], ()), together.get(row[6])))
        for row in found
    ]


def _interview(
    row: Row, form: Form, answered: Mapping[str, Answer], made: Sequence[Repeated], together: Together | None
) -> Interview:
    number, contact, state, position, tries, touched_at, response, version, status, submitted_at, *rest = row
    language, revision, _, form_state = rest
    return Interview(
        id=number,
        response=response,
        state=state,
        position=position,
        tries=tries,
        touched_at=from_micros(touched_at),
        form=form,
        form_state=form_state,
        version=version,
        status=status,
        submitted_at=maybe_moment(submitted_at),
        language=language,
        answers=answered,
        instances=tuple(made),
        revision=revision,
        contact=contact or None,
        together=together,
    )


def _instances(form_of: Mapping[int, Form]) -> Steps[dict[int, list[Repeated]]]:
    """Return, by response, the instances of repeats; of forms without repeats nothing is asked."""
    repeated = sorted(response for response, form in form_of.items() if form.has_repeats)
    found: dict[int, list[Repeated]] = {}
    if repeated:
        for response, number, path, parent, ordinal in (yield from rows(INSTANCES, responses=repeated)):
            row = Repeated(id=number, path=path, parent=parent or 0, ordinal=ordinal)
            found.setdefault(response, []).append(row)
    return found


def theirs(contact: Contact, found: Sequence[Interview]) -> tuple[list[Interview], tuple[int, ...]]:
    """Return what a contact may see of their interviews, and ids of open ones about a company that they left."""
    company = contact.company.id if contact.company is not None else None
    seen = [one for one in found if one.together is None or one.together.company == company]
    if len(seen) == len(found):
        return seen, ()
    return seen, tuple(one.id for one in found if one not in seen and one.state != "finished")


def with_more_interviews(scene: Scene, more: Sequence[Interview]) -> Scene:
    """Return the scene with further interviews of its contact."""
    if scene.contact is None:
        return scene
    seen, _ = theirs(scene.contact, more)
    return replace(scene, interviews={**scene.interviews, **{interview.response: interview for interview in seen}})
