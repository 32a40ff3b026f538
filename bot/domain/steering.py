"""What an organiser does with a broadcast that goes out: pause, go on, cancel, send again, correct, take back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain import broadcasting, desk
from bot.domain.asking import menu_message
from bot.domain.broadcasting import LIST as LIST_JOB
from bot.domain.broadcasting import plan
from bot.domain.broadcasts import report
from bot.domain.broadcasts.board import LIVE, SURE
from bot.domain.broadcasts.content import unknown_fields
from bot.domain.broadcasts.model import Broadcast, BroadcastState, Counts
from bot.domain.broadcasts.problems import Problem, sentence
from bot.domain.desk.command import Command
from bot.domain.messages import OutboundMessage, PromptId
from bot.domain.outcomes import DialogueEnded, DialogueMoved, Ordered, PromptsClosed
from bot.domain.scene import Draft, NewPrompt, Prompt

DIALOGUE = "directing"
WITHIN = timedelta(hours=1)


def of_running(draft: Draft, prompt: Prompt, chosen: Broadcast, key: str) -> None:
    """Do what was chosen under the message that shows how it goes, if it can still be done."""
    say, counts = draft.say, draft.scene.board.counts or Counts(states={})
    if key not in report.possible(chosen, counts):
        draft.toast(say("directing.not_now"))
        _redraw(draft, prompt, chosen, counts)
        return
    match key:
        case report.PAUSE:
            order(draft, desk.PauseBroadcast(broadcast=chosen.id))
            _moved(draft, prompt, chosen, counts, state="paused", text="directing.paused")
        case report.GO_ON:
            order(draft, desk.ResumeBroadcast(broadcast=chosen.id))
            state: BroadcastState = "scheduled" if chosen.planned_at is None else "running"
            _moved(draft, prompt, chosen, counts, state=state, text="directing.goes_on")
        case report.FAILED:
            order(draft, desk.RetryBroadcast(broadcast=chosen.id))
            _moved(draft, prompt, chosen, counts, state="running", text="directing.again")
        case report.CANCEL | report.UNKNOWN | report.RECALL:
            _ask_if_sure(draft, chosen, key, counts)
        case report.WHO:
            if draft.scene.may("names"):
                plan(draft, LIST_JOB, {"broadcast": chosen.id}, text="directing.listing")
            else:
                draft.toast(say("directing.no_names"))
        case report.EDIT:
            _ask_edit(draft, chosen, {})
        case _:
            broadcasting.begin(draft, audience=(f"got={chosen.id}",), corrects=chosen.id)


def _moved(
    draft: Draft, prompt: Prompt, chosen: Broadcast, counts: Counts, *, state: BroadcastState, text: str
) -> None:
    draft.toast(draft.say(text, number=chosen.id))
    _redraw(draft, prompt, replace(chosen, state=state, reason="organiser" if state == "paused" else ""), counts)


def _redraw(draft: Draft, prompt: Prompt, chosen: Broadcast, counts: Counts) -> None:
    if prompt.kind == LIVE:
        draft.edit(prompt.message_id, replace(report.progress(chosen, counts, draft.say), prompt=prompt.id))


_SURE = {
    report.CANCEL: ("directing.sure_cancel", "directing.yes_cancel"),
    report.UNKNOWN: ("directing.sure_unknown", "directing.yes_unknown"),
    report.RECALL: ("directing.sure_recall", "directing.yes_recall"),
}


def _ask_if_sure(draft: Draft, chosen: Broadcast, key: str, counts: Counts) -> None:
    question, yes = _SURE[key]
    say, states = draft.say, counts.states
    number = {report.CANCEL: counts.open, report.UNKNOWN: states.get("unknown", 0)}.get(key, states.get("sent", 0))
    choices = [["yes", say(yes)], ["no", say("directing.no")]]
    data = {"broadcast": chosen.id, "action": key, "choices": choices}
    prompt = NewPrompt(id=PromptId(draft.scene.next_id()), kind=SURE, data=data)
    where = say("report.title", number=chosen.id, state=report.state_of(chosen, say))
    draft.reply(menu_message(say(question, number=number), prompt, where=where), prompt)


def if_sure(draft: Draft, prompt: Prompt, chosen: Broadcast, key: str | None) -> None:
    """Do what cannot be undone, once they are sure."""
    say, counts = draft.say, draft.scene.board.counts or Counts(states={})
    action = str(prompt.data["action"])
    if not prompt.current:
        draft.toast(say("press.dead"))
        return
    draft.record(PromptsClosed())
    if key != "yes":
        draft.reply(say("directing.left_as_is"))
    elif action not in report.possible(chosen, counts):
        draft.reply(say("directing.not_now"))
    elif action == report.CANCEL:
        order(draft, desk.CancelBroadcast(broadcast=chosen.id))
        draft.reply(say("directing.cancelled", number=chosen.id, open=counts.open))
    elif action == report.UNKNOWN:
        order(draft, desk.RetryBroadcast(broadcast=chosen.id, unknown=True, failed=False))
        draft.reply(say("directing.again", number=chosen.id))
    else:
        order(draft, desk.RecallBroadcast(broadcast=chosen.id))
        draft.reply(say("directing.recalled", number=chosen.id))


def _ask_edit(draft: Draft, chosen: Broadcast, texts: Mapping[str, str]) -> None:
    """Ask for the new text in each language that it has, one after the other."""
    say, written = draft.say, chosen.content.texts
    language = next((each for each in draft.scene.hub.languages if written.get(each) and each not in texts), None)
    if language is None:
        order(draft, desk.EditBroadcast(broadcast=chosen.id, texts=texts))
        draft.record(DialogueEnded(), PromptsClosed())
        draft.reply(say("directing.edited", number=chosen.id))
        return
    text = say("directing.new_text", language=say(f"broadcast.in_{language}"))
    ask(draft, chosen, f"edit:{language}", text, hint=say("directing.edit_hint"), data={"texts": dict(texts)})


def take_edit(draft: Draft, chosen: Broadcast, texts: dict[str, str], language: str, text: str) -> None:
    """Take the new text in one language, and ask for the next."""
    if unknown := unknown_fields(text):
        problem = sentence(Problem(kind="field", what=unknown[0]), draft.say)
        draft.reply(problem + "\n" + draft.say("broadcast.once_more"))
    elif not text or len(text) > broadcasting.TEXT_LIMIT:
        draft.reply(draft.say("broadcast.text_unclear", limit=broadcasting.TEXT_LIMIT))
    else:
        _ask_edit(draft, chosen, {**texts, language: text})


def ask(
    draft: Draft, chosen: Broadcast, step: str, text: str, *, hint: str = "", data: Mapping[str, Any] | None = None
) -> None:
    """Ask for words about a broadcast."""
    more = {"broadcast": chosen.id, **(data or {})}
    draft.record(
        PromptsClosed(), DialogueMoved(name=DIALOGUE, step=step, data=more, expires_at=draft.scene.now + WITHIN)
    )
    draft.reply(
        OutboundMessage(
            where=draft.say("report.title", number=chosen.id, state=report.state_of(chosen, draft.say)),
            text=text,
            hint=hint,
        )
    )


def order(draft: Draft, command: Command[Any]) -> None:
    """Let the desk do something with the turn."""
    draft.record(Ordered(command=command, actor=draft.scene.actor))
