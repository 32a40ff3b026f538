"""The walk through a form: begin, go on, back, skip, pause, send in. Every function writes on a `Draft`."""

from __future__ import annotations

from datetime import timedelta

from bot.domain import sharing
from bot.domain.answering import askable, pass_over
from bot.domain.asking import (
    ask,
    ask_at,
    ask_next,
    leave,
    menu_message,
    moment_of,
    phrases_of,
    resuming,
    standing,
    walk_in,
)
from bot.domain.interviews import END, Interview
from bot.domain.messages import PromptId
from bot.domain.outcomes import (
    InterviewMoved,
    ResponseBegun,
    ResponseSubmitted,
    SharedSubmitted,
)
from bot.domain.people import Contact
from bot.domain.scene import Draft, NewPrompt, OfferedForm, Prompt
from bot.domain.walks import first_walk

AWAY_AFTER = timedelta(hours=6)  # a greeting after that long is a greeting, not an answer


# --- beginning and going on ------------------------------------------------------------------------------------------


def begin(draft: Draft, contact: Contact, offered: OfferedForm) -> None:
    """Start a form on its present version and ask the first question."""
    scene = draft.scene
    response, interview = scene.next_id(), scene.next_id()
    walk = first_walk(
        offered.form,
        moment_of(scene),
        new_id=scene.next_id,
        chance=response,
        phrases=phrases_of(scene),
        version=offered.version,
        by=contact.id,
    )
    shared = offered.form.respondent == "company"
    if shared:
        draft.reply(draft.say("shared.begins"))
    draft.record(
        ResponseBegun(
            response=response,
            interview=interview,
            form=offered.id,
            version=offered.version,
            contact=contact.id,
            company=contact.company.id if contact.company else None,
            language=scene.language,
            shared=shared,
        ),
        *walk.facts(response=response, contact=contact.id),
    )
    ask_next(draft, walk, interview=interview, response=response, after="", submitted=False)


def resume(draft: Draft, interview: Interview) -> None:
    """Say where the contact is and ask the question again at which they stand."""
    walk = walk_in(draft, interview)
    position = resuming(walk, interview)
    say, scene = draft.say, draft.scene
    name = scene.contact.name if scene.contact else ""
    day = say.day(interview.touched_at)
    number, total = walk.place(position)
    if day != say.day(scene.now):
        key = "resume.at_end" if position == END else "resume.where"
        draft.reply(say(key, name=name, day=day, number=number, total=total))
    elif position != END:
        draft.reply(say("resume.today", name=name, number=number, total=total))
    sharing.news(draft, interview, walk)
    ask_at(draft, walk, interview=interview.id, response=interview.response, position=position)


# --- ways on ---------------------------------------------------------------------------------------------------------


def back(draft: Draft, interview: Interview, *, position: str | None = None) -> None:
    """Show the question before the current one (or before `position`)."""
    walk = walk_in(draft, interview)
    earlier = walk.before(position or standing(walk, interview))
    if earlier is None:
        draft.toast(draft.say("back.first"))
        draft.reply(draft.say("back.first"))
        return
    leave(draft, walk)
    ask(draft, walk, interview=interview.id, response=interview.response, stop=earlier)


def skip_by_press(draft: Draft, interview: Interview, prompt: Prompt) -> None:
    """Take a skip button; that of a question which was dealt with since changes nothing."""
    if not prompt.current and walk_in(draft, interview).is_done(prompt.path):
        draft.toast(draft.say("press.stands"))
        return
    skip(draft, interview, prompt=prompt)


def skip(draft: Draft, interview: Interview, *, prompt: Prompt | None = None) -> None:
    """Go on without an answer, where that is allowed; an answer given before stays."""
    walk = walk_in(draft, interview)
    key = prompt.path if prompt is not None else standing(walk, interview)
    if key == END:
        ask_at(draft, walk, interview=interview.id, response=interview.response, position=END)
        return
    stop = askable(draft, walk, key)
    if stop is not None:
        pass_over(draft, interview, walk, stop, state="skipped", prompt=prompt)


def pause(draft: Draft, interview: Interview) -> None:
    """Stop here; everything is stored already."""
    walk = walk_in(draft, interview)
    draft.record(InterviewMoved(interview=interview.id, state="paused", position=resuming(walk, interview)))
    draft.reply(draft.say("pause.done"))


# --- the end ---------------------------------------------------------------------------------------------------------


def submit(draft: Draft, interview: Interview) -> None:
    """Send the response in, if every answer still fits; else ask what is missing."""
    walk = walk_in(draft, interview)
    missing = walk.next_open() or walk.refused_at_the_end()
    if missing is not None:
        draft.reply(draft.say("submit.missing"))
        ask(draft, walk, interview=interview.id, response=interview.response, stop=missing)
        return
    if interview.status == "submitted":
        draft.record(InterviewMoved(interview=interview.id, state="finished", position=END))
        draft.reply(draft.say("submit.already"))
        return
    walk.finish()
    contact = draft.scene.contact
    assert contact is not None  # an interview belongs to a contact
    draft.record(*walk.facts(response=interview.response, contact=contact.id), ResponseSubmitted(interview.response))
    if interview.together is not None:
        draft.record(
            SharedSubmitted(response=interview.response, interview=interview.id, contact=contact.id),
        )
    draft.record(
        InterviewMoved(interview=interview.id, state="finished", position=END),
    )
    given = sum(1 for stop in walk.stops if stop.repeat is None and walk.value(stop.key) is not None)
    say, now = draft.say, draft.scene.now
    thanks = say.count("submit.thanks", given, day=say.day(now), time=say.clock(now))
    own = draft.scene.hub.text("thanks", say.language)
    copy = say("submit.copy") if interview.together is None else say("submit.copy_shared")
    prompt = NewPrompt(
        id=PromptId(draft.scene.next_id()),
        kind="menu",
        response=interview.response,
        data={"choices": [["copy", copy], ["review", say("submit.change")]]},
    )
    draft.reply(menu_message("\n\n".join(part for part in (thanks, own) if part), prompt), prompt)
