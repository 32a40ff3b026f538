"""What is done to a shown question before it is answered: toggles are set, pages of a long list turned."""

from __future__ import annotations

from bot.domain import pages, questions
from bot.domain.asking import ask, leave, with_prompt
from bot.domain.interviews import Interview, Walk
from bot.domain.messages import Pressed
from bot.domain.outcomes import PageTurned, SelectionChanged
from bot.domain.scene import Draft, Prompt, Scene
from bot.domain.stops import Stop
from bot.forms.model import Value


def looked_up(
    draft: Draft,
    interview: Interview,
    walk: Walk,
    stop: Stop,
    text: str,
    *,
    fitting: tuple[int, ...],
    prompt: Prompt | None,
) -> bool:
    """Take text that answers nothing as a look into a long list: another page of it, or what fits the text."""
    open_one = draft.scene.interview
    if not stop.question.has_long_list or (open_one is not None and open_one.id != interview.id):
        return False
    scene = draft.scene
    speakers = [scene.catalogue.speaker(language) for language in scene.hub.languages]
    before = pages.shown_of(stop.question, prompt.data if prompt is not None else {})
    shown = pages.turned_by_word(stop.question, before, text, speakers)
    if shown is None and len(fitting) > pages.FOUND_LIMIT:
        draft.reply(draft.say("list.too_many", number=len(fitting)))
        return True
    if shown is None and fitting:
        shown = pages.Shown(found=fitting)
    if shown is None:
        return False
    leave(draft, walk)
    ask(draft, walk, interview=interview.id, response=interview.response, stop=stop, shown=shown)
    return True


def ticked_too(
    draft: Draft, interview: Interview, walk: Walk, stop: Stop, value: Value, *, prompt: Prompt | None
) -> bool:
    """Add typed choices of a long list to those that are ticked on other pages and not sent yet, and show them.

    Who ticks on one page and looks for the next one by its name does not mean the last one alone.
    """
    if prompt is None or not isinstance(value, tuple) or not stop.question.has_long_list:
        return False
    ticks = newest(draft.scene, interview, prompt).selected
    if not ticks or ticks == walk.value(stop.key):
        return False
    kept = {tick for tick in ticks if all(tick == name or _go_together(walk, stop, tick, name) for name in value)}
    names = [choice.name for choice in stop.question.choices]
    shown = pages.Shown(found=tuple(number for number, name in enumerate(names, start=1) if name in value))
    ticked = tuple(name for name in names if name in kept | set(value))
    leave(draft, walk)
    ask(
        draft,
        walk,
        interview=interview.id,
        response=interview.response,
        stop=stop,
        shown=shown,
        ticked=ticked,
    )
    return True


def toggle(draft: Draft, interview: Interview, walk: Walk, stop: Stop, prompt: Prompt, pressed: Pressed) -> None:
    """Set one toggle to the state that the pressed drawing sets; a choice that excludes others takes their place.

    A menu or a notice may stand below by now: the newest drawing of a question stays alive all the same. The pages of
    a long list share what is ticked.
    """
    living = newest(draft.scene, interview, prompt)
    if living.id != prompt.id and not stop.question.has_long_list:
        draft.toast(draft.say("press.shown_again"))
        return
    if _is_over(draft, interview, walk, stop, living, pressed):
        return
    name = questions.chosen_value(stop.question, pressed.choice)
    if not isinstance(name, str):
        draft.toast(draft.say("press.unknown"))
        return
    if pressed.on:
        kept = [other for other in living.selected if other == name or _go_together(walk, stop, other, name)]
        chosen = {*kept, name}
    else:
        chosen = set(living.selected) - {name}
    selected = tuple(choice.name for choice in stop.question.choices if choice.name in chosen)
    if selected == living.selected:
        return
    draft.record(SelectionChanged(living.id, selected))
    page = pages.holding(stop.question, pages.shown_of(stop.question, prompt.data), int(pressed.choice))
    _redraw(draft, walk, stop, prompt, pressed.message_id, selected=selected, shown=page)
    if living.id != prompt.id:
        page = pages.shown_of(stop.question, living.data)
        _redraw(draft, walk, stop, living, living.message_id, selected=selected, shown=page)


def turn_page(
    draft: Draft,
    interview: Interview,
    walk: Walk,
    stop: Stop,
    prompt: Prompt,
    pressed: Pressed,
    *,
    shown: pages.Shown,
) -> None:
    """Show another page of a long list in the place of the one on which the way there was pressed."""
    living = newest(draft.scene, interview, prompt)
    if _is_over(draft, interview, walk, stop, living, pressed):
        return
    _redraw(draft, walk, stop, prompt, pressed.message_id, selected=living.selected, shown=shown)


def _redraw(
    draft: Draft,
    walk: Walk,
    stop: Stop,
    prompt: Prompt,
    message_id: str | None,
    *,
    selected: tuple[str, ...],
    shown: pages.Shown,
) -> None:
    data = pages.data_of(stop.question, shown)
    if data != prompt.data:
        draft.record(PageTurned(prompt.id, data))
    message = questions.question_message(walk, stop, draft.say, selected=selected, shown=shown)
    draft.edit(message_id, with_prompt(message, prompt.id))


def newest(scene: Scene, interview: Interview, prompt: Prompt) -> Prompt:
    """Return the newest drawing of the prompt's question that typed text would answer, else the prompt itself."""
    shown = scene.current
    if shown is None or shown.kind != "question":
        return prompt
    return shown if (shown.response, shown.path) == (interview.response, prompt.path) else prompt


def _is_over(draft: Draft, interview: Interview, walk: Walk, stop: Stop, prompt: Prompt, pressed: Pressed) -> bool:
    """Whether a drawing's question was answered, and left; then it says so."""
    if prompt.current or not walk.is_done(stop.key) or interview.position == stop.key:
        return False
    draft.toast(draft.say("press.use_review"))
    draft.edit(pressed.message_id, questions.answered_message(walk, stop, draft.say))
    return True


def _go_together(walk: Walk, stop: Stop, one: str, other: str) -> bool:
    both = tuple(choice.name for choice in stop.question.choices if choice.name in {one, other})
    return walk.accepts(stop, both)
