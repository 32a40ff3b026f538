"""How a question looks, before and after it is answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.domain import filing, pages
from bot.domain.commands import by_name
from bot.domain.interviews import Walk
from bot.domain.messages import Attachment, Choice, OutboundMessage, Way
from bot.domain.speech import Speaker
from bot.domain.stops import Stop
from bot.domain.styling import marked
from bot.forms.markup import Piece
from bot.forms.model import ATTACHED, Question, Value
from bot.forms.readers import example
from bot.forms.readers.ranges import limits_of

HELP_AFTER = 3  # unreadable answers; then there are more ways on than to try again
WAYS_OUT = frozenset({"unknown", "later", "team", "remove"})
"""Ways of a question that are no answer, besides those that every question has."""

_MAY_BE_UNKNOWN = frozenset({"integer", "decimal", "range", "date", "time", "datetime"})
_SENT = {
    "image": "question.image",
    "audio": "question.audio",
    "video": "question.video",
    "file": "question.file",
}
ECHO_LIMIT = 120  # of an own text repeated in the answered message; more only fills the phone


def question_message(
    walk: Walk,
    stop: Stop,
    say: Speaker,
    *,
    selected: tuple[str, ...] = (),
    shown: pages.Shown = pages.WHOLE,
    tries: int = 0,
) -> OutboundMessage:
    """Return the question as it is asked: where one is, notes before it, label, hint, choices, ways on.

    shown: what of a long list of choices.
    """
    question = stop.question
    text, marks = marked(_paragraphs(walk, stop, say))
    return OutboundMessage(
        where=_where(walk, stop, say),
        text=text,
        marks=marks,
        hint=_hint(walk, stop, say, shown),
        choices=_choices(walk, stop, say, selected, shown),
        ways=_ways(walk, stop, say, shown, tries),
        compact=walk.goes_on(stop),
        vote=question.type == "select_one" and not question.has_long_list,
        attachments=_media(walk, question, say),
    )


def _media(walk: Walk, question: Question, say: Speaker) -> tuple[Attachment, ...]:
    """Return what is shown with the question; of a long list the choices' own pictures are too many."""
    if not question.media and (question.has_long_list or not any(choice.media for choice in question.choices)):
        return ()
    shown = replace(question, choices=()) if question.has_long_list else question
    return filing.media_of(shown, form=walk.form, version=walk.version, language=say.language)


def answered_message(walk: Walk, stop: Stop, say: Speaker) -> OutboundMessage:
    """Return the question as it stands in the chat once it is answered: with what was chosen, without buttons."""
    text, marks = marked([_label(walk, stop, say)])
    return OutboundMessage(
        where=_where(walk, stop, say),
        text=text,
        marks=marks,
        chosen=tuple(_short(text) for text in shown_answer(walk, stop, say)),
    )


def shown_answer(walk: Walk, stop: Stop, say: Speaker) -> tuple[str, ...]:
    """Return what was answered as people read it; also that nothing was."""
    answer = walk.answers.get(stop.key)
    if answer is not None and answer.value is not None:
        return shown_value(walk, stop, answer.value, say)
    return (say("question.unknown" if answer is not None and answer.state == "unknown" else "question.skipped"),)


def shown_value(walk: Walk, stop: Stop, value: Value, say: Speaker) -> tuple[str, ...]:
    """Return an answer as people read it: labels instead of names, dates and numbers as they write them."""
    if stop.question.type == "acknowledge":
        return (say("question.acknowledged"),)
    if stop.question.type in ATTACHED:
        return (say("file.kept"),)
    return walk.written(stop, value, say.language)


def _short(text: str) -> str:
    return text if len(text) <= ECHO_LIMIT else text[: ECHO_LIMIT - 1].rstrip() + "…"


def _label(walk: Walk, stop: Stop, say: Speaker) -> Sequence[Piece]:
    pieces = walk.styled(stop, stop.question.label, say.language)
    return pieces if any(piece.text for piece in pieces) else (Piece(stop.question.name),)


def _where(walk: Walk, stop: Stop, say: Speaker) -> str:
    number, total = walk.place(stop.key)
    place = say("question.place", number=number, total=total)
    heading = walk.heading(stop, say.language)
    return f"{heading} · {place}" if heading else place


def _hint(walk: Walk, stop: Stop, say: Speaker, shown: pages.Shown) -> str:
    question = stop.question
    lines = [walk.say(stop, texts, say.language) for texts in (question.hint, question.guidance)]
    match question.type:
        case "select_multiple":
            lines.append(say("list.several" if question.has_long_list else "question.several"))
        case _:
            lines.append(_how(walk, question, say))
    lines += pages.hints(question, shown, say)
    value = walk.value(stop.key)
    if value is not None:
        lines.append(
            say("question.so_far", answer=", ".join(_short(text) for text in shown_value(walk, stop, value, say)))
        )
    return "\n".join(line for line in lines if line)


def _paragraphs(walk: Walk, stop: Stop, say: Speaker) -> list[Sequence[Piece]]:
    """Return the notes before a question, the question, and what is to be put in order: no press could say that."""
    found = [_label(walk, shown, say) for shown in (*walk.notes_before(stop.key), stop)]
    if stop.question.type == "rank":
        found.append([Piece("\n".join(f"{number}  {label}" for number, label in _labels(walk, stop, say)))])
    return found


def _labels(walk: Walk, stop: Stop, say: Speaker) -> list[tuple[int, str]]:
    return [
        (number, walk.say(stop, choice.label, say.language) or choice.name)
        for number, choice in enumerate(stop.question.choices, start=1)
    ]


def _how(walk: Walk, question: Question, say: Speaker) -> str:
    """Say how an answer is written, where the question alone does not tell."""
    shown = example(question, language=say.language, now=walk.state.now)
    match question.type:
        case "date":
            return say("question.example", example=shown) if question.appearance else say("question.date")
        case "range":
            limits = limits_of(question, language=say.language)
            return say("question.range_step" if "step" in limits else "question.range", **limits)
        case "rank":
            return say("question.rank", example=shown) if shown else say("question.rank_long")
        case "geopoint":
            return say("question.geopoint", example=shown)
        case "image" | "audio" | "video" | "file":
            return say(_SENT[question.type])
        case _:
            return ""


def _choices(walk: Walk, stop: Stop, say: Speaker, selected: tuple[str, ...], shown: pages.Shown) -> tuple[Choice, ...]:
    question = stop.question
    if question.type == "acknowledge":
        return (Choice("1", say("question.acknowledge")),)
    if question.type == "rank":
        return ()
    toggles = question.type == "select_multiple"
    language = say.language
    on_page = [(number, question.choices[number - 1]) for number in pages.numbers(question, shown)]
    return tuple(
        Choice(
            str(number),
            walk.say(stop, choice.label, language) or choice.name,
            selected=(choice.name in selected) if toggles else None,
        )
        for number, choice in on_page
    )


def typed(name: str, say: Speaker) -> str:
    """Return what people type for a command: `/zurueck`."""
    return f"/{by_name(name).in_language(say.language)}"


def _ways(walk: Walk, stop: Stop, say: Speaker, shown: pages.Shown, tries: int) -> tuple[Way, ...]:
    question = stop.question
    ways = pages.ways(question, shown, say)
    if question.type == "select_multiple":
        ways.append(Way("done", say("way.done")))
    if walk.stops and walk.stops[0].key != stop.key:
        ways.append(Way("back", say("way.back"), typed("back", say)))
    if not walk.is_required(stop):
        ways.append(Way("skip", say("way.skip"), typed("skip", say)))
    ways += ways_out(walk, stop, say, tries=tries)
    ways.append(Way("pause", say("way.pause"), typed("pause", say)))
    return tuple(ways)


def ways_out(walk: Walk, stop: Stop, say: Speaker, *, tries: int) -> list[Way]:
    """Return the ways that only some questions have: not knowing, putting off, asking the team, removing an entry."""
    ways = []
    required = walk.is_required(stop)
    if not required and stop.question.type in _MAY_BE_UNKNOWN:
        ways.append(Way("unknown", say("way.unknown")))
    if stop.repeat is not None and stop.instance.ranges.get(stop.repeat.path):
        ways.append(Way("remove", say("way.remove")))
    if tries >= HELP_AFTER:
        if required and stop.repeat is None:
            ways.append(Way("later", say("way.later")))
        ways.append(Way("team", say("way.team")))
    return ways


def has_own_unknown(stop: Stop, says_unknown: Callable[[str], bool]) -> bool:
    """Whether one of the choices says itself that one does not know."""
    return any(says_unknown(label) for choice in stop.question.choices for label in choice.label.values())


def chosen_value(question: Question, key: str) -> Value | None:
    """Return the value behind the choice shown with that key, or None if there is none."""
    if question.type == "acknowledge":
        return "OK" if key == "1" else None
    if question.type == "rank" or not (key.isascii() and key.isdigit() and 1 <= int(key) <= len(question.choices)):
        return None
    return question.choices[int(key) - 1].name
