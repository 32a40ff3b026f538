"""Registration by approval: what newcomers hear, and how the team lets them in or turns them away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.domain.asking import menu_message
from bot.domain.choosing import pick
from bot.domain.commands import by_name, typed_command
from bot.domain.desk.admission import AdmitContact, DeclineContact
from bot.domain.inbox import channel_name, who
from bot.domain.messages import Choice, OutboundMessage, Pressed, PromptId, Said, Way
from bot.domain.newcomers import PAGE, Decision, Newcomer
from bot.domain.outcomes import Ordered
from bot.domain.people import Company, Contact, ContactId
from bot.domain.scene import Draft, NewPrompt, Prompt, Scene, Tell
from bot.domain.speech import Speaker
from bot.domain.team import tell_team

NEWCOMER, NEWCOMERS = "newcomer", "newcomers"
"""Kinds of prompts: one of those who wait; the list of them."""

KINDS = frozenset({NEWCOMER, NEWCOMERS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which newcomer somebody of the team means, and which page of the list."""

    contact: int = 0
    page: int = 1


def meant(scene: Scene) -> tuple[Prompt, str] | None:
    """Return what was picked of what the team was shown about newcomers: by a press, a reply or typed words."""
    content = scene.message.content
    if isinstance(content, Pressed):
        prompt = scene.referred
        return (prompt, content.choice) if prompt is not None and prompt.kind in KINDS else None
    prompt = scene.referred or scene.current
    if prompt is None or prompt.kind not in KINDS or not isinstance(content, Said) or typed_command(content.text):
        return None
    key = pick([(key, label) for key, label in prompt.data.get("choices", ())], content.text)
    return (prompt, key) if key is not None else None


def looked_for(scene: Scene) -> Wish:
    """Return what is to be loaded for somebody of the team."""
    prompt = scene.referred or (scene.current if not isinstance(scene.message.content, Pressed) else None)
    if prompt is not None and prompt.kind == NEWCOMER:
        return Wish(contact=int(prompt.data["contact"]))
    picked = meant(scene)
    if picked is None:
        return Wish()
    data, key = picked[0].data, picked[1]
    people = data.get("people", ())
    if key.isdigit() and 1 <= int(key) <= len(people):
        return Wish(contact=int(people[int(key) - 1]))
    return Wish(page=max(1, int(data.get("page", 1)) + {"next": 1, "previous": -1}.get(key, 0)))


# --- newcomers -------------------------------------------------------------------------------------------------------


def ask_team(draft: Draft, contact: Contact, *, name: str) -> None:
    """The newcomer has said who they are: the team is asked, and they hear that it takes a while. Needs `team`."""
    scene = draft.scene
    company = contact.company.name if contact.company is not None else ""
    similar = scene.newcomers.similar

    def made(say: Speaker, prompt_id: int) -> tuple[OutboundMessage, NewPrompt]:
        prompt = _prompt(say, prompt_id, contact=contact.id, similar=similar)
        lines = _lines(say, name=name, company=company, channel=scene.address.channel)
        ways = tuple(Way(key, label) for key, label in prompt.data["choices"])
        hint = say("newcomers.how")
        return OutboundMessage(where=say("newcomers.title"), text="\n".join(lines), hint=hint, ways=ways), prompt

    tell_team(draft, made)
    draft.reply(draft.say("waiting.asked", name=name))


def wait(draft: Draft) -> None:
    """Say that the team has not decided yet, and what goes meanwhile."""
    draft.reply(draft.say("waiting.still"))


def admitted_message(
    say: Speaker, prompt_id: int, *, hub: str, invited: bool = False
) -> tuple[OutboundMessage, NewPrompt]:
    """Return what somebody hears who was let in, by the team or (`invited`) by a code; they can begin at once."""
    way = Way("survey", say("joining.begin"), f"/{by_name('survey').in_language(say.language)}")
    prompt = NewPrompt(id=PromptId(prompt_id), kind="menu", data={"choices": [[way.key, way.label]]})
    return OutboundMessage(
        where=hub, text=say("waiting.invited" if invited else "waiting.admitted"), ways=(way,)
    ), prompt


def told(say: Speaker, newcomer: Newcomer, how: Decision, *, hub: str, ask: str, prompt_id: int) -> tuple[Tell, ...]:
    """Return what a newcomer is told of the decision: where they are let in to begin, else in each of their chats.

    ask: where people reach the team.
    """
    language = newcomer.language
    if how == "admitted":
        message, prompt = admitted_message(say, prompt_id, hub=hub)
        return tuple(
            Tell.of(place, message, contact=newcomer.contact, language=language, prompt=prompt)
            for place in newcomer.places[:1]
        )
    text = "\n".join([say("waiting.declined"), *([say("waiting.declined_ask", contact=ask)] if ask else [])])
    message = OutboundMessage(where=hub, text=text)
    # By then these chats are nobody's.
    return tuple(Tell.of(place, message, contact=None, language=language) for place in newcomer.places)


# --- the team --------------------------------------------------------------------------------------------------------


def show_list(draft: Draft) -> None:
    """Show a page of those who wait, the longest first; a single one at once."""
    say, newcomers = draft.say, draft.scene.newcomers
    if newcomers.total == 0:
        draft.reply(OutboundMessage(where=say("newcomers.title"), text=say("newcomers.nobody")))
        return
    if newcomers.total == 1 and newcomers.lines:
        show(draft, newcomers.lines[0])
        return
    ways = []
    if newcomers.page > 1:
        ways.append(["previous", say("inbox.previous")])
    if newcomers.page * PAGE < newcomers.total:
        ways.append(["next", say("inbox.next")])
    choices = [
        Choice(str(place), say("newcomers.line", who=who(each.name, each.company), day=say.day(each.since)))
        for place, each in enumerate(newcomers.lines, start=1)
    ]
    data = {
        "page": newcomers.page,
        "people": [each.contact for each in newcomers.lines],
        # No names: what is stored here is not erased with the contact.
        "choices": [[choice.key, choice.key] for choice in choices] + ways,
    }
    prompt = NewPrompt(id=PromptId(draft.scene.next_id()), kind=NEWCOMERS, data=data)
    message = OutboundMessage(
        where=say("newcomers.title"),
        text=say.count("newcomers.waiting", newcomers.total),
        hint=say("newcomers.which"),
        choices=tuple(choices),
        ways=tuple(Way(key, label) for key, label in ways),
        numbered=True,
    )
    draft.reply(message, prompt)


def show(draft: Draft, newcomer: Newcomer) -> None:
    """Show one of those who wait, and what can be decided."""
    say = draft.say
    prompt = _prompt(say, draft.scene.next_id(), contact=newcomer.contact, similar=newcomer.similar)
    channel = newcomer.places[0].channel if newcomer.places else ""
    lines = _lines(say, name=newcomer.name, company=newcomer.company, channel=channel)
    draft.reply(menu_message("\n".join(lines), prompt, where=say("newcomers.title")), prompt)


def _prompt(say: Speaker, prompt_id: int, *, contact: ContactId, similar: Company | None) -> NewPrompt:
    choices = [["admit", say("newcomers.admit")]]
    if similar is not None:
        choices.append(["admit_to", say("newcomers.admit_to", company=similar.name)])
    choices.append(["decline", say("newcomers.decline")])
    data: dict[str, Any] = {"contact": contact, "choices": choices}
    if similar is not None:
        data["company"] = similar.id
    return NewPrompt(id=PromptId(prompt_id), kind=NEWCOMER, path=str(contact), data=data)


def _lines(say: Speaker, *, name: str, company: str, channel: str) -> list[str]:
    lines = [say("newcomers.who", name=name, channel=channel_name(channel) or "–")]
    return [*lines, say("newcomers.company", company=company)] if company else lines


def decide(draft: Draft, prompt: Prompt, key: str) -> None:
    """Let the newcomer in or turn them away, unless somebody else has decided or they have left."""
    scene = draft.scene
    newcomer, decided = scene.newcomers.chosen, scene.newcomers.decided
    if newcomer is None or not newcomer.waits:
        _too_late(draft, prompt, newcomer, how=decided.how if decided else None, by=decided.by if decided else "")
    elif key == "decline":
        _decline(draft, prompt, newcomer)
    elif key == "admit":
        _admit(draft, prompt, newcomer, company=None)
    elif key == "admit_to" and newcomer.similar is not None and newcomer.similar.id == prompt.data.get("company"):
        _admit(draft, prompt, newcomer, company=newcomer.similar)
    else:  # the company is another one by now
        show(draft, newcomer)


def _too_late(draft: Draft, prompt: Prompt, newcomer: Newcomer | None, *, how: Decision | None, by: str) -> None:
    say = draft.say
    by = by or say("newcomers.somebody")
    if newcomer is not None:
        text = say("newcomers.was_admitted", by=by, who=who(newcomer.name, newcomer.company))
    else:
        text = say("newcomers.was_declined", by=by) if how == "declined" else say("newcomers.left")
    _settle(draft, prompt, text)


def _admit(draft: Draft, prompt: Prompt, newcomer: Newcomer, *, company: Company | None) -> None:
    scene = draft.scene
    command = AdmitContact(contact=newcomer.contact, company=company.id if company is not None else None)
    draft.record(Ordered(command=command, actor=scene.actor))
    _tell(draft, newcomer, "admitted")
    name = company.name if company is not None else newcomer.company
    _settle(
        draft, prompt, draft.say("newcomers.admitted", who=who(newcomer.name, name)), left=scene.newcomers.total - 1
    )


def _decline(draft: Draft, prompt: Prompt, newcomer: Newcomer) -> None:
    scene = draft.scene
    command = DeclineContact(contact=newcomer.contact, keyed=scene.hub.person_hash)
    draft.record(Ordered(command=command, actor=scene.actor))
    _tell(draft, newcomer, "declined")
    _settle(draft, prompt, draft.say("newcomers.declined"), left=scene.newcomers.total - 1)


def _tell(draft: Draft, newcomer: Newcomer, how: Decision) -> None:
    scene = draft.scene
    say = scene.catalogue.speaker(newcomer.language)
    hub = scene.hub
    for tell in told(say, newcomer, how, hub=hub.name, ask=hub.contact, prompt_id=scene.next_id()):
        draft.tell(tell.address, tell.message, contact=tell.contact, language=newcomer.language, prompt=tell.prompt)


def _settle(draft: Draft, prompt: Prompt, text: str, *, left: int = 0) -> None:
    """Say what became of it; the message that asked says so too, and offers nothing any more."""
    say = draft.say
    if prompt.message_id is not None:
        draft.edit(prompt.message_id, OutboundMessage(where=say("newcomers.title"), text=text))
    more = [say.count("newcomers.more", left)] if left > 0 else []
    draft.reply("\n".join([text, *more]))


def mentioned(say: Speaker, total: int) -> tuple[Way, ...]:
    """Return what the inbox says of those who wait."""
    if not total:
        return ()
    return (Way(NEWCOMERS, say("newcomers.way", number=total), say("newcomers.command")),)
