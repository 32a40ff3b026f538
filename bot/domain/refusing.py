"""What happens to text that is no answer: it is asked back, refused with an example, or taken as a way out."""

from __future__ import annotations

from datetime import datetime

from bot.domain import questions
from bot.domain.asking import ask, ask_at, menu_message
from bot.domain.choosing import folded
from bot.domain.interviews import Interview, Walk
from bot.domain.messages import PromptId
from bot.domain.outcomes import InterviewMoved
from bot.domain.passing_on import open_dialogue
from bot.domain.scene import Draft, NewPrompt
from bot.domain.stops import Stop
from bot.forms.model import Value
from bot.forms.readers import Understood, example, read, says_skip, says_unknown

SHOW_AGAIN_AFTER = 2  # unreadable answers; then the question itself has scrolled away


def typed_way(draft: Draft, interview: Interview, walk: Walk, stop: Stop, text: str) -> str | None:
    """Return the way out that typed words mean, in any language of the hub; None if they are no way out."""
    said, scene = folded(text), draft.scene
    for language in scene.hub.languages:
        say = scene.catalogue.speaker(language)
        for way in questions.ways_out(walk, stop, say, tries=interview.tries):
            if folded(way.label) == said:
                return way.key
        if folded(say("way.skip")) == said:
            return "skip"
    if walk.is_required(stop):
        return None
    if says_unknown(text):
        return None if questions.has_own_unknown(stop, says_unknown) else "unknown"
    return "skip" if says_skip(text) and not stop.question.has_long_list else None


def refuse(draft: Draft, interview: Interview, walk: Walk, stop: Stop, why: str) -> None:
    """Say why text is no answer; the question stays, and after some tries it is shown again with an example."""
    tries = interview.tries + 1
    if tries == questions.HELP_AFTER:
        now = draft.scene.now.astimezone(draft.scene.hub.timezone)
        shown = fitting_example(walk, stop, language=draft.say.language, now=now)
        if shown and shown.split()[0] not in why:
            why = f"{why}\n{draft.say('refused.example', example=shown)}"
    draft.reply(why)
    if interview.state == "finished":
        return
    draft.record(
        InterviewMoved(interview=interview.id, state="open", position=interview.position or stop.key, tries=tries)
    )
    if tries >= SHOW_AGAIN_AFTER:
        ask(draft, walk, interview=interview.id, response=interview.response, stop=stop, tries=tries)


def fitting_example(walk: Walk, stop: Stop, *, language: str, now: datetime) -> str:
    """Return an answer that would be taken, "" where we know none: what breaks the question's rule is no example."""
    shown = example(stop.question, language=language, now=now)
    reading = read(stop.question, shown, language=language, now=now)
    return shown if isinstance(reading, Understood) and walk.accepts(stop, reading.value) else ""


def confirm(draft: Draft, interview: Interview, walk: Walk, stop: Stop, value: Value) -> None:
    """Ask whether a guess is what was meant; what is typed instead is read as another answer."""
    say, shown = draft.say, draft.scene.current
    meant = ", ".join(questions.shown_value(walk, stop, value, say))
    drawn = shown if shown is not None and shown.path == stop.key else None
    prompt = NewPrompt(
        id=PromptId(draft.scene.next_id()),
        kind="guess",
        response=interview.response,
        path=stop.key,
        data={
            "value": value,
            "was": walk.value(stop.key),
            "drawn": drawn.message_id if drawn is not None else None,
            "ticked": list(drawn.selected) if drawn is not None else [],
            "asked_at": shown.shown_at.isoformat() if shown is not None and shown.shown_at is not None else None,
            "choices": [["yes", say("guess.yes")], ["no", say("guess.no")]],
        },
    )
    draft.reply(menu_message(say("guess.ask", answer=meant), prompt), prompt)


def let_go(draft: Draft, interview: Interview, walk: Walk, stop: Stop, way: str) -> None:
    """Put a question off, or say how the team is reached; it stays open."""
    if way == "team":
        open_dialogue(draft, interview=interview)
        return
    following = walk.next_open(after=stop.key)
    if following is None or following.key == stop.key:  # nothing else is open: later is another time
        draft.record(InterviewMoved(interview=interview.id, state="paused", position=stop.key))
        draft.reply(draft.say("pause.done"))
        return
    draft.reply(draft.say("way.put_off"))
    ask_at(draft, walk, interview=interview.id, response=interview.response, position=following.key)
