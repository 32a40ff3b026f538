"""The one way in: the outcomes of a batch become rows, in a fixed order of statements whatever the batch's size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from bot.domain import outcomes as o
from bot.domain.desk import MergeContacts
from bot.domain.messages import Abilities, Address, Edited, Located, Outgoing, Pressed, Said, SentMedia
from bot.domain.people import ContactId
from bot.domain.scene import NewPrompt, Reply, Scene, Tell, Turn
from bot.errors import Conflict, UsageError
from storage import deliveries
from storage.apply import chat, inquiries, linking, people, responses, team
from storage.apply.gathered import Rows
from storage.apply.order import AFTER_ORDERS, ORDER
from storage.codec import dump, to_micros
from storage.erasure import erase
from storage.statements import Steps, change, many, rows
from storage.writes import ADDRESS_SEEN, ENTERED_JOINS, HOLD, HOLD_TOLD, PROMPT, PROMPTS_CLOSED, USE_INVITATION

WRITTEN = (Said, Edited, Pressed, SentMedia, Located)
"""What shows that somebody is there."""

_GATHER: dict[type, Callable[[Rows, Scene, Any], None]] = {
    **dict.fromkeys(get_args(o.PeopleOutcome), people.gather),
    **dict.fromkeys(get_args(o.LinkingOutcome), linking.gather),
    **dict.fromkeys(get_args(o.ResponseOutcome), responses.gather),
    **dict.fromkeys(get_args(o.ChatOutcome), chat.gather),
    **dict.fromkeys(get_args(o.InquiryOutcome), inquiries.gather),
    o.Ordered: team.gather,
}


def apply(
    turns: Sequence[tuple[Scene, Turn]], *, owner: str, leased_until: int, abilities: Mapping[str, Abilities]
) -> Steps[list[tuple[Outgoing, bool]]]:
    """Write all turns; return the replies to send, each with whether its address belongs to a contact.

    Raises:
        Conflict: somebody else took what one of the turns wanted; nothing of the batch may be kept.
    """
    gathered = Rows(owner=owner, leased_until=leased_until, abilities=abilities)
    yield from _hold(turns)
    for scene, turn in turns:
        _gather(gathered, scene, turn)
    for scene, erased in gathered.erased:
        try:
            yield from erase(
                erased.contact,
                erasure=erased.erasure,
                now=to_micros(scene.now),
                person_hash=erased.person_hash,
                keyed=scene.hub.person_hash,
                number=scene.next_id,
            )
        except UsageError as error:  # the last admin by now
            raise Conflict(str(error)) from error
    yield from linking.use_codes(gathered)
    for invitation, now in sorted(gathered.uses):
        if (yield from change(USE_INVITATION, id_=invitation, now=now)) != 1:
            raise Conflict("the invitation was used up by somebody else")
    for contact, now in sorted(gathered.entered):
        if (yield from change(ENTERED_JOINS, id_=contact, now=now)) != 1:
            raise Conflict("whom an organiser had entered has joined by another invitation, or is gone")
    for statement in ORDER:
        yield from many(statement, gathered.by_statement[statement])
    yield from _hold_told(gathered)
    yield from team.carry_out_all(gathered)
    for statement in AFTER_ORDERS:
        yield from many(statement, gathered.by_statement[statement])
    yield from many(deliveries.PLAN_REPLY, gathered.deliveries)
    yield from many(deliveries.PLAN_TELL, gathered.tells)
    return gathered.outgoing


def _hold(turns: Sequence[tuple[Scene, Turn]]) -> Steps[None]:
    """Hold the responses that were read: what was decided on one version of a form is no answer to another one.

    Nor is it where a colleague has answered since, from another process.
    """
    read = {
        (interview.response, interview.version, interview.revision)
        for scene, turn in turns
        if turn.outcomes or turn.replies
        for interview in (*scene.interviews.values(), *scene.begun.values())
    }
    if read and len((yield from rows(HOLD, read=sorted(read)))) != len(read):
        raise Conflict("a response moved to another version of its form, or was changed by a colleague")


def _hold_told(gathered: Rows) -> Steps[None]:
    """Hold the chats in which something is said to a contact: one that is theirs no more must not read it.

    Looked at before what the team orders: a merge or its undo is told to those whose chat it was.
    """
    told = {(row["channel"], row["chat"], row["contact_id"]) for row in gathered.tells if row["contact_id"] is not None}
    if told and len((yield from rows(HOLD_TOLD, told=sorted(told)))) != len(told):
        raise Conflict("a chat that was to be told something is another one's, or nobody's, by now")


def _gather(gathered: Rows, scene: Scene, turn: Turn) -> None:
    contact = scene.contact.id if scene.contact is not None else None
    if scene.unseen and isinstance(scene.message.content, WRITTEN):
        gathered.add(ADDRESS_SEEN, channel_=scene.address.channel, chat_=scene.address.chat, now=to_micros(scene.now))
    for outcome in turn.outcomes:
        contact = _whose(scene, outcome, contact)
        _GATHER[type(outcome)](gathered, scene, outcome)
    _replies(gathered, scene, turn.replies, contact)
    _tells(gathered, scene, turn.tells)


def _whose(scene: Scene, outcome: o.Outcome, contact: ContactId | None) -> ContactId | None:
    """Return whose chat it is once that has happened."""
    match outcome:
        case o.PersonErased():
            return None
        case o.AddressTakenOff(address=address) if address == scene.address:
            return None
        case o.ContactJoined(contact=joined) | o.AddressAdded(contact=joined):
            return joined
        case o.Ordered(command=MergeContacts(kept=kept, gone=gone)) if gone == contact:
            return ContactId(kept)
        case _:
            return contact


def _replies(gathered: Rows, scene: Scene, replies: Sequence[Reply], contact: ContactId | None) -> None:
    now, address = to_micros(scene.now), scene.address
    shown = [reply.prompt for reply in replies if reply.prompt is not None]
    if shown:
        gathered.add(PROMPTS_CLOSED, channel_=address.channel, chat_=address.chat, now=now)
    for prompt in shown:
        # Typed text answers the last one.
        _prompt(gathered, scene, prompt, address=address, superseded_at=None if prompt is shown[-1] else now)
    for reply in replies:
        for part in deliveries.parts_of(reply, gathered.abilities.get(address.channel)):
            row, outgoing = deliveries.reply_row(
                part,
                address=address,
                contact=contact,
                number=scene.next_id(),
                now=now,
                owner=gathered.owner,
                leased_until=gathered.leased_until,
            )
            gathered.deliveries.append(row)
            gathered.outgoing.append((outgoing, contact is not None))


def _prompt(gathered: Rows, scene: Scene, prompt: NewPrompt, *, address: Address, superseded_at: int | None) -> None:
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
        created_at=to_micros(scene.now),
        superseded_at=superseded_at,
    )


def _tells(gathered: Rows, scene: Scene, tells: Sequence[Tell]) -> None:
    now = to_micros(scene.now)
    for tell in tells:
        if tell.prompt is not None:
            _prompt(gathered, scene, tell.prompt, address=tell.address, superseded_at=now)
        for part in deliveries.parts_of(tell, gathered.abilities.get(tell.address.channel)):
            gathered.tells.append(deliveries.tell_row(part, number=scene.next_id(), now=now))
