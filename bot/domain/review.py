"""All answers at a glance, a page at a time; any of them can be changed from there."""

from __future__ import annotations

from bot.domain import questions, sharing
from bot.domain.asking import revisit, walk_in
from bot.domain.interviews import Interview, Walk
from bot.domain.messages import Choice, OutboundMessage, PromptId, Way
from bot.domain.scene import Draft, NewPrompt
from bot.domain.speech import Speaker
from bot.domain.stops import Stop

PAGE = 8  # lines of answers that fit a phone's screen together with their buttons
LABEL_LIMIT = 60  # of a question's label in the list; the whole stands in the question itself


def show(draft: Draft, interview: Interview, *, page: int = 1) -> None:
    """List one page of answers; the numbers are those of the questions."""
    walk = walk_in(draft, interview)
    dealt_with = [(number, stop) for number, stop in enumerate(walk.stops, start=1) if walk.is_done(stop.key)]
    if not dealt_with:
        draft.reply(draft.say("review.empty"))
        return
    pages = -(-len(dealt_with) // PAGE)
    page = max(1, min(page, pages))
    shown = dealt_with[(page - 1) * PAGE : page * PAGE]
    say = draft.say
    choices = [(str(number), _line(interview, walk, stop, say)) for number, stop in shown]
    ways = [Way(key, label) for key, label in _ways(interview, say, page=page, pages=pages)]
    extra = {"submit": "submit", "next": "next", "previous": "previous"}
    prompt = NewPrompt(
        id=PromptId(draft.scene.next_id()),
        kind="review",
        response=interview.response,
        data={
            "choices": [[key, label] for key, label in choices]
            + [[way.key, way.label] for way in ways if way.key in extra],
            "page": page,
            "paths": {str(number): stop.key for number, stop in dealt_with},
        },
    )
    message = OutboundMessage(
        where=say("review.title" if interview.together is None else "review.title_shared", page=page, pages=pages),
        text=say("review.closed") if interview.form_state == "closed" else say("review.how"),
        choices=tuple(Choice(key, label) for key, label in choices),
        ways=tuple(ways),
        numbered=True,
    )
    draft.reply(message, prompt)


def pick_number(draft: Draft, interview: Interview, number: int) -> None:
    """Open the question of that number for a change (`/review 7`)."""
    walk = walk_in(draft, interview)
    if not 1 <= number <= len(walk.stops):
        draft.reply(draft.say("review.no_such", number=number, total=len(walk.stops)))
        return
    revisit(draft, interview, walk.stops[number - 1].key)


def _line(interview: Interview, walk: Walk, stop: Stop, say: Speaker) -> str:
    label = walk.say(stop, stop.question.label, say.language) or stop.question.name
    if stop.instance.parent is not None:
        label = f"{walk.heading(stop, say.language)} · {label}"
    answer = ", ".join(questions.shown_answer(walk, stop, say))
    label, answer = (" ".join(text.split()) for text in (label, answer))
    label = label.rstrip(" :.")
    if len(label) > LABEL_LIMIT:
        label = label[: LABEL_LIMIT - 1].rstrip() + "…"
    if len(answer) > questions.ECHO_LIMIT:
        answer = answer[: questions.ECHO_LIMIT - 1].rstrip() + "…"
    if by := sharing.author(interview, walk.answers.get(stop.key), say):
        answer = f"{answer} ({by})"
    return f"{label} {answer}" if label.endswith(("?", ":")) else f"{label}: {answer}"


def _ways(interview: Interview, say: Speaker, *, page: int, pages: int) -> list[tuple[str, str]]:
    ways = []
    if page > 1:
        ways.append(("previous", say("way.previous")))
    if page < pages:
        ways.append(("next", say("way.next")))
    if interview.status == "partial":
        ways.append(("submit", say("finish.submit")))
    return ways


def copy(draft: Draft, interview: Interview) -> None:
    """Send all answers in readable form; the channel splits it if it is long."""
    walk = walk_in(draft, interview)
    lines = [
        f"{number}. {_line(interview, walk, stop, draft.say)}"
        for number, stop in enumerate(walk.stops, start=1)
        if walk.is_done(stop.key)
    ]
    title = draft.say("copy.title" if interview.together is None else "copy.title_shared")
    draft.reply(OutboundMessage(where=title, text="\n".join(lines) or draft.say("review.empty")))
