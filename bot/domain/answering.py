"""Answers: typed, pressed, corrected, changed later. What cannot be read is said, and the question stays."""

from __future__ import annotations

from datetime import timedelta

from bot.domain import pages, questions
from bot.domain.asking import ask, ask_again, ask_at, ask_next, menu_message, standing, walk_of
from bot.domain.interviews import Interview, Walk
from bot.domain.messages import OutboundMessage, Pressed, PromptId
from bot.domain.outcomes import (
    InterviewMoved,
    PromptAnswered,
    PromptsClosed,
    ResponseRevised,
)
from bot.domain.redrawing import looked_up, newest, ticked_too, toggle, turn_page
from bot.domain.scene import Draft, NewPrompt, Prompt
from bot.forms.model import Question, Value
from bot.forms.readers import Guessed, NotUnderstood, Understood, read

CHANGE_DIRECTLY_FOR = timedelta(hours=24)  # an old button younger than this was meant as it was pressed; later we ask
SHOW_AGAIN_AFTER = 2  # unreadable answers; then the question itself has scrolled away


def answer_by_text(draft: Draft, interview: Interview, path: str, text: str, *, prompt: Prompt | None) -> None:
    """Read typed text as the answer to a question; what cannot be read is said, and the question stays."""
    walk = walk_of(draft.scene, interview)
    question = askable(draft, walk, path)
    if question is None:
        return
    now = draft.scene.now.astimezone(draft.scene.hub.timezone)
    reading = read(question, text, language=draft.say.language, now=now, languages=interview.form.languages)
    if prompt is not None and draft.scene.message.message_id is not None:
        draft.record(PromptAnswered(prompt=prompt.id, message_id=draft.scene.message.message_id))
    match reading:
        case Understood(value=value):
            if not ticked_too(draft, interview, walk, question, value, prompt=prompt):
                _accept(draft, interview, walk, question, value, prompt=prompt)
        case Guessed():
            _refuse(draft, interview, walk, question, draft.say("expected.nothing"))
        case NotUnderstood(expected=expected, parameters=parameters, fitting=fitting):
            if not looked_up(draft, interview, walk, question, text, fitting=fitting, prompt=prompt):
                _refuse(draft, interview, walk, question, draft.say(f"expected.{expected}", **parameters))


def answer_by_press(draft: Draft, interview: Interview, prompt: Prompt, pressed: Pressed) -> None:
    """Take a button of a question: a choice, a toggle or Done; an old one changes that very answer or asks first."""
    walk = walk_of(draft.scene, interview)
    question = askable(draft, walk, prompt.path)
    if question is None:
        draft.edit(pressed.message_id, OutboundMessage(text=_old_text(walk, prompt.path, draft)))
        return
    shown = pages.turned(question, pages.shown_of(question, prompt.data), pressed.choice)
    if pressed.on is not None:
        toggle(draft, interview, walk, question, prompt, pressed)
        return
    if shown is not None:
        turn_page(draft, interview, walk, question, prompt, pressed, shown=shown)
        return
    if question.has_long_list:
        prompt = newest(draft.scene, interview, prompt)  # one of its pages is as good as another
    if pressed.choice == "done":
        if not prompt.selected:
            draft.toast(draft.say("question.nothing_selected"))
            return
        value: Value | None = tuple(choice.name for choice in question.choices if choice.name in prompt.selected)
    else:
        value = questions.chosen_value(question, pressed.choice)
    if value is None:
        draft.toast(draft.say("press.unknown"))
        return
    if walk.is_done(question.path) and not prompt.current:
        _old_button(draft, interview, walk, question, value, prompt, pressed)
        return
    _accept(draft, interview, walk, question, value, prompt=prompt, pressed=pressed)


def correct(draft: Draft, interview: Interview, path: str, text: str, *, prompt: Prompt) -> None:
    """An edited message: its new text is the answer to the question that the old text answered."""
    answer_by_text(draft, interview, path, text, prompt=prompt)


def change_to(draft: Draft, interview: Interview, path: str, value: Value, *, was: Value | None) -> None:
    """Change an answer after the contact has confirmed it, once: what is not as it `was` has been decided since."""
    walk = walk_of(draft.scene, interview)
    question = askable(draft, walk, path)
    if question is None:
        return
    if walk.value(path) != was:
        draft.toast(draft.say("press.stands" if walk.value(path) == value else "press.unknown"))
        return
    draft.record(PromptsClosed())
    _accept(draft, interview, walk, question, value, prompt=None, quiet=False)


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


def _old_button(
    draft: Draft, interview: Interview, walk: Walk, question: Question, value: Value, prompt: Prompt, pressed: Pressed
) -> None:
    answer = walk.answers[question.path]
    if answer.value == value:
        draft.toast(draft.say("press.stands"))
        draft.edit(pressed.message_id, questions.answered_message(walk, question, draft.say))
        return
    recent = draft.scene.now - answer.answered_at < CHANGE_DIRECTLY_FOR
    if recent and interview.status == "partial":
        _accept(draft, interview, walk, question, value, prompt=prompt, pressed=pressed)
        return
    say = draft.say
    number, _ = walk.place(question.path)
    old = (
        ", ".join(questions.shown_value(walk, question, answer.value, say))
        if answer.value is not None
        else say("question.skipped")
    )
    new = ", ".join(questions.shown_value(walk, question, value, say))
    ask_to_change = NewPrompt(
        id=PromptId(draft.scene.next_id()),
        kind="change",
        response=interview.response,
        path=question.path,
        data={
            "value": value,
            "was": answer.value,
            "choices": [["yes", say("change.yes")], ["no", say("change.no")]],
        },
    )
    text = say("change.ask", number=number, label=walk.form.say(question.label, say.language), old=old, new=new)
    draft.reply(menu_message(text, ask_to_change), ask_to_change)


def askable(draft: Draft, walk: Walk, path: str) -> Question | None:
    """Return the question if it is (still) asked; else say why not."""
    question = next((question for question in walk.asked if question.path == path), None)
    if question is None:
        draft.toast(draft.say("question.gone"))
        draft.reply(draft.say("question.gone"))
    return question


def _old_text(walk: Walk, path: str, draft: Draft) -> str:
    question = walk.form.by_path.get(path)
    return walk.form.say(question.label, draft.say.language) if question else draft.say("question.gone")


def _accept(
    draft: Draft,
    interview: Interview,
    walk: Walk,
    question: Question,
    value: Value,
    *,
    prompt: Prompt | None,
    pressed: Pressed | None = None,
    quiet: bool = True,
) -> None:
    if not walk.accepts(question.path, value):
        message = walk.form.say(question.constraint_message, draft.say.language)
        _refuse(
            draft,
            interview,
            walk,
            question,
            walk.say(message, draft.say.language) if message else draft.say("expected.constraint"),
        )
        return
    was_done = walk.is_done(question.path)
    after = walk.with_answer(question.path, state="given", value=value)
    store(draft, interview, after)
    drawn = [pressed.message_id] if pressed else []
    if prompt is not None:
        drawn += [prompt.message_id, newest(draft.scene, interview, prompt).message_id]
    for message_id in dict.fromkeys(drawn):
        draft.edit(message_id, questions.answered_message(after, question, draft.say))
    elsewhere = draft.scene.interview
    busy_elsewhere = elsewhere is not None and elsewhere.id != interview.id
    if busy_elsewhere or ((was_done or not quiet) and not (prompt is not None and prompt.current)):
        label = ", ".join(questions.shown_value(after, question, value, draft.say))
        number, _ = after.place(question.path)
        draft.reply(draft.say("change.done", number=number, answer=label))
        if not busy_elsewhere:
            _after_correction(draft, interview, after)
        return
    ask_next(
        draft,
        after,
        interview=interview.id,
        response=interview.response,
        after=question.path,
        submitted=interview.status == "submitted",
    )


def _after_correction(draft: Draft, interview: Interview, after: Walk) -> None:
    """Go on where the contact stands: the shown question stays, unless the change closed it or opened a new end."""
    position = standing(after, interview)
    current = draft.scene.current
    if current is not None and current.kind == "question" and current.path == position:
        return
    if interview.status == "submitted" and after.next_open() is None:
        return
    ask_at(draft, after, interview=interview.id, response=interview.response, position=position)


def store(draft: Draft, interview: Interview, after: Walk) -> None:
    """Note every answer that is not as it was before; a response sent in counts as revised."""
    contact = draft.scene.contact
    assert contact is not None  # an interview belongs to a contact
    draft.record(*after.changes_from(interview.answers, response=interview.response, contact=contact.id))
    if interview.status == "submitted":
        draft.record(ResponseRevised(interview.response))


def _refuse(draft: Draft, interview: Interview, walk: Walk, question: Question, why: str) -> None:
    tries = interview.tries + 1
    draft.reply(why)
    if interview.state == "finished":
        return
    draft.record(
        InterviewMoved(interview=interview.id, state="open", position=interview.position or question.path, tries=tries)
    )
    if tries >= SHOW_AGAIN_AFTER:
        ask(draft, walk, interview=interview.id, response=interview.response, question=question, tries=tries)
