"""What an organiser does with a broadcast that is written: look, test, confirm, pause, cancel, send again, correct."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain import broadcasting, desk
from bot.domain.broadcasting import LOOK, TEST, plan
from bot.domain.broadcasts import report
from bot.domain.broadcasts.board import KINDS, LIST, LIVE, PREVIEW, SURE
from bot.domain.broadcasts.model import TYPED_ABOVE, Broadcast, Counts
from bot.domain.choosing import folded, pick
from bot.domain.commands import by_name, typed_command
from bot.domain.messages import Choice, OutboundMessage, Pressed, PromptId, Said, Way
from bot.domain.outcomes import DialogueEnded, PromptsClosed
from bot.domain.scene import Draft, NewPrompt, Prompt, Scene
from bot.domain.steering import DIALOGUE, ask, if_sure, of_running, order, take_edit
from bot.forms.readers.moments import read_datetime
from bot.forms.readers.outcomes import NotUnderstood

NAME_LIMIT = 40
FURTHEST = timedelta(days=366)
_NEW = frozenset({"neu", "new"})
_NUMBER = re.compile(r"\d{1,3}(?:[.,' ]?\d{3})*|\d+")


def asked_for(scene: Scene) -> int | None:
    """Return the number of the broadcast that a message is about."""
    content = scene.message.content
    typed = typed_command(content.text) if isinstance(content, Said) else None
    if typed is not None and typed.command is not None:
        argument = typed.argument.strip().lstrip("#")
        return int(argument) if argument.isdecimal() and len(argument) < 10 else None
    prompt = scene.referred if isinstance(content, Pressed) else scene.current
    if prompt is not None and prompt.kind == LIST:
        key = content.choice if isinstance(content, Pressed) else _typed(prompt, content)
        return int(key) if key is not None and key.isdecimal() else None
    if prompt is not None and prompt.kind in KINDS:
        return int(prompt.data["broadcast"])
    if scene.dialogue is not None and scene.dialogue.name == DIALOGUE:
        return int(scene.dialogue.data["broadcast"])
    return None


def _typed(prompt: Prompt, content: object) -> str | None:
    if not isinstance(content, Said):
        return None
    return pick([(key, label) for key, label in prompt.data.get("choices", ())], content.text)


def is_meant(scene: Scene) -> bool:
    """Whether a choice about broadcasts was made, or their number typed, by somebody who may send."""
    content = scene.message.content
    if not scene.may("send"):
        return False
    if isinstance(content, Pressed):
        return scene.referred is not None and scene.referred.kind in KINDS
    prompt = scene.current
    if not isinstance(content, Said) or prompt is None or prompt.kind not in KINDS:
        return False
    return _typed(prompt, content) is not None or (prompt.kind == PREVIEW and _number(content.text) is not None)


def _number(text: str) -> int | None:
    plain = text.strip().rstrip(".")
    return int(re.sub(r"\D", "", plain)) if len(plain) < 16 and _NUMBER.fullmatch(plain) else None


# --- looking ---------------------------------------------------------------------------------------------------------


def command(draft: Draft) -> None:
    """`/broadcast` lists, or begins the first one; `/broadcast new` begins another; `/broadcast 17` shows one."""
    content = draft.scene.message.content
    typed = typed_command(content.text) if isinstance(content, Said) else None
    argument = typed.argument.strip() if typed is not None else ""
    if asked_for(draft.scene) is not None:
        show(draft)
    elif folded(argument) in _NEW or (not argument and not draft.scene.board.newest):
        broadcasting.begin(draft)
    elif argument:
        draft.reply(draft.say("directing.unknown", number=argument[:20]))
    else:
        _list(draft)


def _list(draft: Draft) -> None:
    say, scene = draft.say, draft.scene
    choices = [[str(each.id), report.line_of(each, say)] for each in scene.board.newest]
    prompt = NewPrompt(id=PromptId(scene.next_id()), kind=LIST, data={"choices": choices})
    word = by_name("broadcast").in_language(say.language)
    way = Way("new", say("directing.new"), f"/{word} {'neu' if say.language == 'de' else 'new'}")
    draft.record(DialogueEnded())
    draft.reply(
        OutboundMessage(
            where=say("broadcast.title"),
            text=say("directing.which"),
            choices=tuple(Choice(key, label) for key, label in choices),
            ways=(way,),
            numbered=True,
        ),
        prompt,
    )


def show(draft: Draft) -> None:
    """Show one: a draft's preview is worked out anew, of others it is seen how they go."""
    say, scene = draft.say, draft.scene
    chosen = scene.board.chosen
    if chosen is None:
        draft.reply(say("directing.unknown", number=asked_for(scene)))
    elif chosen.state == "draft":
        plan(draft, LOOK, {"broadcast": chosen.id})
    else:
        prompt = _live_prompt(draft, chosen.id)
        message = report.progress(chosen, scene.board.counts or Counts(states={}), say)
        draft.record(DialogueEnded())
        draft.reply(replace(message, prompt=prompt.id), prompt)


def _live_prompt(draft: Draft, number: int) -> NewPrompt:
    data = {"broadcast": number, "choices": report.offered(draft.say)}
    return NewPrompt(id=PromptId(draft.scene.next_id()), kind=LIVE, data=data)


# --- choosing --------------------------------------------------------------------------------------------------------


def choose(draft: Draft) -> None:
    """A choice under a preview, under a list, under what goes on, or a typed number of recipients."""
    scene, content = draft.scene, draft.scene.message.content
    prompt = scene.referred if isinstance(content, Pressed) else scene.current
    assert prompt is not None
    key = content.choice if isinstance(content, Pressed) else _typed(prompt, content)
    chosen = scene.board.chosen
    if prompt.kind == LIST:
        if key == "new":
            broadcasting.begin(draft)
        else:
            show(draft)
    elif chosen is None:
        draft.toast(draft.say("press.dead"))
    elif prompt.kind == PREVIEW:
        _of_draft(draft, prompt, chosen, key)
    elif prompt.kind == SURE:
        if_sure(draft, prompt, chosen, key)
    else:
        of_running(draft, prompt, chosen, key or "")


def _of_draft(draft: Draft, prompt: Prompt, chosen: Broadcast, key: str | None) -> None:
    say = draft.say
    if chosen.state != "draft":
        who = draft.scene.board.by or say("directing.somebody")
        key_of_text = "directing.dropped_already" if chosen.confirmed_at is None else "directing.confirmed_already"
        draft.toast(say("press.dead"))
        draft.reply(say(key_of_text, number=chosen.id, who=who))
        return
    if chosen.revision != prompt.data["revision"]:
        draft.reply(say("directing.changed", number=chosen.id))
        plan(draft, LOOK, {"broadcast": chosen.id})
        return
    match key:
        case None | "send":
            _confirm_if_right(draft, prompt, chosen, typed=key is None)
        case "test":
            plan(draft, TEST, {"broadcast": chosen.id}, text="directing.testing")
        case "text" | "audience" | "extras":
            broadcasting.change(draft, chosen, key)
        case "time":
            ask(draft, chosen, "time", say("directing.when"), hint=say("directing.when_hint"))
        case "hurry" | "calm":
            order(draft, desk.ChangeDraft(broadcast=chosen.id, revision=chosen.revision, hurry=key == "hurry"))
            plan(draft, LOOK, {"broadcast": chosen.id})
        case "save":
            ask(draft, chosen, "name", say("directing.save_as"))
        case "drop":
            order(draft, desk.CancelBroadcast(broadcast=chosen.id))
            draft.record(PromptsClosed())
            draft.reply(say("directing.dropped", number=chosen.id))
        case _:
            draft.toast(say("press.unknown"))


def _confirm_if_right(draft: Draft, prompt: Prompt, chosen: Broadcast, *, typed: bool) -> None:
    content, say = draft.scene.message.content, draft.say
    expected = int(prompt.data["recipients"])
    if not expected:
        draft.reply(say("directing.not_yet"))
        return
    if typed:
        assert isinstance(content, Said)
        number = _number(content.text)
        if number != expected:
            draft.reply(say("directing.other_number", typed=number, number=expected))
            return
    elif expected > TYPED_ABOVE:  # no preview offers that: a forged press
        draft.toast(say("press.unknown"))
        return
    _confirm(draft, chosen, expected)


def _confirm(draft: Draft, chosen: Broadcast, expected: int) -> None:
    scene, live = draft.scene, _live_prompt(draft, chosen.id)
    writer = scene.person or scene.contact
    command = desk.ConfirmBroadcast(
        broadcast=chosen.id,
        revision=chosen.revision,
        prompt=live.id,
        report_to=scene.address,
        author=None if writer is None else writer.id,
        language=draft.say.language,
    )
    order(draft, command)
    draft.record(DialogueEnded())
    confirmed = replace(chosen, state="scheduled", prompt=live.id)
    draft.reply(report.progress(confirmed, Counts(states={}), draft.say, expected=expected), live)


# --- asked and answered ----------------------------------------------------------------------------------------------


def answer(draft: Draft) -> None:
    """What was written in answer: a time, a name, another text."""
    scene, content = draft.scene, draft.scene.message.content
    dialogue, chosen = scene.dialogue, draft.scene.board.chosen
    assert dialogue is not None and isinstance(content, Said)
    step, _, language = dialogue.step.partition(":")
    if chosen is None:
        draft.record(DialogueEnded())
        draft.reply(draft.say("press.dead"))
    elif step == "edit":
        take_edit(draft, chosen, dict(dialogue.data["texts"]), language, content.text.strip())
    elif chosen.state != "draft":
        draft.record(DialogueEnded())
        draft.reply(draft.say("directing.not_now"))
    elif step == "time":
        _take_time(draft, chosen, content.text)
    else:
        _take_name(draft, chosen, content.text)


def _take_time(draft: Draft, chosen: Broadcast, text: str) -> None:
    scene, say = draft.scene, draft.say
    at = read_moment(text, now=scene.now, zone=scene.hub.timezone, language=say.language)
    if at is None:
        draft.reply(say("directing.when_unclear"))
    elif at == scene.now:
        order(draft, desk.ChangeDraft(broadcast=chosen.id, revision=chosen.revision, at_once=True))
        plan(draft, LOOK, {"broadcast": chosen.id})
    elif not scene.now < at < scene.now + FURTHEST:
        draft.reply(say("directing.when_past", day=say.day(at), time=say.clock(at)))
    else:
        order(draft, desk.ChangeDraft(broadcast=chosen.id, revision=chosen.revision, start_at=at))
        plan(draft, LOOK, {"broadcast": chosen.id})


def read_moment(text: str, *, now: datetime, zone: ZoneInfo, language: str) -> datetime | None:
    """Return when something is to begin, `now` itself for "at once"; None if the words say no moment."""
    if folded(text) in ("sofort", "jetzt", "gleich", "now", "at once"):
        return now
    reading = read_datetime(text, now=now.astimezone(zone), language=language)
    if isinstance(reading, NotUnderstood):
        return None
    return datetime.fromisoformat(str(reading.value))


def _take_name(draft: Draft, chosen: Broadcast, text: str) -> None:
    name = " ".join(text.split())
    if not 1 <= len(name) <= NAME_LIMIT:
        draft.reply(draft.say("directing.name_unclear", limit=NAME_LIMIT))
        return
    order(draft, desk.SaveAudience(name=name, rules=chosen.audience))
    draft.reply(draft.say("directing.saved", name=name))
    plan(draft, LOOK, {"broadcast": chosen.id})
