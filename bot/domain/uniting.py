"""Two contacts turn out to be one person in a chat: what both have is shown side by side, and who is who picks."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.asking import menu_message, walk_of
from bot.domain.desk import MergeContacts
from bot.domain.linked import Asked
from bot.domain.linking import KIND, ask_pushes, become, channel_name, prompt_of, tell, where, who
from bot.domain.merging import (
    Collision,
    Held,
    Picks,
    Side,
    Which,
    collisions,
    company_differs,
    further,
    obstacle,
    unite,
)
from bot.domain.messages import OutboundMessage, PromptId
from bot.domain.onboarding import DIALOGUE as JOINING
from bot.domain.outcomes import DialogueEnded, LinkCodeUsed, MergeAsked, Ordered, PromptsClosed
from bot.domain.scene import Draft, NewPrompt
from bot.domain.speech import Speaker
from bot.domain.team import tell_team


def offer(draft: Draft, own: Side, other: Side) -> None:
    """Say that there are two, and ask whether they are to become one."""
    say = draft.say
    why = obstacle(other, own)
    if why is not None:
        key = {"same": "link.same", "roles": "link.no_roles", "staff": "link.no_roles", "merged": "link.dead"}[why]
        draft.reply(say(key))
        return
    if draft.scene.linking.waiting:
        draft.reply(say("link.waits_already"))
        return
    text = say("link.two", here=who(draft, own), there=who(draft, other), where=where(draft, other))
    choices = [["unite", say("link.join")], ["leave", say("link.leave")]]
    prompt = prompt_of(draft, choices, hash=draft.scene.linking.code_hash, picks={})
    draft.reply(menu_message(text, prompt, where=say("link.title")), prompt)


def go_on(draft: Draft, own: Side, other: Side, *, picks: Mapping[str, Which]) -> None:
    """Ask for the next thing that has to be picked, or do it."""
    why = obstacle(other, own)
    if why is not None:
        offer(draft, own, other)
        return
    missing = next((each for each in collisions(other, own) if each.form not in picks), None)
    if missing is not None:
        _ask_which(draft, missing, picks=picks)
    elif company_differs(other, own):
        _ask_team(draft, own, other, picks=picks)
    else:
        _unite(draft, own, other, Picks(responses=picks))


def _ask_which(draft: Draft, both: Collision, *, picks: Mapping[str, Which]) -> None:
    say = draft.say
    names = _names(say, both)
    title = both.title.get(say.language) or next(iter(both.title.values()), both.form)
    lines = [_line(draft, names[0], both.kept), _line(draft, names[1], both.gone), say("link.which")]
    choices = [[which, name] for which, name in zip(("kept", "gone"), names, strict=True)]
    prompt = prompt_of(draft, choices, hash=draft.scene.linking.code_hash, picks=dict(picks), form=both.form)
    draft.reply(menu_message("\n".join(lines), prompt, where=title), prompt)


def _names(say: Speaker, both: Collision) -> tuple[str, str]:
    if both.kept.channel == both.gone.channel:
        return say("link.first"), say("link.second")
    first, second = (say("link.of_channel", channel=channel_name(held.channel)) for held in (both.kept, both.gone))
    return first, second


def _line(draft: Draft, name: str, held: Held) -> str:
    """Return one of the two in a line: begun, how far, last change."""
    say = draft.say
    done = total = held.answered
    interview = draft.scene.linking.interviews.get(held.response)
    if interview is not None:
        walk = walk_of(draft.scene, interview)
        done, total = sum(1 for stop in walk.stops if walk.is_done(stop.key)), len(walk.stops)
    key = "link.submitted" if held.status == "submitted" else "link.begun"
    return say(key, name=name, day=say.day(held.started_at), done=done, total=total, last=say.day(held.changed_at))


def _unite(draft: Draft, own: Side, other: Side, picks: Picks) -> None:
    scene = draft.scene
    union = unite(other, own, picks)
    draft.record(
        LinkCodeUsed(scene.linking.code_hash),
        Ordered(command=MergeContacts(kept=other.contact, gone=own.contact, picks=picks), actor=scene.actor),
    )
    if scene.dialogue is not None and scene.dialogue.name == JOINING:
        draft.record(DialogueEnded())
    become(draft, other, without=frozenset((*union.finished, *union.dropped)))
    draft.reply(draft.say("link.united", where=where(draft, other)))
    places = (*scene.linking.of(other.contact), *scene.linking.of(own.contact))
    tell(draft, places, "link.told_united", channel=channel_name(scene.address.channel))
    ask_pushes(draft, (*other.channels, *own.channels))


# --- two companies ---------------------------------------------------------------------------------------------------


def _ask_team(draft: Draft, own: Side, other: Side, *, picks: Mapping[str, Which]) -> None:
    """The person may not say whose company it is; the team is asked, and until then nothing changes."""
    scene = draft.scene
    merge = scene.next_id()
    assert own.company is not None and other.company is not None
    companies = {"kept": other.company.name, "gone": own.company.name}
    draft.record(
        LinkCodeUsed(scene.linking.code_hash),
        MergeAsked(merge=merge, kept=other.contact, gone=own.contact, responses=picks, actor=scene.actor),
        PromptsClosed(),
    )

    def say(speaker: Speaker, number: int) -> tuple[OutboundMessage, NewPrompt | None]:
        choices = [[which, name] for which, name in companies.items()]
        prompt = NewPrompt(id=PromptId(number), kind=KIND, data={"merge": merge, "choices": choices, "for": "team"})
        name = own.name or other.name or speaker("link.nameless")
        text = speaker("link.team_which", name=name, first=companies["kept"], second=companies["gone"])
        return menu_message(text, prompt, where=speaker("link.title")), prompt

    tell_team(draft, say)
    draft.reply(draft.say("link.company_waits", first=companies["kept"], second=companies["gone"]))


def decide(draft: Draft, which: Which) -> None:
    """Somebody of the team says whose company it is; the two become one."""
    scene, asked = draft.scene, draft.scene.linking.asked
    if asked is None:
        draft.reply(draft.say("link.team_late"))
        return
    if obstacle(asked.kept, asked.gone) is not None:
        draft.reply(draft.say("link.team_changed"))
        return
    picks = _all_picks(asked, which)  # companies that became one meanwhile are one answer
    command = MergeContacts(kept=asked.kept.contact, gone=asked.gone.contact, picks=picks, asked=asked.merge)
    draft.record(Ordered(command=command, actor=scene.actor))
    company = (asked.kept if which == "kept" else asked.gone).company
    name = company.name if company is not None else "–"
    draft.reply(draft.say("link.team_done", company=name))
    for side in (asked.kept, asked.gone):
        places = [place for place in scene.linking.of(side.contact) if place.address != scene.address]
        for place in places:
            text = scene.catalogue.speaker(place.language)("link.company_decided", company=name)
            draft.tell(place.address, OutboundMessage(text=text), contact=place.contact, language=place.language)


def _all_picks(asked: Asked, which: Which) -> Picks:
    """What was begun since the person picked: the one that goes further counts."""
    found = {each.form: further(each) for each in collisions(asked.kept, asked.gone)}
    picked = {form: held for form, held in asked.picks.responses.items() if form in found}
    return Picks(responses={**found, **picked}, company=which)
