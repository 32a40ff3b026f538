"""Repeats in the conversation: one more instance, or one taken away after a confirmation."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import questions
from bot.domain.asking import ask, ask_at, ask_next, menu_message, standing, walk_in
from bot.domain.interviews import Interview, Walk
from bot.domain.messages import PromptId
from bot.domain.outcomes import PromptsClosed
from bot.domain.records import all_instances
from bot.domain.scene import Draft, NewPrompt, Prompt
from bot.domain.stops import ANOTHER, Stop
from bot.domain.storing import store
from bot.errors import FormError
from bot.forms.expressions.nodes import Instance
from bot.forms.model import Value

MOST_LISTED = 40  # entries to choose from, the newest; who has more removes them one after the other


def grows(value: Value) -> bool:
    """Whether that answer asks for one more instance."""
    return value == ANOTHER


def add(draft: Draft, interview: Interview, walk: Walk, stop: Stop, *, prompt: Prompt | None) -> None:
    """Add an instance and ask what is first in it."""
    elsewhere = draft.scene.interview
    if elsewhere is not None and elsewhere.id != interview.id:
        draft.reply(draft.say("review.other_open"))
        return
    asked = questions.answered_message(walk, stop, draft.say)
    chosen = questions.shown_value(walk, stop, ANOTHER, draft.say)
    try:
        first = walk.add(stop)
    except FormError:
        draft.reply(draft.say("repeat.too_many"))
        return
    if prompt is not None:
        draft.edit(prompt.message_id, replace(asked, chosen=chosen))
    store(draft, interview, walk)
    if first is not None:
        ask(draft, walk, interview=interview.id, response=interview.response, stop=first)
        return
    submitted = interview.status == "submitted"
    ask_next(draft, walk, interview=interview.id, response=interview.response, after=stop.key, submitted=submitted)


def offer_removal(draft: Draft, interview: Interview, walk: Walk, stop: Stop) -> None:
    """List the instances of a repeat, so that one can be taken away."""
    assert stop.repeat is not None
    say = draft.say
    made = stop.instance.ranges.get(stop.repeat.path, [])[-MOST_LISTED:]
    listed = [[str(number), _summary(walk, instance, draft)] for number, instance in enumerate(made, start=1)]
    prompt = NewPrompt(
        id=PromptId(draft.scene.next_id()),
        kind="remove",
        response=interview.response,
        path=stop.key,
        data={"ids": [instance.id for instance in made], "choices": [*listed, ["no", say("repeat.keep_all")]]},
    )
    draft.reply(menu_message(say("repeat.which"), prompt), prompt)


def choose(draft: Draft, interview: Interview, prompt: Prompt, key: str) -> None:
    """Go on from the list of instances: ask whether to remove that one, remove it, or leave all as it is."""
    walk = walk_in(draft, interview)
    instance = _meant(walk, prompt, key)
    if key == "no" or instance is None:
        draft.record(PromptsClosed())
        draft.reply(draft.say("change.left" if key == "no" else "question.gone"))
        ask_at(draft, walk, interview=interview.id, response=interview.response, position=standing(walk, interview))
    elif key == "yes" and prompt.current:  # an old one they may have decided otherwise since: it is asked again
        _remove(draft, interview, walk, instance, after=prompt.path)
    else:
        _confirm(draft, interview, walk, prompt, instance)


def _meant(walk: Walk, prompt: Prompt, key: str) -> Instance | None:
    ids = prompt.data.get("ids", [])
    wanted = ids[int(key) - 1] if key.isdigit() and 1 <= int(key) <= len(ids) else prompt.data.get("instance")
    return next((made for made in all_instances(walk.state.top) if made.id and made.id == wanted), None)


def _confirm(draft: Draft, interview: Interview, walk: Walk, prompt: Prompt, instance: Instance) -> None:
    say = draft.say
    asked = NewPrompt(
        id=PromptId(draft.scene.next_id()),
        kind="remove",
        response=interview.response,
        path=prompt.path,
        data={
            "instance": instance.id,
            "choices": [["yes", say("repeat.remove_yes")], ["no", say("repeat.remove_no")]],
        },
    )
    draft.reply(menu_message(say("repeat.remove_ask", entry=_summary(walk, instance, draft)), asked), asked)


def _remove(draft: Draft, interview: Interview, walk: Walk, instance: Instance, *, after: str) -> None:
    """Remove an instance and go on after the question about it, if it was answered before."""
    summary = _summary(walk, instance, draft)
    try:
        walk.remove(instance)
    except FormError:
        draft.reply(draft.say("expected.too_much"))
        return
    store(draft, interview, walk)
    draft.record(PromptsClosed())
    draft.reply(draft.say("repeat.removed", entry=summary))
    about = {"interview": interview.id, "response": interview.response}
    if walk.stop(after) is not None and walk.is_done(after):
        ask_next(draft, walk, **about, after=after, submitted=interview.status == "submitted")
    else:
        ask_at(draft, walk, **about, position=standing(walk, interview))


def _summary(walk: Walk, instance: Instance, draft: Draft) -> str:
    """Return what an instance is called: its repeat and number, and the first answer in it."""
    say = draft.say
    within = [stop for stop in walk.stops if stop.instance is instance and stop.repeat is None]
    group = walk.form.group_by_path.get(instance.spec.path) if instance.spec is not None else None
    label = walk.say(None, group.label, say.language).rstrip(" :") if group is not None else ""
    first = next((stop for stop in within if walk.value(stop.key) is not None), None)
    title = f"{label or walk.entry(say.language)} {instance.index + 1}"
    return f"{title}: {', '.join(questions.shown_answer(walk, first, say))}" if first is not None else title
