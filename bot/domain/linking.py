"""`/link`: a code here ties another channel there to the same person; what is shown, and what is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.domain.asking import menu_message
from bot.domain.codewords import note_guess, why_not
from bot.domain.desk import UnmergeContacts
from bot.domain.linked import Place
from bot.domain.merging import Side
from bot.domain.messages import OutboundMessage, PromptId
from bot.domain.outcomes import (
    AddressAdded,
    AddressTakenOff,
    ConsentGiven,
    LinkCodeMade,
    LinkCodeUsed,
    Ordered,
    PromptsClosed,
    PushChannelChosen,
    VisitorSeen,
)
from bot.domain.people import Contact
from bot.domain.questionnaire import resume
from bot.domain.scene import Draft, NewPrompt, Prompt, Scene

KIND = "link"
CODE_FOR = timedelta(minutes=15)  # long enough to take the other phone, too short to be found by somebody else
UNDO = frozenset({"undo", "rueckgaengig", "rückgängig", "zurueck", "zurück"})


def channel_name(channel: str) -> str:
    """Return a channel as people call it."""
    return channel.capitalize()


def who(draft: Draft, side: Side) -> str:
    """Return how a contact is named beside another one."""
    parts = [side.name or draft.say("link.nameless")]
    if side.company is not None:
        parts.append(side.company.name)
    return ", ".join(parts)


def where(draft: Draft, side: Side) -> str:
    """Return the channels of a contact."""
    names = [channel_name(channel) for channel in side.channels]
    if len(names) < 2:
        return "".join(names) or "–"
    return draft.say("link.both", first=", ".join(names[:-1]), second=names[-1])


def prompt_of(draft: Draft, choices: list[list[str]], **data: object) -> NewPrompt:
    """Return a prompt of ours with these choices."""
    return NewPrompt(id=PromptId(draft.scene.next_id()), kind=KIND, data={**data, "choices": choices})


def tell(draft: Draft, places: Sequence[Place], key: str, *, known: bool = True, **fields: object) -> None:
    """Say something at other addresses; `known`: they are a contact's."""
    for place in places:
        if place.address != draft.scene.address:
            text = draft.scene.catalogue.speaker(place.language)(key, **fields)
            contact = place.contact if known else None
            draft.tell(place.address, OutboundMessage(text=text), contact=contact, language=place.language)


# --- in the channel where one is -------------------------------------------------------------------------------------


def give_code(draft: Draft) -> None:
    """Say the code, and where it goes."""
    scene, say = draft.scene, draft.say
    assert scene.contact is not None
    code = scene.hub.fresh_code()
    draft.record(
        LinkCodeMade(contact=scene.contact.id, code_hash=scene.hub.code_hash(code), expires_at=scene.now + CODE_FOR)
    )
    lines = [say("link.code", code=code)]
    lines += [
        f"{channel_name(channel)}: {found.replace('{code}', code)}"
        for channel, found in scene.linking.elsewhere.items()
        if channel != scene.address.channel
    ]
    draft.reply(OutboundMessage(where=say("link.title"), text="\n".join(lines), hint=say("link.code_hint")))


def overview(draft: Draft) -> None:
    """Show the addresses, and what can be chosen about them."""
    scene, say = draft.scene, draft.say
    assert scene.contact is not None
    places = scene.linking.of(scene.contact.id)
    channels = list(dict.fromkeys(place.address.channel for place in places))
    lines = []
    for place in places:
        name, alone = channel_name(place.address.channel), _is_alone(place, places)
        shown = name if alone else f"{name} {place.person}"
        lines.append(say("link.place", channel=shown, day=say.day(place.since)))
    chosen = scene.linking.push_channel
    pushes = say("link.pushes_to", channel=channel_name(chosen)) if chosen in channels else say("link.pushes_last")
    choices = [
        [f"push{number}", say("link.push", channel=channel_name(channel))] for number, channel in enumerate(channels)
    ]
    choices = choices if len(channels) > 1 else []
    for number, place in enumerate(places):
        name = channel_name(place.address.channel)
        alone = _is_alone(place, places)
        choices.append([f"off{number}", say("link.off", channel=name if alone else f"{name} {number + 1}")])
    choices.append(["code", say("link.more")])
    prompt = prompt_of(draft, choices, channels=channels, places=[str(place.address) for place in places])
    draft.reply(menu_message("\n".join([*lines, pushes]), prompt, where=say("link.title")), prompt)


def _is_alone(place: Place, places: Sequence[Place]) -> bool:
    return sum(1 for each in places if each.address.channel == place.address.channel) == 1


def choose_pushes(draft: Draft, channel: str) -> None:
    """Messages that nobody asked for go there from now on; then the open question is shown."""
    scene = draft.scene
    assert scene.contact is not None
    if channel not in {place.address.channel for place in scene.linking.of(scene.contact.id)}:
        draft.toast(draft.say("press.unknown"))
        return
    draft.record(PushChannelChosen(contact=scene.contact.id, channel=channel), PromptsClosed())
    draft.reply(draft.say("link.pushes_to", channel=channel_name(channel)))
    _go_on(draft)


def take_off(draft: Draft, address: str) -> None:
    """An address is nobody's from now on; both chats hear of it."""
    scene = draft.scene
    contact = scene.contact
    assert contact is not None
    places = scene.linking.of(contact.id)
    place = next((each for each in places if str(each.address) == address), None)
    if place is None or len(places) == 1:
        draft.toast(draft.say("press.unknown" if place is None else "link.last"))
        return
    name = channel_name(place.address.channel)
    draft.record(AddressTakenOff(contact=contact.id, address=place.address))
    if place.address == scene.address:
        draft.reply(draft.say("link.off_here"))
        tell(draft, places, "link.off_done", channel=name)
        return
    draft.record(PromptsClosed())
    draft.reply(draft.say("link.off_done", channel=name))
    tell(draft, [place], "link.off_here", known=False)


def undo(draft: Draft) -> None:
    """Two contacts again, if they became one within a day."""
    scene = draft.scene
    contact = scene.contact
    assert contact is not None
    if not scene.linking.undoable:
        draft.reply(draft.say("link.nothing_to_undo"))
        return
    draft.record(Ordered(command=UnmergeContacts(contact=contact.id), actor=scene.actor), PromptsClosed())
    draft.reply(draft.say("link.undone"))
    tell(draft, scene.linking.of(contact.id), "link.undone")


# --- in a channel where nobody knows them ----------------------------------------------------------------------------


def wrong_code(draft: Draft) -> None:
    """Say that a code is none, has run out or was used, and count it as invitations' wrong codes are counted."""
    note_guess(draft)
    draft.reply(why_not(draft.scene, draft.say) if is_held(draft.scene) else draft.say("link.dead"))


def is_held(scene: Scene) -> bool:
    """Whether somebody has tried so many codes that none of theirs is looked at now."""
    return scene.tried is not None and scene.tried.held_until is not None


def refusal(scene: Scene, other: Side) -> str | None:
    """Return why somebody who is no contact here cannot join that one: roles are neither won nor lost by the way."""
    return "link.no_roles" if scene.roles and scene.roles != other.roles else None


def offer_here(draft: Draft, other: Side) -> None:
    """Say whose this chat would be and who reads along on this channel; ask, in the language they speak there."""
    draft.speak(other.language)
    scene, say = draft.scene, draft.say
    visitor = scene.visitor
    if visitor is None:
        draft.record(VisitorSeen(language=other.language, code_hash="", step="turned_away"))
    note = scene.hub.text(f"notice/{scene.address.channel}", say.language).strip()
    text = say("link.here", who=who(draft, other), where=where(draft, other))
    prompt = prompt_of(
        draft,
        [["here", say("link.join")], ["not_here", say("link.leave")]],
        hash=scene.linking.code_hash,
    )
    draft.reply(menu_message("\n".join(part for part in (text, note) if part), prompt, where=say("link.title")), prompt)


def join_here(draft: Draft, other: Side) -> None:
    """Let this chat be theirs from now on; the conversation goes on in it."""
    scene = draft.scene
    purpose = "staff" if other.staff else "study"
    notice = "notice/staff" if other.staff else "notice/privacy"
    draft.record(
        LinkCodeUsed(scene.linking.code_hash),
        AddressAdded(other.contact),
        ConsentGiven(
            contact=other.contact,
            consent=scene.next_id(),
            purpose=purpose,
            version=scene.hub.notice_version,
            hash=scene.hub.hashes.get((notice, other.language), ""),
            language=other.language,
        ),
    )
    become(draft, other)
    draft.reply(draft.say("link.done", where=where(draft, other)))
    told = channel_name(scene.address.channel)
    tell(draft, scene.linking.of(other.contact), "link.told", channel=told)
    ask_pushes(draft, (*other.channels, scene.address.channel))


def become(draft: Draft, other: Side, *, without: frozenset[int] = frozenset()) -> None:
    """Go on as the other contact. `without`: interviews that end now."""
    scene = draft.scene
    # First what ends: of two interviews about what colleagues share the other one goes on.
    walks = {
        number: walk
        for known in (scene.interviews, scene.linking.interviews)
        for number, walk in known.items()
        if walk.id not in without
    }
    contact = Contact(
        id=other.contact,
        name=other.name,
        language=other.language,
        company=other.company,
        staff=other.staff,
        pushes=other.pushes,
        created_at=other.created_at,
        admitted=other.admitted,
    )
    draft.become(contact, walks)


def ask_pushes(draft: Draft, channels: Sequence[str]) -> None:
    """Ask where messages go that nobody asked for, if there is a choice; else go on."""
    say = draft.say
    names = list(dict.fromkeys(channels))
    if len(names) < 2:
        _go_on(draft)
        return
    choices = [[f"push{number}", channel_name(channel)] for number, channel in enumerate(names)]
    prompt = prompt_of(draft, choices, channels=names)
    draft.reply(menu_message(say("link.which_pushes"), prompt), prompt)


def unclear(draft: Draft, prompt: Prompt) -> None:
    """Show the choices again; who was asked where messages shall go and writes of something else goes on."""
    if "channels" in prompt.data:
        draft.record(PromptsClosed())
        _go_on(draft)
        return
    again = NewPrompt(id=PromptId(draft.scene.next_id()), kind=KIND, data=prompt.data)
    draft.reply(menu_message(draft.say("link.unclear"), again), again)


def _go_on(draft: Draft) -> None:
    interview = draft.scene.interview
    if interview is not None and interview.form_state != "closed":
        resume(draft, interview)
