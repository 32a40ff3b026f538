"""How a question looks, before and after it is answered."""

from __future__ import annotations

from datetime import date

from bot.domain import pages
from bot.domain.commands import by_name
from bot.domain.interviews import Walk
from bot.domain.messages import Choice, OutboundMessage, Way
from bot.domain.speech import Speaker
from bot.forms.model import Question, Value

ECHO_LIMIT = 120  # of an own text repeated in the answered message; more only fills the phone


def question_message(
    walk: Walk,
    question: Question,
    say: Speaker,
    *,
    selected: tuple[str, ...] = (),
    shown: pages.Shown = pages.WHOLE,
) -> OutboundMessage:
    """Return the question as it is asked: where one is, notes before it, label, hint, choices, ways on.

    shown: what of a long list of choices.
    """
    return OutboundMessage(
        where=_where(walk, question, say),
        text=_text(walk, question, say),
        hint=_hint(walk, question, say, shown),
        choices=_choices(walk, question, say, selected, shown),
        ways=_ways(walk, question, say, shown),
        vote=question.type == "select_one" and not question.has_long_list,
    )


def answered_message(walk: Walk, question: Question, say: Speaker) -> OutboundMessage:
    """Return the question as it stands in the chat once it is answered: with what was chosen, without buttons."""
    answer = walk.answers.get(question.path)
    if answer is not None and answer.value is not None:
        chosen = shown_value(walk, question, answer.value, say)
    else:
        chosen = (say("question.skipped"),)
    return OutboundMessage(
        where=_where(walk, question, say),
        text=_label(walk, question, say),
        chosen=tuple(_short(text) for text in chosen),
    )


def shown_value(walk: Walk, question: Question, value: Value, say: Speaker) -> tuple[str, ...]:
    """Return the answer as people read it: labels instead of names, dates and numbers as they write them."""
    match value:
        case tuple():
            return tuple(_choice_label(walk, question, name, say) for name in value)
        case str() if question.choices:
            return (_choice_label(walk, question, value, say),)
        case str() if question.type == "date":
            return (_day(value),) if say.language == "de" else (value,)
        case str() if question.type == "acknowledge":
            return (say("question.acknowledged"),)
        case float():
            text = f"{value:.15g}"
            return (text.replace(".", ",") if say.language == "de" else text,)
        case _:
            return (str(value),)


def _short(text: str) -> str:
    return text if len(text) <= ECHO_LIMIT else text[: ECHO_LIMIT - 1].rstrip() + "…"


def _day(iso: str) -> str:
    return date.fromisoformat(iso).strftime("%d.%m.%Y")


def _choice_label(walk: Walk, question: Question, name: str, say: Speaker) -> str:
    choice = question.choice(name)
    return walk.form.say(choice.label, say.language) or name if choice else name


def _label(walk: Walk, question: Question, say: Speaker) -> str:
    text = walk.form.say(question.label, say.language) or question.name
    return walk.say(text, say.language)


def _where(walk: Walk, question: Question, say: Speaker) -> str:
    number, total = walk.place(question.path)
    place = say("question.place", number=number, total=total)
    group = walk.group(question)
    if group is None:
        return place
    return f"{walk.say(walk.form.say(group.label, say.language), say.language)} · {place}"


def _text(walk: Walk, question: Question, say: Speaker) -> str:
    parts = [_label(walk, note, say) for note in walk.notes_before(question.path)]
    return "\n\n".join([*parts, _label(walk, question, say)])


def _hint(walk: Walk, question: Question, say: Speaker, shown: pages.Shown) -> str:
    lines = [walk.say(walk.form.say(question.hint, say.language), say.language)]
    match question.type:
        case "select_multiple":
            lines.append(say("list.several" if question.has_long_list else "question.several"))
        case "date":
            lines.append(say("question.date"))
        case _:
            pass
    lines += pages.hints(question, shown, say)
    value = walk.value(question.path)
    if value is not None:
        lines.append(
            say("question.so_far", answer=", ".join(_short(text) for text in shown_value(walk, question, value, say)))
        )
    return "\n".join(line for line in lines if line)


def _choices(
    walk: Walk, question: Question, say: Speaker, selected: tuple[str, ...], shown: pages.Shown
) -> tuple[Choice, ...]:
    if question.type == "acknowledge":
        return (Choice("1", say("question.acknowledge")),)
    toggles = question.type == "select_multiple"
    language = say.language
    on_page = [(number, question.choices[number - 1]) for number in pages.numbers(question, shown)]
    return tuple(
        Choice(
            str(number),
            walk.say(walk.form.say(choice.label, language) or choice.name, language),
            selected=(choice.name in selected) if toggles else None,
        )
        for number, choice in on_page
    )


def typed(name: str, say: Speaker) -> str:
    """Return what people type for a command: `/zurueck`."""
    return f"/{by_name(name).in_language(say.language)}"


def _ways(walk: Walk, question: Question, say: Speaker, shown: pages.Shown) -> tuple[Way, ...]:
    ways = pages.ways(question, shown, say)
    if question.type == "select_multiple":
        ways.append(Way("done", say("way.done")))
    if walk.asked and walk.asked[0].path != question.path:
        ways.append(Way("back", say("way.back"), typed("back", say)))
    if not walk.is_required(question.path):
        ways.append(Way("skip", say("way.skip"), typed("skip", say)))
    ways.append(Way("pause", say("way.pause"), typed("pause", say)))
    return tuple(ways)


def chosen_value(question: Question, key: str) -> Value | None:
    """Return the value behind the choice shown with that key, or None if there is none."""
    if question.type == "acknowledge":
        return "OK" if key == "1" else None
    if not (key.isascii() and key.isdigit() and 1 <= int(key) <= len(question.choices)):
        return None
    return question.choices[int(key) - 1].name
