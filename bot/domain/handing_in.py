"""Answers that are no words: a file, whose bytes come after the commit, or a place."""

from __future__ import annotations

from bot.domain import filing
from bot.domain.answering import accept, askable
from bot.domain.asking import ask, leave, walk_in
from bot.domain.interviews import Interview, Walk
from bot.domain.messages import FileLost, Located, SentMedia
from bot.domain.outcomes import FileGivenUp, InterviewMoved, PromptAnswered
from bot.domain.records import key_of
from bot.domain.refusing import refuse
from bot.domain.scene import Draft, Prompt
from bot.domain.stops import Stop
from bot.domain.storing import store
from bot.forms.readers import point_value


def answer_by_file(draft: Draft, interview: Interview, key: str, sent: SentMedia, *, prompt: Prompt | None) -> None:
    """Take a sent file as the answer to a question; its bytes come after the commit."""
    walk = walk_in(draft, interview)
    stop = askable(draft, walk, key)
    if stop is None:
        return
    scene = draft.scene
    taken = filing.take(stop.question, sent, new_id=scene.next_id(), limit=scene.hub.file_limit)
    if isinstance(taken, filing.Refused):
        refuse(draft, interview, walk, stop, taken.words(draft.say))
        return
    _note(draft, prompt)
    accept(draft, interview, walk, stop, taken.value, prompt=prompt)
    if walk.value(stop.key) == taken.value:  # what was refused is not fetched either
        draft.record(
            *filing.received(
                taken,
                response=interview.response,
                path=stop.question.path,
                instance=stop.instance.id,
                sender=scene.message.sender,
                job=scene.next_id(),
            )
        )


def answer_by_place(draft: Draft, interview: Interview, key: str, place: Located, *, prompt: Prompt | None) -> None:
    """Take a sent place as the answer to a question."""
    walk = walk_in(draft, interview)
    stop = askable(draft, walk, key)
    if stop is None:
        return
    value = point_value(place.latitude, place.longitude, accuracy=place.accuracy or 0.0)
    if value is None:
        refuse(draft, interview, walk, stop, draft.say("expected.no_place"))
        return
    _note(draft, prompt)
    accept(draft, interview, walk, stop, value, prompt=prompt)


def _note(draft: Draft, prompt: Prompt | None) -> None:
    if prompt is not None and draft.scene.message.message_id is not None:
        draft.record(PromptAnswered(prompt=prompt.id, message_id=draft.scene.message.message_id))


def file_lost(draft: Draft, lost: FileLost) -> None:
    """A file could not be kept: say why; unless the answer is another one by now, it is taken back and asked again."""
    draft.record(FileGivenUp(lost.attachment, lost.why))
    scene, say = draft.scene, draft.say
    interview = scene.interviews.get(lost.response)
    key = key_of(lost.path, lost.instance)
    answer = interview.answers.get(key) if interview is not None else None
    if interview is None or answer is None or answer.value != lost.value:
        return
    walk = walk_in(draft, interview)
    stop = walk.place_of(key)
    if stop is None:
        return
    label = walk.say(stop, stop.question.label, say.language) or stop.question.name
    why = filing.said_of(lost.why, type_=stop.question.type, limit=scene.hub.file_limit, say=say)
    draft.reply(f"{say('file.lost', label=label)} {why}")
    if lost.why == "full":
        return
    walk.take_back(stop)
    store(draft, interview, walk)
    _ask_lost(draft, interview, walk, stop)


def _ask_lost(draft: Draft, interview: Interview, walk: Walk, stop: Stop) -> None:
    """Ask a lost answer again where the contact can answer now; in a pause it is what comes next."""
    elsewhere = draft.scene.interview
    if interview.form_state == "closed" or not stop.asked:
        return
    if elsewhere is not None and elsewhere.id != interview.id:
        return
    if interview.state == "paused":
        draft.record(InterviewMoved(interview=interview.id, state="paused", position=stop.key))
        return
    leave(draft, walk)
    ask(draft, walk, interview=interview.id, response=interview.response, stop=stop)
