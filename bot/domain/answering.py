"""Answers: typed, pressed, corrected, changed later. What cannot be read is said, and the question stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain import pages, questions, repeating, sharing
from bot.domain.asking import ask, ask_again, ask_at, ask_next, menu_message, standing, walk_in
from bot.domain.interviews import Interview, Walk
from bot.domain.messages import OutboundMessage, Pressed, PromptId
from bot.domain.outcomes import (
    AnswerState,
    PromptAnswered,
    PromptsClosed,
)
from bot.domain.redrawing import looked_up, newest, ticked_too, toggle, turn_page
from bot.domain.refusing import confirm, let_go, refuse, typed_way
from bot.domain.scene import Draft, NewPrompt, Prompt
from bot.domain.stops import ANOTHER, Stop
from bot.domain.storing import store
from bot.errors import FormError
from bot.forms.model import Value
from bot.forms.readers import Guessed, NotUnderstood, Understood, read

_ANY_WORDS = frozenset({"text", "barcode"})  # types to which every text is an answer
CHANGE_DIRECTLY_FOR = timedelta(hours=24)  # an old button younger than this was meant as it was pressed; later we ask


def answer_by_text(draft: Draft, interview: Interview, key: str, text: str, *, prompt: Prompt | None) -> None:
    """Read typed text as the answer to a question; what cannot be read is said, and the question stays."""
    walk = walk_in(draft, interview)
    if _closed_by_a_colleague(interview, walk, key, prompt):
        sharing.overtaken(draft, interview, walk, key, value=_meant(draft, interview, walk, key, text))
        return
    stop = askable(draft, walk, key, prompt=prompt)
    if stop is None or _is_another_list(draft, interview, walk, stop, prompt):
        return
    if prompt is not None and draft.scene.message.message_id is not None:
        draft.record(PromptAnswered(prompt=prompt.id, message_id=draft.scene.message.message_id))
    now = draft.scene.now.astimezone(draft.scene.hub.timezone)
    reading = read(stop.question, text, language=draft.say.language, now=now, languages=interview.form.languages)
    if stop.question.type in _ANY_WORDS or not isinstance(reading, Understood):
        way = typed_way(draft, interview, walk, stop, text)
        if way is not None:
            take_way(draft, interview, walk, stop, way, prompt=prompt)
            return
    match reading:
        case Understood(value=value):
            if not ticked_too(draft, interview, walk, stop, value, prompt=prompt):
                accept(draft, interview, walk, stop, value, prompt=prompt)
        case Guessed(value=value):
            confirm(draft, interview, walk, stop, value)
        case NotUnderstood(expected=expected, parameters=parameters, fitting=fitting):
            if not looked_up(draft, interview, walk, stop, text, fitting=fitting, prompt=prompt):
                refuse(draft, interview, walk, stop, draft.say(f"expected.{expected}", **parameters))


def answer_by_press(draft: Draft, interview: Interview, prompt: Prompt, pressed: Pressed) -> None:
    """Take a button of a question: a choice, a toggle or Done; an old one changes that very answer or asks first."""
    walk = walk_in(draft, interview)
    if _closed_by_a_colleague(interview, walk, prompt.path, prompt):
        place = walk.place_of(prompt.path)
        picked = _picked(place, prompt, pressed) if place is not None and pressed.on is None else None
        sharing.overtaken(draft, interview, walk, prompt.path, value=picked)
        return
    stop = askable(draft, walk, prompt.path, prompt=prompt)
    if stop is None:
        draft.edit(pressed.message_id, OutboundMessage(text=_old_text(walk, prompt.path, draft)))
        return
    if _is_another_list(draft, interview, walk, stop, prompt):
        return
    question = stop.question
    shown = pages.turned(question, pages.shown_of(question, prompt.data), pressed.choice)
    if pressed.on is not None:
        toggle(draft, interview, walk, stop, prompt, pressed)
        return
    if shown is not None:
        turn_page(draft, interview, walk, stop, prompt, pressed, shown=shown)
        return
    if pressed.choice in questions.WAYS_OUT:
        take_way(draft, interview, walk, stop, pressed.choice, prompt=prompt)
        return
    if question.has_long_list:
        prompt = newest(draft.scene, interview, prompt)  # one of its pages is as good as another
    value = _picked(stop, prompt, pressed)
    if value is None:
        draft.toast(draft.say("question.nothing_selected" if pressed.choice == "done" else "press.unknown"))
        return
    if stop.repeat is not None and not prompt.current and interview.position != stop.key and value == ANOTHER:
        draft.toast(draft.say("press.stands"))  # a second press is no second entry
        return
    if walk.is_done(stop.key) and not prompt.current:
        _old_button(draft, interview, walk, stop, value, prompt, pressed)
        return
    accept(draft, interview, walk, stop, value, prompt=prompt, pressed=pressed)


def _closed_by_a_colleague(interview: Interview, walk: Walk, key: str, prompt: Prompt | None) -> bool:
    """Whether the question that the contact was asked last is not asked any more, which is not their own doing."""
    shown_last = prompt is None or prompt.current
    return interview.together is not None and shown_last and walk.stop(key) is None


def _meant(draft: Draft, interview: Interview, walk: Walk, key: str, text: str) -> Value | None:
    """Return what typed text says as the answer to a question that is not asked any more, if that is clear."""
    stop = walk.place_of(key)
    if stop is None:
        return None
    now = draft.scene.now.astimezone(draft.scene.hub.timezone)
    reading = read(stop.question, text, language=draft.say.language, now=now, languages=interview.form.languages)
    return reading.value if isinstance(reading, Understood) else None


def _picked(stop: Stop, prompt: Prompt, pressed: Pressed) -> Value | None:
    """Return the value that a button means; Done without anything ticked means none."""
    if pressed.choice == "done":
        chosen = tuple(choice.name for choice in stop.question.choices if choice.name in prompt.selected)
        return chosen if prompt.selected else None
    return questions.chosen_value(stop.question, pressed.choice)


def take_way(
    draft: Draft, interview: Interview, walk: Walk, stop: Stop, way: str, *, prompt: Prompt | None = None
) -> None:
    """Take a way out of a question that is no answer to it."""
    if way == "remove":
        repeating.offer_removal(draft, interview, walk, stop)
    elif way in ("skip", "unknown"):
        pass_over(draft, interview, walk, stop, state="unknown" if way == "unknown" else "skipped", prompt=prompt)
    else:
        let_go(draft, interview, walk, stop, way)


def pass_over(
    draft: Draft, interview: Interview, walk: Walk, stop: Stop, *, state: AnswerState, prompt: Prompt | None
) -> None:
    """Go on without an answer, where that is allowed; an answer given before stays when one merely skips."""
    answered = walk.is_done(stop.key)
    if not answered or (state == "unknown" and walk.value(stop.key) is None):
        if walk.is_required(stop):
            message = walk.say(stop, stop.question.required_message, draft.say.language)
            draft.reply(message or draft.say("skip.required"))
            return
        walk.take(stop, state=state, value=None)
        store(draft, interview, walk)
    shown = prompt or draft.scene.current
    if shown is not None and shown.path == stop.key:
        draft.edit(shown.message_id, questions.answered_message(walk, stop, draft.say))
    submitted = interview.status == "submitted"
    ask_next(draft, walk, interview=interview.id, response=interview.response, after=stop.key, submitted=submitted)


def correct(draft: Draft, interview: Interview, key: str, text: str, *, prompt: Prompt) -> None:
    """An edited message: its new text is the answer to the question that the old text answered."""
    walk = walk_in(draft, interview)
    stop = walk.place_of(key)
    if stop is not None and stop.repeat is not None:  # that there is one more was said once, and is asked anew
        ask_at(draft, walk, interview=interview.id, response=interview.response, position=key)
        return
    answer_by_text(draft, interview, key, text, prompt=prompt)


def change_to(draft: Draft, interview: Interview, key: str, value: Value, *, was: Value | None) -> None:
    """Change an answer after the contact has confirmed it, once: what is not as it `was` has been decided since."""
    walk = walk_in(draft, interview)
    stop = askable(draft, walk, key)
    if stop is None:
        return
    if walk.value(key) != was:
        if sharing.is_anothers(interview, walk.answers.get(key)):
            draft.record(PromptsClosed())
            draft.reply(sharing.counts_now(interview, walk, stop, draft.say))
            return
        draft.toast(draft.say("press.stands" if walk.value(key) == value else "press.unknown"))
        return
    draft.record(PromptsClosed())
    accept(draft, interview, walk, stop, value, prompt=None, quiet=False)


def leave_as_it_is(draft: Draft, prompt: Prompt) -> None:
    """The contact does not want the change; the question that was open before is shown again."""
    if not prompt.current:
        draft.toast(draft.say("press.stands"))
        return
    draft.record(PromptsClosed())
    draft.reply(draft.say("change.left"))
    interview = draft.scene.interview
    if interview is not None and interview.state == "open":
        ask_again(draft, interview)


def take_guess(draft: Draft, interview: Interview, prompt: Prompt, value: Value) -> None:
    """The guess was right: it is the answer, once."""
    walk = walk_in(draft, interview)
    stop = askable(draft, walk, prompt.path)
    if stop is None:
        return
    was = tuple(before) if isinstance(before := prompt.data["was"], list) else before
    changed = walk.value(stop.key) != was and not sharing.is_anothers(interview, walk.answers.get(stop.key))
    if not prompt.current or changed:
        draft.toast(draft.say("press.stands"))
        return
    draft.record(PromptsClosed())
    asked_at = prompt.data.get("asked_at")
    drawn = replace(
        prompt,
        message_id=prompt.data.get("drawn"),
        selected=tuple(prompt.data.get("ticked", ())),
        shown_at=datetime.fromisoformat(asked_at) if asked_at else prompt.shown_at,
    )
    if not ticked_too(draft, interview, walk, stop, value, prompt=drawn):
        accept(draft, interview, walk, stop, value, prompt=drawn)


def drop_guess(draft: Draft, interview: Interview, prompt: Prompt) -> None:
    """The guess was wrong: the question is asked again."""
    if not prompt.current:
        draft.toast(draft.say("press.stands"))
        return
    walk = walk_in(draft, interview)
    stop = askable(draft, walk, prompt.path)
    if stop is not None:
        ask(draft, walk, interview=interview.id, response=interview.response, stop=stop)


def _old_button(
    draft: Draft, interview: Interview, walk: Walk, stop: Stop, value: Value, prompt: Prompt, pressed: Pressed
) -> None:
    answer = walk.answers[stop.key]
    if answer.value == value:
        anothers = sharing.is_anothers(interview, answer)
        draft.toast(sharing.counts_now(interview, walk, stop, draft.say) if anothers else draft.say("press.stands"))
        draft.edit(pressed.message_id, questions.answered_message(walk, stop, draft.say))
        return
    recent = draft.scene.now - answer.answered_at < CHANGE_DIRECTLY_FOR
    anothers = sharing.is_anothers(interview, answer)
    if recent and not anothers and interview.status == "partial":
        accept(draft, interview, walk, stop, value, prompt=prompt, pressed=pressed)
        return
    say = draft.say
    number, _ = walk.place(stop.key)
    old = ", ".join(questions.shown_answer(walk, stop, say))
    new = ", ".join(questions.shown_value(walk, stop, value, say))
    ask_to_change = NewPrompt(
        id=PromptId(draft.scene.next_id()),
        kind="change",
        response=interview.response,
        path=stop.key,
        data={
            "value": value,
            "was": answer.value,
            "choices": [["yes", say("change.yes")], ["no", say("change.no")]],
        },
    )
    if anothers:
        name, day = sharing.called(interview, answer.by, say), say.day(answer.answered_at)
        text = say("shared.change_ask", number=number, name=name, day=day, old=old, new=new)
    else:
        label = walk.say(stop, stop.question.label, say.language)
        text = say("change.ask", number=number, label=label, old=old, new=new)
    draft.reply(menu_message(text, ask_to_change), ask_to_change)


def askable(draft: Draft, walk: Walk, key: str, *, prompt: Prompt | None = None) -> Stop | None:
    """Return the place if it is (still) asked, with the choices that the prompt showed; else say why not."""
    stop = walk.stop(key, data=prompt.data if prompt is not None and prompt.path == key else None)
    if stop is None:
        draft.toast(draft.say("question.gone"))
        draft.reply(draft.say("question.gone"))
    return stop


def _is_another_list(draft: Draft, interview: Interview, walk: Walk, stop: Stop, prompt: Prompt | None) -> bool:
    """Whether the long list that a prompt showed is another one by now: its numbers mean nothing; show it anew."""
    if prompt is None or "sum" not in prompt.data or walk.shows(prompt.data, stop.key):
        return False
    draft.reply(draft.say("expected.gone_choice"))
    ask(draft, walk, interview=interview.id, response=interview.response, stop=stop)
    return True


def _old_text(walk: Walk, key: str, draft: Draft) -> str:
    stop = walk.place_of(key)
    return walk.say(stop, stop.question.label, draft.say.language) if stop is not None else draft.say("question.gone")


def accept(
    draft: Draft,
    interview: Interview,
    walk: Walk,
    stop: Stop,
    value: Value,
    *,
    prompt: Prompt | None,
    pressed: Pressed | None = None,
    quiet: bool = True,
) -> None:
    """Take an answer that was read: store it, show it, and go on; one that does not fit is refused with a reason."""
    say = draft.say
    if not walk.offers(stop, value):
        draft.toast(say("press.unknown"))
        refuse(draft, interview, walk, stop, say("expected.gone_choice"))
        return
    if not walk.accepts(stop, value):
        message = walk.say(stop, stop.question.constraint_message, say.language)
        refuse(draft, interview, walk, stop, message or say("expected.constraint"))
        return
    if stop.repeat is not None and repeating.grows(value):
        repeating.add(draft, interview, walk, stop, prompt=prompt)
        return
    was_done, before = walk.is_done(stop.key), walk.answers.get(stop.key)
    try:
        walk.take(stop, state="given", value=value)
    except FormError:
        refuse(draft, interview, walk, stop, say("expected.too_much"))
        return
    store(draft, interview, walk)
    drawn = [pressed.message_id] if pressed else []
    if prompt is not None:
        drawn += [prompt.message_id, newest(draft.scene, interview, prompt).message_id]
    for message_id in dict.fromkeys(drawn):
        draft.edit(message_id, questions.answered_message(walk, stop, say))
    since = prompt.shown_at if prompt is not None else None
    if before is not None and quiet and sharing.overlapped(interview, before, value=value, since=since):
        sharing.tell_both(draft, interview, walk, stop, theirs=before)
        return
    _go_on(draft, interview, walk, stop, prompt=prompt, as_change=was_done or not quiet)


def _go_on(
    draft: Draft, interview: Interview, walk: Walk, stop: Stop, *, prompt: Prompt | None, as_change: bool
) -> None:
    elsewhere = draft.scene.interview
    busy_elsewhere = elsewhere is not None and elsewhere.id != interview.id
    if busy_elsewhere or (as_change and not (prompt is not None and prompt.current)):
        label = ", ".join(questions.shown_answer(walk, stop, draft.say))
        number, _ = walk.place(stop.key)
        draft.reply(draft.say("change.done", number=number, answer=label))
        if not busy_elsewhere:
            _after_correction(draft, interview, walk)
        return
    unfit = walk.refused_beside(stop)
    if unfit is not None:  # what stands on one page of a form is judged when the page is complete
        message = walk.say(unfit, unfit.question.constraint_message, draft.say.language)
        draft.reply(message or draft.say("expected.constraint"))
        ask(draft, walk, interview=interview.id, response=interview.response, stop=unfit)
        return
    ask_next(
        draft,
        walk,
        interview=interview.id,
        response=interview.response,
        after=stop.key,
        submitted=interview.status == "submitted",
    )


def _after_correction(draft: Draft, interview: Interview, after: Walk) -> None:
    """Go on where the contact stands: the shown question stays, unless the change closed it or opened a new end."""
    position = standing(after, interview)
    current = draft.scene.current
    if (
        current is not None
        and current.kind == "question"
        and current.path == position
        and after.shows(current.data, position)
    ):
        return
    if interview.status == "submitted" and after.next_open() is None:
        return
    ask_at(draft, after, interview=interview.id, response=interview.response, position=position)
