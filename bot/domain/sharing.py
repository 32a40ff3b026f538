"""A response that is a company's: who goes on with it reads who has begun, and two who answer the same are told so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.domain import questions
from bot.domain.asking import ask_again, ask_next, menu_message, walk_in
from bot.domain.interviews import END, Interview, Walk
from bot.domain.messages import OutboundMessage, PromptId
from bot.domain.outcomes import InterviewBegun, InterviewMoved
from bot.domain.people import Contact, ContactId
from bot.domain.records import SAID, Answer
from bot.domain.scene import Draft, NewPrompt, Scene
from bot.domain.speech import Speaker
from bot.domain.stops import Stop
from bot.domain.storing import store
from bot.forms.model import Value


def called(interview: Interview, who: ContactId | None, say: Speaker) -> str:
    """Return a colleague's name; of one who is erased only that it was somebody of the company."""
    colleagues = interview.together.colleagues if interview.together is not None else {}
    known = colleagues.get(who) if who is not None else None
    return known.name if known is not None and known.name else say("shared.somebody")


def is_anothers(interview: Interview, answer: Answer | None) -> bool:
    """Whether a colleague gave that answer."""
    return (
        interview.together is not None
        and answer is not None
        and answer.state in SAID
        and answer.by != interview.contact
    )


def author(interview: Interview, answer: Answer | None, say: Speaker) -> str:
    """Return who gave an answer, and when, where it was not the reader; else ""."""
    if answer is None or not is_anothers(interview, answer):
        return ""
    return say("shared.by", name=called(interview, answer.by, say), day=say.day(answer.answered_at))


def counts_now(interview: Interview, walk: Walk, stop: Stop, say: Speaker) -> str:
    """Return what a question's answer is by now, and whose."""
    answer = walk.answers.get(stop.key)
    shown = ", ".join(questions.shown_answer(walk, stop, say))
    return say("shared.now", answer=shown, by=author(interview, answer, say))


# --- going on with what a colleague began ----------------------------------------------------------------------------


def join(draft: Draft, contact: Contact, begun: Interview) -> None:
    """Go on with the company's response: say who began it and how far it is, and ask what is open."""
    own = _own(draft, contact, begun, state="open")
    walk, say, together = walk_in(draft, own), draft.say, begun.together
    assert together is not None
    done = sum(1 for stop in walk.stops if walk.is_done(stop.key))
    name, day = called(begun, together.begun_by, say), say.day(together.started_at)
    draft.reply(say("shared.joined", name=name, day=day, done=done, total=len(walk.stops)))
    ask_next(draft, walk, interview=own.id, response=own.response, after="", submitted=False)


def look_at(draft: Draft, contact: Contact, begun: Interview) -> Interview:
    """Let a contact see, and change, what colleagues have sent in without them."""
    own = _own(draft, contact, begun, state="finished")
    draft.record(InterviewMoved(interview=own.id, state="finished", position=END))
    return own


def _own(draft: Draft, contact: Contact, begun: Interview, *, state: str) -> Interview:
    number = draft.scene.next_id()
    finished = state == "finished"
    draft.record(InterviewBegun(response=begun.response, interview=number, contact=contact.id, finished=finished))
    return replace(
        begun,
        id=number,
        contact=contact.id,
        state="finished" if finished else "open",
        position=END if finished else "",
        touched_at=draft.scene.now,
    )


def news(draft: Draft, interview: Interview, walk: Walk) -> None:
    """Say how much colleagues have answered since the contact was here."""
    came = sum(
        1
        for answer in walk.answers.values()
        if answer.relevant and is_anothers(interview, answer) and answer.answered_at > interview.touched_at
    )
    if came:
        draft.reply(draft.say.count("shared.meanwhile", came))


# --- two answer the same question ------------------------------------------------------------------------------------


def overlapped(interview: Interview, answer: Answer | None, *, value: Value, since: datetime | None) -> bool:
    """Whether a colleague has answered otherwise since the contact was shown the question."""
    return (
        is_anothers(interview, answer)
        and answer is not None
        and answer.value is not None
        and answer.value != value
        and answer.answered_at > (since or interview.touched_at)
    )


def tell_both(draft: Draft, interview: Interview, walk: Walk, stop: Stop, *, theirs: Answer) -> None:
    """Say to both that two have answered; the contact may still take the colleague's answer instead of their own."""
    mine, say, scene = walk.answers[stop.key].value, draft.say, draft.scene
    assert mine is not None and theirs.value is not None
    _move_on(draft, interview, walk, stop)
    prompt = NewPrompt(
        id=PromptId(scene.next_id()),
        kind="change",
        response=interview.response,
        path=stop.key,
        data={
            "value": theirs.value,
            "was": mine,
            "choices": [["yes", say("shared.take_theirs")], ["no", say("shared.keep_mine")]],
        },
    )
    name = called(interview, theirs.by, say)
    old, new = _shown(walk, stop, theirs.value, say), _shown(walk, stop, mine, say)
    draft.reply(menu_message(say("shared.overlap", name=name, old=old, new=new), prompt), prompt)
    _tell_the_other(draft, interview, walk, stop, theirs=theirs)


def _move_on(draft: Draft, interview: Interview, walk: Walk, stop: Stop) -> None:
    """Stand at what comes next, which is asked once the contact has decided."""
    elsewhere = draft.scene.interview
    if elsewhere is not None and elsewhere.id != interview.id:
        return
    following = walk.next_open(after=stop.key)
    position = following.key if following is not None else END
    over = following is None and interview.status == "submitted"
    draft.record(InterviewMoved(interview=interview.id, state="finished" if over else "open", position=position))


def _tell_the_other(draft: Draft, interview: Interview, walk: Walk, stop: Stop, *, theirs: Answer) -> None:
    together, scene, mine = interview.together, draft.scene, walk.answers[stop.key].value
    other = together.colleagues.get(theirs.by) if together is not None and theirs.by is not None else None
    if other is None or other.address is None or mine is None or theirs.value is None:
        return
    say = scene.catalogue.speaker(other.language)
    text = say(
        "shared.replaced",
        name=scene.contact.name if scene.contact is not None else "",
        label=walk.say(stop, stop.question.label, other.language) or stop.question.name,
        old=_shown(walk, stop, theirs.value, say),
        new=_shown(walk, stop, mine, say),
    )
    draft.tell(other.address, OutboundMessage(text=text), contact=other.id, language=other.language)


def _shown(walk: Walk, stop: Stop, value: Value, say: Speaker) -> str:
    return ", ".join(questions.shown_value(walk, stop, value, say))


def overtaken(draft: Draft, interview: Interview, walk: Walk, key: str, *, value: Value | None) -> None:
    """Take an answer to a question that a colleague has closed meanwhile: it is kept, but does not count now."""
    stop = walk.place_of(key)
    if stop is None:
        draft.reply(draft.say("shared.entry_gone"))
    elif value is None or stop.repeat is not None:
        draft.reply(draft.say("shared.gone"))
    else:
        walk.take(stop, state="given", value=value)
        store(draft, interview, walk)
        draft.reply(draft.say("shared.kept_aside"))
    if draft.scene.interview is not None and draft.scene.interview.id == interview.id:
        ask_again(draft, interview)


# --- a colleague has sent it in --------------------------------------------------------------------------------------


def ended(scene: Scene) -> Interview | None:
    """Return the interview that a colleague has ended by sending the response in, if the contact has not read so."""
    return next((interview for interview in scene.interviews.values() if interview.ended_elsewhere), None)


def say_ended(draft: Draft, interview: Interview, *, menu: bool) -> None:
    """Say who has sent the response in and when, once; `menu`: and that one may look at it or change something."""
    draft.record(InterviewMoved(interview=interview.id, state="finished", position=END))
    text = sent_in(interview, draft.say)
    if menu:
        draft.reply(*looking(draft, interview.response, text, shared=True))
    else:
        draft.reply(text)


def sent_in(interview: Interview, say: Speaker) -> str:
    """Return who sent a company's response in, and when."""
    assert interview.together is not None
    at = interview.submitted_at or interview.touched_at
    name = called(interview, interview.together.submitted_by, say)
    return say("shared.submitted", name=name, day=say.day(at), time=say.clock(at))


def looking(draft: Draft, response: int, text: str, *, shared: bool) -> tuple[OutboundMessage, NewPrompt]:
    """Return a message about what was sent in, with the ways to change it and to have a copy."""
    say = draft.say
    copy = say("submit.copy_shared") if shared else say("submit.copy")
    choices = [["review", say("submit.change")], ["copy", copy]]
    prompt = NewPrompt(id=PromptId(draft.scene.next_id()), kind="menu", response=response, data={"choices": choices})
    return menu_message(text, prompt), prompt
